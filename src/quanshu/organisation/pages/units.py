"""Units, their duties, and the page of gaps (clause 3.1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation import queries, services
from quanshu.organisation.models import UNIT_KINDS, Person, Unit
from quanshu.organisation.pages.people import role_name
from quanshu.organisation.permissions import OrganisationPermission as P
from quanshu.organisation.types import DutyKind, PersonNotFound, UnitData, UnitNotFound
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Card, Column, DetailPage, Filter, Form, FormPage, ListPage
from quanshu.shared.workflow.api import city_day

DUTIES = {DutyKind.CHIEF: gettext_lazy("Chief data representative"), DutyKind.STEWARD: gettext_lazy("Data steward")}


def by_region(rows: Any, code: str) -> Any:
    """Units within a region, its streets and villages included."""
    return rows.filter(region__code__startswith=code[:6]) if code.isdigit() else rows.none()


class Units(ListPage):
    """The tree of units as a list."""

    title = gettext_lazy("Units")
    permission = P.UNIT_VIEW
    search = ("name", "name_en", "code")
    search_hint = gettext_lazy("Name or credit code")
    order = "path"
    export_name = "units"
    empty_title = gettext_lazy("No unit yet")
    empty_hint = gettext_lazy("Register the platform's unit first, then the others below it.")
    filters = (
        Filter("kind", gettext_lazy("Kind"), choices=UNIT_KINDS, field="kind"),
        Filter("region", gettext_lazy("Region code"), kind="text", apply=by_region),
    )
    columns = (
        Column("name", gettext_lazy("Name"), value=str, sort="name", link=lambda row: row.get_absolute_url()),
        Column("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display(), sort="kind"),
        Column("parent", gettext_lazy("Above it"), value=lambda row: str(row.parent or ""), phone=False),
        Column("code", gettext_lazy("Credit code"), kind="code", sort="code", phone=False),
        Column("region", gettext_lazy("Region"), value=lambda row: str(row.region or ""), phone=False),
        Column("office", gettext_lazy("Data office"), value="office_name", phone=False),
    )

    def queryset(self) -> Any:
        return queries.list_units(self.actor).active()

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.UNIT_EDIT):
            return []
        return [Action(_("New unit"), "/organisation/units/new/", "plus", method="get")]


def people_columns() -> tuple[Column, ...]:
    """How a unit's people are listed."""
    return (
        Column("name", _("Name"), link=lambda row: f"/organisation/people/{row.uid}/"),
        Column("position", _("Position")),
        Column("account", _("Account"), value=lambda row: getattr(getattr(row, "account", None), "username", "")),
        Column("active", _("In post"), value=lambda row: _("Yes") if row.active else _("No")),
    )


