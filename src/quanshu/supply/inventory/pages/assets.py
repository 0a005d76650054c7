"""Businesses, systems and data resources: the list, one with its neighbours, its forms and buttons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    ReasonForm,
    day,
    reason_against,
    when,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.inventory import queries, rules, services
from quanshu.supply.inventory.models import Asset, Gap
from quanshu.supply.inventory.pages import labels
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import AssetData, AssetKind, AssetNotFound

FIELDS = ("name", "description", "priority", "task", "basis", "network", "protection", "form", "cycle")
CRUMB = (gettext_lazy("Business, systems, data"), "/inventory/")


class Assets(ListPage):
    """Every object the actor may see, with the figures of clause 2.1.1 above."""

    title = gettext_lazy("Business, systems, data")
    permission = P.VIEW
    template_name = "inventory/assets.html"
    search = ("name", "code", "unit__name", "unit__name_en", "description", "task")
    search_hint = gettext_lazy("Name, code, unit or task")
    export_name = "inventory"
    empty_title = gettext_lazy("The inventory is empty")
    empty_hint = gettext_lazy("Enter core businesses, systems and data resources, or import them from the template.")
    filters = (
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="kind"),
        Filter("unit", gettext_lazy("Unit"), choices=labels.units_of, field="unit__uid"),
        Filter("priority", gettext_lazy("Priority"), choices=list(labels.PRIORITIES.items()), field="priority"),
        Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),
    )
    columns = (
        Column("code", gettext_lazy("Code"), sort="code", kind="code", phone=False),
        Column("name", gettext_lazy("Name"), sort="name", link=Asset.get_absolute_url),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.KINDS[row.kind], kind="badge",
               tone=lambda row: labels.KIND_TONES[row.kind], sort="kind"),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("priority", gettext_lazy("Priority"), value=lambda row: labels.PRIORITIES[row.priority], kind="badge",
               tone=lambda row: labels.PRIORITY_TONES[row.priority], phone=False),
        Column("task", gettext_lazy("Clause or task"), sort="task", phone=False),
        Column("entry", gettext_lazy("Catalogue entry"), value=lambda row: row.entry.code if row.entry else None,
               phone=False),
        Column("state", gettext_lazy("State"), value=lambda row: labels.STATES[row.state], kind="badge",
               tone=lambda row: labels.STATE_TONES[row.state], sort="state", phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_assets(self.actor).order_by("unit__path", "kind", "code")

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.EDIT):
            for kind, icon in labels.ICONS.items():
                url = reverse("inventory:new", args=[kind])
                found.append(Action(str(labels.NEW[kind]), url, icon, "primary", "get"))
            found.append(Action(_("Import"), reverse("inventory:import_new"), "upload", "outline-primary", "get"))
        unit = self.request.GET.get("unit", "")
        query = f"?unit={unit}" if unit in {uid for uid, _name in labels.units_of(self)} else ""
        found.append(
            Action(_("Workbook"), reverse("inventory:export") + query, "file-spreadsheet", "outline-primary", "get")
        )
        url = reverse("inventory:graph") + query
        found.append(Action(_("Graph"), url, "sitemap", "outline-primary", "get"))
        return found

    def row_context(self) -> dict[str, Any]:
        figures = queries.inventory_figures(today=city_day(self.now), actor=self.actor)
        gaps = [(kind, labels.GAPS[kind], count) for kind, count in figures.by_kind]
        return {"figures": figures, "gap_counts": gaps}


def neighbour_columns(obj: Asset, *, editable: bool) -> list[Column]:
    """Columns of a neighbour's table."""
    found = [
        Column("name", _("Name"), link=Asset.get_absolute_url),
        Column("code", _("Code"), kind="code", phone=False),
        Column("unit", _("Unit"), value=lambda row: str(row.unit), phone=False),
        Column("state", _("State"), value=lambda row: labels.STATES[row.state], kind="badge",
               tone=lambda row: labels.STATE_TONES[row.state]),
    ]  # fmt: skip
    if editable:
        found.append(
            Column("unlink", "", value=lambda row: _("Take the link away"),
                   link=lambda row: reverse("inventory:unlink", args=[obj.uid, row.uid]))
        )  # fmt: skip
    return found


