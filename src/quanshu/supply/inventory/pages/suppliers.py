"""Public-service companies: the official list with its figure, one with its records, the forms of the bureau."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit, UnitKind
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
    when,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.catalogue.api import list_entries
from quanshu.supply.inventory import queries, rules, services
from quanshu.supply.inventory.models import Company
from quanshu.supply.inventory.pages import labels
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import CompanyData, RecordData

CRUMB = (gettext_lazy("Public-service companies"), "/inventory/suppliers/")


def narrow_state(rows: Any, text: str) -> Any:
    """Companies whose shown state is this one."""
    if text == "delisted":
        return rows.filter(delisted_at__isnull=False)
    rows = rows.filter(delisted_at__isnull=True)
    return rows.filter(is_sharing=True) if text == "sharing" else rows.filter(is_sharing=False, stage=text)


class Companies(ListPage):
    """The official list, and enterprises sharing / listed by sector."""

    title = gettext_lazy("Public-service companies")
    permission = P.COMPANY_VIEW
    template_name = "inventory/companies.html"
    search = ("name", "name_en", "code", "note")
    search_hint = gettext_lazy("Name or code")
    order = "sector"
    export_name = "public-service-companies"
    empty_title = gettext_lazy("No company is listed yet")
    empty_hint = gettext_lazy("The bureau puts water, power, gas, heating, telecom and transport companies here.")
    filters = (
        Filter("sector", gettext_lazy("Sector"), choices=list(labels.SECTORS.items()), field="sector"),
        Filter("state", gettext_lazy("State"), choices=list(labels.STAGES.items()), apply=narrow_state),
    )
    columns = (
        Column("name", gettext_lazy("Name"), value=str, sort="name", link=Company.get_absolute_url),
        Column("sector", gettext_lazy("Sector"), value=lambda row: labels.SECTORS[row.sector], sort="sector"),
        Column("unit", gettext_lazy("Registered as"), value=lambda row: str(row.unit) if row.unit else None,
               phone=False),
        Column("last", gettext_lazy("Last record"), value=lambda row: row.last_day, kind="date", sort="last_day",
               phone=False),
        Column("due", gettext_lazy("Next step due"), value=lambda row: row.next_day, kind="date", sort="next_day",
               phone=False),
        Column("state", gettext_lazy("State"), value=lambda row: labels.STAGES[queries.state_of(row)], kind="badge",
               tone=lambda row: labels.STAGE_TONES[queries.state_of(row)]),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.with_days(queries.list_companies(self.actor))

    def narrowed(self) -> Any:
        rows = super().narrowed()
        return rows if self.request.GET.get("state") else rows.filter(delisted_at__isnull=True)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.COMPANY_EDIT):
            return []
        return [Action(_("List a company"), reverse("inventory:company_new"), "plus", "primary", "get")]

    def row_context(self) -> dict[str, Any]:
        whole, *sectors = queries.supplier_figures(queries.list_companies(self.actor))
        return {"whole": whole, "sectors": [(labels.SECTORS[each.sector], each) for each in sectors]}


class CompanyPage(DetailPage):
    """One company: how far it is, what it shares, and the records of coordination."""

    permission = P.COMPANY_VIEW
    audit_kind = "inventory.company"
    template_name = "inventory/company.html"

    def get_object(self, **kwargs: Any) -> Any:
        return queries.get_company(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return (CRUMB,)

    def state(self, obj: Any) -> tuple[str, str]:
        state = queries.state_of(obj)
        return str(labels.STAGES[state]), labels.STAGE_TONES[state]

    def facts(self, obj: Any) -> list[tuple[Any, Any]]:
        found = [
            (_("Sector"), labels.SECTORS[obj.sector]),
            (_("Unified social credit code"), obj.code),
            (_("Registered as"), str(obj.unit) if obj.unit else _("Not registered as a unit yet")),
            (_("Listed by"), obj.listed_by),
            (_("Listed at"), when(obj.listed_at)),
            (_("Note"), obj.note),
        ]
        if obj.delisted_at:
            found += [(_("Taken off at"), when(obj.delisted_at)), (_("Reason"), obj.delisted_reason)]
        return found

    def actions(self, obj: Any) -> list[Action]:
        if not allows(self.actor, P.COMPANY_EDIT, obj):
            return []
        if obj.delisted_at:
            url = reverse("inventory:relist", args=[obj.uid])
            return [Action(_("Put on the list again"), url, "restore", "primary")]
        return [
            Action(label, reverse(f"inventory:{name}", args=[obj.uid]), icon, style, "get")
            for name, label, icon, style in (
                ("record", _("File a record"), "message-plus", "primary"),
                ("company_change", _("Edit"), "pencil", "outline-primary"),
                ("delist", _("Take off the list"), "trash", "outline-danger"),
            )
        ]

    def detail_context(self, obj: Any) -> dict[str, Any]:
        steps = ("listed", "contacted", "agreed", "connected", "sharing")
        state = queries.state_of(obj)
        at = steps.index(state) if state in steps else -1
        stepper = [
            (labels.STAGES[step], "now" if number == at else "done" if number < at else "")
            for number, step in enumerate(steps)
        ]
        today = city_day(self.now)
        records = [
            (row, labels.STAGES.get(row.stage), bool(row.next_due and not row.done_at and row.next_due < today))
            for row in obj.records.all()
        ]
        return {"stepper": stepper, "records": records}

    def cards(self, obj: Any) -> list[Card]:
        columns = (
            Column("name", _("Resource"), value=str, link=lambda row: row.get_absolute_url()),
            Column("code", _("Resource code"), kind="code", phone=False),
            Column("rows", _("Rows in the lake"), value="landed_rows", kind="number"),
            Column("landed", _("Landed at"), value="landed_at", kind="datetime", phone=False),
        )
        rows = list_entries(self.actor).filter(unit=obj.unit, published_version__isnull=False) if obj.unit else []
        note = _("It shares once a published entry of its unit has rows that a load brought in; nobody sets this.")
        hint = _("Register the company as a unit, publish an entry of it and load its data.")
        return [Card(_("What it shares"), note, columns=columns, rows=rows, empty_title=_("Nothing published yet"),
                     empty_hint=hint)]  # fmt: skip


class CompanyForm(Form):
    """What the list says of a company."""

    name = forms.CharField(label=gettext_lazy("Official name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=150, required=False)
    sector = forms.ChoiceField(label=gettext_lazy("Sector"), choices=list(labels.SECTORS.items()))
    code = forms.CharField(label=gettext_lazy("Unified social credit code"), max_length=18, required=False)
    unit_uid = forms.ChoiceField(
        label=gettext_lazy("Registered as"),
        required=False,
        help_text=gettext_lazy("The unit it is registered as, once it is; only public-service companies are shown."),
    )
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea)

    def __init__(self, *args: Any, company: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Q(inventory_company__isnull=True)
        if company is not None:
            free |= Q(inventory_company=company.pk)
        units = Unit.objects.active().filter(free, kind=UnitKind.COMPANY).order_by("name")
        choices = [("", gettext_lazy("Not registered as a unit yet")), *((unit.uid, str(unit)) for unit in units)]
        self.fields["unit_uid"].choices = choices  # type: ignore[attr-defined]

    def data_entered(self) -> CompanyData:
        """The cleaned values as what the services take."""
        return CompanyData(**self.cleaned_data)


class NewCompany(FormPage):
    """Put a company on the list."""

    title = gettext_lazy("List a company")
    permission = P.COMPANY_EDIT
    form_class = CompanyForm
    cancel_url = "/inventory/suppliers/"

    def crumbs(self) -> Any:
        return (CRUMB,)

    def save(self, form: Any, **kwargs: Any) -> str:
        company = services.list_company(actor=self.actor, now=self.now, data=form.data_entered())
        return company.get_absolute_url()


class OfCompany(FormPage):
    """What the forms of a company share."""

    permission = P.COMPANY_EDIT

    def company(self) -> Any:
        return queries.get_company(actor=self.actor, uid=self.kwargs["uid"])

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return str(self.company().get_absolute_url())

    def page_title(self) -> Any:
        return f"{self.title} · {self.company()}"

    def crumbs(self) -> Any:
        return (CRUMB, (str(self.company()), self.cancel_url))


class ChangeCompany(OfCompany):
    """Change what the list says of a company."""

    title = gettext_lazy("Edit")
    form_class = CompanyForm

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"company": self.company()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        company = self.company()
        values = {name: getattr(company, name) for name in ("name", "name_en", "sector", "code", "note")}
        return {**values, "unit_uid": company.unit.uid if company.unit else ""}

    def save(self, form: Any, **kwargs: Any) -> str:
        company = services.change_company(
            actor=self.actor, now=self.now, company=self.company(), data=form.data_entered()
        )
        return company.get_absolute_url()


class DelistCompany(OfCompany):
    """Take a company off the list with a reason."""

    title = gettext_lazy("Take off the list")
    form_class = ReasonForm
    submit_label = gettext_lazy("Take off the list")

    def save(self, form: Any, **kwargs: Any) -> str:
        reason = form.cleaned_data["reason"]
        company = services.delist_company(actor=self.actor, now=self.now, company=self.company(), reason=reason)
        return company.get_absolute_url()


class RelistCompany(ActionPage):
    """Put a company on the list again."""

    permission = P.COMPANY_EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        company = queries.get_company(actor=self.actor, uid=kwargs["uid"])
        services.relist_company(actor=self.actor, now=self.now, company=company)
        return _("It is on the list again."), company.get_absolute_url()


class RecordForm(Form):
    """A coordination record."""

    day = forms.DateField(label=gettext_lazy("Day of the meeting"), widget=forms.DateInput())
    people = forms.CharField(label=gettext_lazy("People"), max_length=1000,
                             help_text=gettext_lazy("Who took part, with their units."))  # fmt: skip
    matter = forms.CharField(label=gettext_lazy("Matter"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    outcome = forms.CharField(
        label=gettext_lazy("Outcome of the meeting"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    stage = forms.ChoiceField(
        label=gettext_lazy("Stage reached"),
        required=False,
        help_text=gettext_lazy("Only the next stage can be reached. “Sharing” is counted from live records."),
    )
    next_step = forms.CharField(
        label=gettext_lazy("Next step"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    next_due = forms.DateField(label=gettext_lazy("Next step due"), required=False, widget=forms.DateInput())

    def __init__(self, *args: Any, stage: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        coming = [step.target for step in rules.COMPANY_MACHINE.allowed(stage)]
        choices = [("", gettext_lazy("No change")), *((each, labels.STAGES[each]) for each in coming)]
        self.fields["stage"].choices = choices  # type: ignore[attr-defined]

    def data_entered(self) -> RecordData:
        """The cleaned values as what the services take."""
        given = dict(self.cleaned_data)
        given["day"] = given["day"].isoformat()
        given["next_due"] = given["next_due"].isoformat() if given["next_due"] else ""
        return RecordData(**given)


class FileRecord(OfCompany):
    """File a coordination record."""

    title = gettext_lazy("File a record")
    form_class = RecordForm
    success = gettext_lazy("Filed.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"stage": self.company().stage}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"day": city_day(self.now)}

    def save(self, form: Any, **kwargs: Any) -> str:
        company = self.company()
        services.record_coordination(actor=self.actor, now=self.now, company=company, data=form.data_entered())
        return str(company.get_absolute_url())