class UnitPage(DetailPage):
    """A unit: duties with their history, units below it, people, programs."""

    permission = P.UNIT_VIEW
    audit_kind = "organisation.unit"

    def get_object(self, **kwargs: Any) -> Unit:
        return queries.get_unit(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        above = [(_("Units"), "/organisation/")]
        parent = self.object.parent
        return [*above, (str(parent), parent.get_absolute_url())] if parent else above

    def state(self, obj: Unit) -> tuple[str, str]:
        return (_("Dissolved"), "secondary") if obj.closed_on else (str(obj.get_kind_display()), "blue")

    def facts(self, obj: Unit) -> list[tuple[Any, Any]]:
        return [
            (_("Name"), obj.name),
            (_("English name"), obj.name_en),
            (_("Credit code"), obj.code),
            (_("Region"), str(obj.region or "")),
            (_("Data office"), obj.office_name),
            (_("Telephone"), obj.office_phone),
        ]

    def actions(self, obj: Unit) -> list[Action]:
        if obj.closed_on or not allows(self.actor, P.UNIT_EDIT, obj):
            return []
        at = obj.get_absolute_url()
        close = Action(_("Dissolve"), f"{at}close/", style="outline-danger", confirm=_("Close this unit for good?"))
        return [
            Action(_("Edit"), f"{at}edit/", "edit", method="get", style="outline-primary"),
            Action(_("New unit below"), f"/organisation/units/new/?parent={obj.uid}", "plus", method="get"),
            close,
        ]

    def cards(self, obj: Unit) -> list[Card]:
        below = obj.children.filter(closed_on__isnull=True)
        cards = [
            self.duty_card(obj),
            Card(_("Units below it"), columns=Units.columns[:3], rows=below, empty_title=_("None")),
        ]
        if allows(self.actor, P.PERSON_VIEW, obj):
            new = Action(_("Add a person"), f"{obj.get_absolute_url()}people/new/", "plus", method="get")
            people = queries.list_people(self.actor).filter(unit=obj)
            actions = [new] if allows(self.actor, P.PERSON_EDIT, obj) else []
            cards.append(
                Card(_("People"), columns=people_columns(), rows=people, empty_title=_("Nobody yet"), actions=actions)
            )
        if allows(self.actor, P.SERVICE_ACCOUNT, obj):
            cards.append(self.program_card(obj))
        return cards

    def duty_card(self, obj: Unit) -> Card:
        columns = (
            Column("kind", _("Duty"), value=lambda row: DUTIES[row.kind]),
            Column("person", _("Person"), value=lambda row: row.person.name),
            Column("position", _("Position")),
            Column("since", _("Since"), kind="date"),
            Column("until", _("Until"), kind="date"),
            Column("by", _("Appointed by"), value="appointed_by", phone=False),
        )
        actions = []
        if allows(self.actor, P.DUTY_APPOINT, obj) and not obj.closed_on:
            at = obj.get_absolute_url()
            for kind, label in DUTIES.items():
                actions.append(
                    Action(_("Appoint: %(duty)s") % {"duty": label}, f"{at}appoint/{kind}/", "user-check", method="get")
                )
        rows = obj.duties.select_related("person")
        hint = _("Each unit names exactly one chief data representative and one data steward.")
        return Card(
            _("Duties"), columns=columns, rows=rows, empty_title=_("Nobody appointed"), empty_hint=hint, actions=actions
        )

    def program_card(self, obj: Unit) -> Card:
        columns = (
            Column("name", _("Name")),
            Column("role", _("Role"), value=lambda row: role_name(row.role_code)),
            Column("active", _("In post"), value=lambda row: _("Yes") if row.active else _("No")),
        )
        rows = obj.service_accounts.all()
        new = Action(_("New program"), f"{obj.get_absolute_url()}programs/new/", "plus", method="get")
        actions = [new]
        for row in rows:
            label = _("New token: %(name)s") % {"name": row.name}
            actions.append(
                Action(label, f"/organisation/programs/{row.uid}/token/", method="get", style="outline-primary")
            )
            text = _("Switch off: %(name)s") if row.active else _("Switch on: %(name)s")
            actions.append(
                Action(text % {"name": row.name}, f"/organisation/programs/{row.uid}/switch/", style="outline-danger")
            )
        note = _("Programs of the unit that use the API, each with one role and tokens of its own.")
        return Card(_("Programs"), note=note, columns=columns, rows=rows, empty_title=_("None"), actions=actions)


class UnitForm(Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=150, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=UNIT_KINDS)
    code = forms.CharField(
        label=gettext_lazy("Credit code"), max_length=18, help_text=gettext_lazy("18 characters, GB 32100.")
    )
    parent_uid = forms.ChoiceField(label=gettext_lazy("Above it"), required=False)
    region_code = forms.CharField(
        label=gettext_lazy("Region code"),
        max_length=12,
        required=False,
        help_text=gettext_lazy("12 digits; the list of regions has them."),
    )
    office_name = forms.CharField(label=gettext_lazy("Data office"), max_length=100, required=False)
    office_phone = forms.CharField(label=gettext_lazy("Telephone"), max_length=40, required=False)

    def __init__(self, *args: Any, units: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(unit.uid, f"{'　' * (unit.path.count('/') - 2)}{unit}") for unit in units]
        self.fields["parent_uid"].choices = [("", "—"), *rows]  # type: ignore[attr-defined]


class NewUnit(FormPage):
    """Register a unit."""

    title = gettext_lazy("New unit")
    permission = P.UNIT_EDIT
    form_class = UnitForm
    success = gettext_lazy("The unit is registered.")
    cancel_url = "/organisation/"

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": queries.list_units(self.actor).active()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"parent_uid": self.request.GET.get("parent", "")}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        unit = services.create_unit(actor=self.actor, data=UnitData(**form.cleaned_data), now=self.now)
        return unit.get_absolute_url()


class EditUnit(NewUnit):
    """Change or move a unit."""

    title = gettext_lazy("Edit the unit")
    success = gettext_lazy("Saved.")

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        unit = queries.get_unit(actor=self.actor, uid=kwargs["uid"])
        names = ("name", "name_en", "kind", "code", "office_name", "office_phone")
        values = {name: getattr(unit, name) for name in names}
        parent, region = unit.parent, unit.region
        return values | {
            "parent_uid": parent.uid if parent else "",
            "region_code": region.code if region else "",
        }

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        unit = queries.get_unit(actor=self.actor, uid=kwargs["uid"])
        services.update_unit(actor=self.actor, unit=unit, data=UnitData(**form.cleaned_data), now=self.now)
        return unit.get_absolute_url()


class CloseUnit(ActionPage):
    """Close a unit."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        unit = queries.get_unit(actor=self.actor, uid=kwargs["uid"])
        services.close_unit(actor=self.actor, unit=unit, now=self.now)
        return _("The unit is closed."), unit.get_absolute_url()


class AppointForm(Form):
    person = forms.ChoiceField(label=gettext_lazy("Person"))
    position = forms.CharField(
        label=gettext_lazy("Position"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("A chief data representative is a deputy head of the unit; name the position."),
    )

    def __init__(self, *args: Any, people: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(person.uid, f"{person.name} {person.position}") for person in people]
        self.fields["person"].choices = rows  # type: ignore[attr-defined]


class Appoint(FormPage):
    """Appoint to a duty; the present holder's duty ends at once."""

    permission = P.DUTY_APPOINT
    form_class = AppointForm
    submit_label = gettext_lazy("Appoint")
    success = gettext_lazy("Appointed. The rights of the duty hold from now on.")

    def unit(self) -> Unit:
        if self.kwargs["kind"] not in {kind.value for kind in DutyKind}:
            raise UnitNotFound(unit=self.kwargs["kind"])
        return queries.get_unit(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> str:
        return _("Appoint: %(duty)s") % {"duty": DUTIES[DutyKind(self.kwargs["kind"])]}

    def people(self) -> Any:
        return Person.objects.filter(unit=self.unit(), active=True)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"people": self.people()}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"subtitle": str(self.unit())}

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        unit, given = self.unit(), form.cleaned_data
        person = self.people().filter(uid=given["person"]).first()
        if person is None:
            raise PersonNotFound(person=given["person"])
        held = unit.duties.filter(kind=kwargs["kind"], until__isnull=True).exists()
        write = services.replace_holder if held else services.appoint
        write(
            actor=self.actor,
            unit=unit,
            kind=kwargs["kind"],
            person=person,
            position=given["position"],
            now=self.now,
        )
        return unit.get_absolute_url()