class AssetPage(DetailPage):
    """One object: its facts, its neighbours above and below, its gaps."""

    permission = P.VIEW
    audit_kind = "inventory.asset"

    def get_object(self, **kwargs: Any) -> Asset:
        return queries.get_asset(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return (CRUMB,)

    def state(self, obj: Asset) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.STATE_TONES[obj.state]

    def facts(self, obj: Asset) -> list[tuple[Any, Any]]:
        common = [
            (_("Kind"), labels.KINDS[obj.kind]),
            (_("Code"), obj.code),
            (_("Unit"), str(obj.unit)),
            (_("Priority"), labels.PRIORITIES[obj.priority]),
            (_("Clause or task"), obj.task),
        ]
        only: dict[str, list[tuple[Any, Any]]] = {
            "business": [(_("Legal basis"), obj.basis)],
            "system": [
                (_("Network"), labels.NETWORKS.get(obj.network)),
                (_("Graded protection"), obj.protection and _("Level %(level)s") % {"level": obj.protection}),
            ],
            "data": [
                (_("Form of the data"), labels.FORMS.get(obj.form)),
                (_("Update cycle"), labels.CYCLES.get(obj.cycle)),
            ],
        }
        last = [(_("Entered by"), obj.created_by), (_("Entered at"), when(obj.created_at))]
        if obj.retired_reason:
            last.append((_("Why it is out of use"), obj.retired_reason))
        return [*common, *only[obj.kind], (_("Description"), obj.description), *last]

    def actions(self, obj: Asset) -> list[Action]:
        found = [Action(_("Graph"), f"{reverse('inventory:graph')}?around={obj.uid}", "sitemap", "outline-primary",
                        "get")]  # fmt: skip
        if not allows(self.actor, P.EDIT, obj):
            return found
        reason = reason_against(rules.check_active, state=obj.state, name=obj.name)
        if reason is None:
            for name, label, icon, style in (
                ("change", _("Edit"), "pencil", "outline-primary"),
                ("link", _("Add a link"), "link", "primary"),
                ("retire", _("Take out of use"), "archive", "outline-danger"),
            ):
                found.append(Action(label, reverse(f"inventory:{name}", args=[obj.uid]), icon, style, "get"))
        else:
            url = reverse("inventory:restore", args=[obj.uid])
            found.append(Action(_("Bring back into use"), url, "restore", "primary"))
        return found

    def cards(self, obj: Asset) -> list[Card]:
        editable = allows(self.actor, P.EDIT, obj)
        columns = neighbour_columns(obj, editable=editable)
        seen = queries.list_assets(self.actor)
        found = []
        for kind in AssetKind:
            if (obj.kind, kind) in rules.LINKS:
                rows = seen.filter(kind=kind, links_up__upper=obj)
            elif (kind, obj.kind) in rules.LINKS:
                rows = seen.filter(kind=kind, links_down__lower=obj)
            else:
                continue
            found.append(Card(titles_of(obj.kind)[kind], columns=columns, rows=rows, empty_title=_("None linked yet")))
        if obj.kind == AssetKind.DATA:
            found.append(self.entry_card(obj))
        gap_columns = (
            Column("kind", _("Gap"), value=lambda row: labels.GAPS[row.kind], link=Gap.get_absolute_url),
            Column("score", _("Urgency"), kind="number"),
            Column("state", _("State"), value=lambda row: labels.GAP_STATES[row.state], kind="badge",
                   tone=lambda row: labels.GAP_TONES[row.state]),
        )  # fmt: skip
        gaps = queries.list_gaps(self.actor).under_way().filter(subject_uid=obj.uid)
        note = _("Gaps are found from the links themselves, a few seconds after a change.")
        found.append(Card(_("Open gaps"), note, columns=gap_columns, rows=gaps, empty_title=_("No gap here")))
        return found

    def entry_card(self, obj: Asset) -> Card:
        """The catalogue entry a data resource is tied to, and whether its data have landed."""
        entry = obj.entry
        if entry is None:
            return Card(_("Catalogue entry"), _("It is tied to no catalogue entry yet; edit it and name the code."))
        facts = [
            (_("Resource name"), str(entry)),
            (_("Resource code"), entry.code),
            (_("Published on"), day(entry.publish_date)),
            (_("Rows in the lake"), entry.landed_rows),
            (_("Landed at"), when(entry.landed_at)),
        ]
        return Card(_("Catalogue entry"), facts=facts, more=(entry.get_absolute_url(), _("Open the entry")))


def titles_of(kind: str) -> dict[str, Any]:
    """What the neighbours of a kind are called on its page."""
    return {
        "business": {"system": _("Systems that carry it"), "data": _("Data it makes or uses")},
        "system": {"business": _("Businesses it carries"), "data": _("Data it holds")},
        "data": {"business": _("Businesses it serves"), "system": _("Systems that hold it")},
    }[kind]


class AssetForm(Form):
    """What is entered for one kind."""

    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    code = forms.CharField(
        label=gettext_lazy("Code"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Your own code, unique in the city; left empty, one is issued."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        choices=list(labels.PRIORITIES.items()),
        initial="normal",
        help_text=gettext_lazy("It counts most in the ranking of gaps."),
    )
    task = forms.CharField(
        label=gettext_lazy("Clause or task"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("The clause, plan or task it serves, for example 2.1.3."),
    )
    basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("The law or list of duties the business rests on."),
    )
    network = forms.ChoiceField(label=gettext_lazy("Network"), required=False,
                                choices=[("", "—"), *labels.NETWORKS.items()])  # fmt: skip
    protection = forms.ChoiceField(label=gettext_lazy("Graded protection"), required=False,
                                   choices=[("", "—"), *((text, text) for text in "12345")])  # fmt: skip
    form = forms.ChoiceField(label=gettext_lazy("Form of the data"), required=False,
                             choices=[("", "—"), *labels.FORMS.items()])  # fmt: skip
    cycle = forms.ChoiceField(label=gettext_lazy("Update cycle"), required=False,
                              choices=[("", "—"), *labels.CYCLES.items()])  # fmt: skip
    entry_code = forms.CharField(
        label=gettext_lazy("Resource code"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("The code of its catalogue entry, for example 201001/000001."),
    )

    def __init__(self, *args: Any, kind: str, units: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units:
            self.fields["unit"].choices = units  # type: ignore[attr-defined]
        else:
            del self.fields["unit"], self.fields["code"]
        for name, only in rules.ONLY_FOR.items():
            if only != kind:
                del self.fields[name]

    def data_entered(self) -> AssetData:
        """The cleaned values as what the services take."""
        names = (*FIELDS, "entry_code")
        return AssetData(**{name: self.cleaned_data[name] for name in names if name in self.fields})


class NewAsset(FormPage):
    """Enter an object."""

    permission = P.EDIT
    form_class = AssetForm
    success = gettext_lazy("Entered. Link it with what stands above and below it.")
    cancel_url = "/inventory/"

    @property
    def kind(self) -> str:
        kind: str = self.kwargs["kind"]
        if kind not in set(AssetKind):
            raise AssetNotFound(code=kind)
        return kind

    def page_title(self) -> Any:
        return labels.NEW[self.kind]

    def crumbs(self) -> Any:
        return (CRUMB,)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = [(unit.uid, str(unit)) for unit in queries.units_to_edit(self.actor).order_by("path")]
        return {"kind": self.kind, "units": units}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = queries.units_to_edit(self.actor).get(uid=form.cleaned_data["unit"])
        asset = services.create_asset(
            actor=self.actor,
            now=self.now,
            unit=unit,
            kind=self.kind,
            data=form.data_entered(),
            code=form.cleaned_data["code"],
        )
        return asset.get_absolute_url()


class OfAsset(FormPage):
    """What the forms of one object share."""

    permission = P.EDIT

    def asset(self) -> Asset:
        return queries.get_asset(actor=self.actor, uid=self.kwargs["uid"])

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return self.asset().get_absolute_url()

    def page_title(self) -> Any:
        return f"{self.title} · {self.asset()}"

    def crumbs(self) -> Any:
        return (CRUMB, (str(self.asset()), self.cancel_url))


class ChangeAsset(OfAsset):
    """Change what is said of an object."""

    title = gettext_lazy("Edit")
    form_class = AssetForm

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"kind": self.asset().kind, "units": []}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        asset = self.asset()
        values = {name: getattr(asset, name) for name in FIELDS}
        return {**values, "entry_code": asset.entry.code if asset.entry else ""}

    def save(self, form: Any, **kwargs: Any) -> str:
        asset, _changed = services.update_asset(
            actor=self.actor, now=self.now, asset=self.asset(), data=form.data_entered()
        )
        return asset.get_absolute_url()


class RetireAsset(OfAsset):
    """Take an object out of use with a reason."""

    title = gettext_lazy("Take out of use")
    form_class = ReasonForm
    submit_label = gettext_lazy("Take out of use")
    success = gettext_lazy("It is out of use; its links count no more.")

    def save(self, form: Any, **kwargs: Any) -> str:
        reason = form.cleaned_data["reason"]
        return services.retire_asset(
            actor=self.actor, now=self.now, asset=self.asset(), reason=reason
        ).get_absolute_url()


class RestoreAsset(ActionPage):
    """Bring an object back into use."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        asset = queries.get_asset(actor=self.actor, uid=kwargs["uid"])
        services.restore_asset(actor=self.actor, now=self.now, asset=asset)
        return _("It is in use again."), asset.get_absolute_url()


class LinkForm(Form):
    """The other end of a link, by its code, with those of one's own to choose from."""

    other = forms.CharField(
        label=gettext_lazy("Code of the other end"),
        max_length=40,
        widget=forms.TextInput(attrs={"list": "inventory-codes", "autocomplete": "off"}),
        help_text=gettext_lazy("Begin to type a code or a name and choose; codes stand in the inventory's list."),
    )


class LinkAsset(OfAsset):
    """Link an object with another."""

    title = gettext_lazy("Add a link")
    form_class = LinkForm
    template_name = "inventory/link.html"
    submit_label = gettext_lazy("Link")
    success = gettext_lazy("Linked. Gaps follow in a few seconds.")

    def context(self, **kwargs: Any) -> dict[str, Any]:
        asset = self.asset()
        kinds = [kind for kind in AssetKind if {(asset.kind, kind), (kind, asset.kind)} & rules.LINKS]
        rows = queries.list_assets(self.actor).filter(kind__in=kinds, state="active").exclude(pk=asset.pk)
        options = [(row.code, f"{row.name} · {labels.KINDS[row.kind]} · {row.unit}") for row in rows[:500]]
        return {"options": options, "kinds": "、".join(str(labels.KINDS[kind]) for kind in kinds)}

    def save(self, form: Any, **kwargs: Any) -> str:
        asset = self.asset()
        other = queries.get_asset(actor=self.actor, uid=form.cleaned_data["other"].strip())
        upper, lower = (asset, other) if (other.kind, asset.kind) not in rules.LINKS else (other, asset)
        services.link_assets(actor=self.actor, now=self.now, upper=upper, lower=lower)
        return asset.get_absolute_url()


class UnlinkAsset(OfAsset):
    """Take a link away, after a look at what it is."""

    title = gettext_lazy("Take the link away")
    form_class = Form
    template_name = "inventory/unlink.html"
    submit_label = gettext_lazy("Take the link away")
    success = gettext_lazy("The link is gone. Gaps follow in a few seconds.")

    def other(self) -> Asset:
        return queries.get_asset(actor=self.actor, uid=self.kwargs["other"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"one": self.asset(), "other": self.other()}

    def save(self, form: Any, **kwargs: Any) -> str:
        asset, other = self.asset(), self.other()
        upper, lower = (asset, other) if (other.kind, asset.kind) not in rules.LINKS else (other, asset)
        services.unlink_assets(actor=self.actor, now=self.now, upper=upper, lower=lower)
        return asset.get_absolute_url()