class EndDuty(ActionPage):
    """End a duty without a successor."""

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        unit = queries.get_unit(actor=self.actor, uid=kwargs["uid"])
        services.end_duty(actor=self.actor, unit=unit, kind=kwargs["kind"], now=self.now)
        return _("The duty has ended."), unit.get_absolute_url()


def lacking(rows: Any, what: str) -> Any:
    """Units that lack one of the three, or any."""
    wanted: dict[str, Any] = {
        "chief": {"has_chief": False},
        "steward": {"has_steward": False},
        "office": {"office_name": ""},
    }
    if what == "any":
        whole = rows.filter(has_chief=True, has_steward=True).exclude(office_name="")
        return rows.exclude(pk__in=whole.values("pk"))
    return rows.filter(**wanted[what])


class Gaps(ListPage):
    """Which units lack a chief data representative, a data steward or a data office."""

    title = gettext_lazy("Duties and gaps")
    subtitle = gettext_lazy("Each unit names one chief data representative, one data steward and a data office.")
    permission = P.UNIT_VIEW
    template_name = "organisation/gaps.html"
    search = ("name", "name_en")
    order = "path"
    export_name = "duties"
    empty_title = gettext_lazy("No unit is registered yet")
    filters = (
        Filter(
            "lacks",
            gettext_lazy("Lacks"),
            choices=[
                ("any", gettext_lazy("Anything")),
                ("chief", gettext_lazy("Chief data representative")),
                ("steward", gettext_lazy("Data steward")),
                ("office", gettext_lazy("Data office")),
            ],
            apply=lacking,
        ),
        Filter("kind", gettext_lazy("Kind"), choices=UNIT_KINDS, field="kind"),
    )
    columns = (
        Column("name", gettext_lazy("Unit"), value=str, sort="name", link=lambda row: row.get_absolute_url()),
        Column("kind", gettext_lazy("Kind"), value=lambda row: row.get_kind_display(), sort="kind", phone=False),
        Column("chief", gettext_lazy("Chief data representative"), value=lambda row: queries.gap_of(row).chief),
        Column("steward", gettext_lazy("Data steward"), value=lambda row: queries.gap_of(row).steward),
        Column("office", gettext_lazy("Data office"), value="office_name", phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: _("Lacking") if queries.gap_of(row).missing else _("Complete"),
            kind="badge",
            tone=lambda row: "orange" if queries.gap_of(row).missing else "green",
        ),
    )

    def queryset(self) -> Any:
        seen = queries.list_units(self.actor).values("pk")
        return queries.duty_units().filter(pk__in=seen)

    def row_context(self) -> dict[str, Any]:
        return {"figures": queries.duty_figures(), "day": city_day(self.now)}
