"""Forms of the catalogue: metadata, items, grades, reasons."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldErrors, QuanshuError
from quanshu.organisation.api import Unit, get_unit, list_units
from quanshu.shared.access.api import Place, allows
from quanshu.shared.web.api import Form, FormPage, Page, ReasonForm, fault_text, go_to
from quanshu.supply.catalogue import queries, services
from quanshu.supply.catalogue.models import Classification, Entry
from quanshu.supply.catalogue.pages.entry import url_of
from quanshu.supply.catalogue.pages.labels import CYCLES, FORMATS, GRADES, MASKS, OPEN_TYPES, SHARE_TYPES, TYPES
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.types import EntryData, ItemData

BLANK_ROWS = 5
MOST_ROWS = 500


class EntryForm(Form):
    unit = forms.ChoiceField(label=gettext_lazy("Provider"), required=False)
    resource_name = forms.CharField(label=gettext_lazy("Resource name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)
    classification_code = forms.ChoiceField(label=gettext_lazy("Class"))
    abstract = forms.CharField(label=gettext_lazy("Abstract"), widget=forms.Textarea)
    abstract_en = forms.CharField(label=gettext_lazy("English abstract"), widget=forms.Textarea, required=False)
    format_class = forms.ChoiceField(label=gettext_lazy("Format"), choices=list(FORMATS.items()))
    share_type = forms.ChoiceField(label=gettext_lazy("Share type"), choices=list(SHARE_TYPES.items()), initial="2")
    share_condition = forms.CharField(
        label=gettext_lazy("Condition"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Conditional sharing: who may use the data, and for what."),
    )
    share_law = forms.CharField(
        label=gettext_lazy("Law that forbids"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Not shared: the law and its article."),
    )
    open_type = forms.ChoiceField(
        label=gettext_lazy("Open to society"), choices=list(OPEN_TYPES.items()), initial="closed"
    )
    open_condition = forms.CharField(label=gettext_lazy("Condition of opening"), required=False)
    update_cycle = forms.ChoiceField(label=gettext_lazy("Update cycle"), choices=list(CYCLES.items()))
    related = forms.CharField(
        label=gettext_lazy("Related entries"),
        required=False,
        help_text=gettext_lazy("Resource codes, separated by commas."),
    )
    sensitive_reason = forms.CharField(
        label=gettext_lazy("Not landed because"),
        required=False,
        help_text=gettext_lazy("Only for specially sensitive data that stays with its unit: say why."),
    )

    def __init__(self, *args: Any, units: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]
        classes = [(row.code, str(row)) for row in Classification.objects.filter(level__gte=3)]
        self.fields["classification_code"].choices = classes  # type: ignore[attr-defined]
        if not units:
            del self.fields["unit"]

    def data_of(self) -> EntryData:
        """What was entered."""
        given = dict(self.cleaned_data)
        given.pop("unit", None)
        related = given.pop("related").replace("，", ",")
        return EntryData(**given, related_codes=tuple(code.strip() for code in related.split(",") if code.strip()))


class At:
    """Where a new entry would stand."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit

    def access_place(self) -> Place:
        return Place(unit_path=self.unit.path)


class NewEntry(FormPage):
    """Draft an entry."""

    title = gettext_lazy("New entry")
    permission = P.EDIT
    form_class = EntryForm
    submit_label = gettext_lazy("Save and enter its items")
    success = gettext_lazy("The draft is saved. Enter its items next.")
    cancel_url = "/catalogue/"

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = list_units(self.actor).active()
        return {"units": [unit for unit in units if allows(self.actor, P.EDIT, At(unit))]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = get_unit(actor=self.actor, uid=form.cleaned_data["unit"])
        entry = services.create_entry(actor=self.actor, now=self.now, unit=unit, data=form.data_of())
        return url_of(entry, "items/")


class EditEntry(FormPage):
    """Change a draft's metadata."""

    title = gettext_lazy("Edit the entry")
    permission = P.EDIT
    form_class = EntryForm

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        names = [name for name in EntryForm.base_fields if hasattr(entry, name) and name != "unit"]
        values = {name: getattr(entry, name) for name in names}
        return values | {
            "classification_code": entry.classification.code,
            "related": ", ".join(entry.related_codes),
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        entry = services.update_entry(actor=self.actor, now=self.now, entry=self.entry(), data=form.data_of())
        return url_of(entry)


class EditItems(Page):
    """The items as a table of inputs; blank rows at its end take new ones. Works without JavaScript."""

    title = gettext_lazy("Edit items")
    permission = P.EDIT
    template_name = "catalogue/items.html"

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def shown(self, items: list[ItemData], faults: list[str], *, status: int = 200) -> HttpResponseBase:
        entry = self.entry()
        blank = [ItemData(name="", title="") for _row in range(BLANK_ROWS)]
        return self.render(
            {
                "items": [*items, *blank],
                "faults": faults,
                "types": TYPES.items(),
                "grades": GRADES.items(),
                "masks": MASKS.items(),
                "entry": entry,
                "crumbs": [(_("Catalogue"), "/catalogue/"), (str(entry), url_of(entry))],
            },
            status=status,
        )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.shown(list(queries.items_of(self.entry())), [])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        items, faults = read_items(request.POST)
        if not faults:
            try:
                entry = services.set_items(actor=self.actor, now=self.now, entry=self.entry(), items=items)
                return go_to(request, url_of(entry))
            except FieldErrors as fault:
                faults = [f"{error.field}: {_(error.fault)} {_(error.remedy)}" for error in fault.errors]
            except QuanshuError as fault:
                if fault.status in {403, 404}:
                    raise
                faults = [fault_text(fault)]
        return self.shown(items, faults, status=422)


def read_items(posted: Any) -> tuple[list[ItemData], list[str]]:
    """Rows of the table as items, and what cannot be read; rows without a name and title are left out."""
    columns = {
        name: posted.getlist(name)[:MOST_ROWS]
        for name in ("name", "title", "title_en", "data_type", "length", "codes", "grade", "mask", "unit_of_measure")
    }
    flags = {name: set(posted.getlist(name)) for name in ("is_key", "required", "personal")}
    items, faults = [], []
    for row, name in enumerate(columns["name"]):
        value = {key: (values[row].strip() if row < len(values) else "") for key, values in columns.items()}
        if not name.strip() and not value["title"]:
            continue
        length = value["length"]
        if length and not length.isdigit():
            faults.append(_("%(item)s: the length “%(length)s” is not a number.") % {"item": name, "length": length})
        items.append(
            ItemData(
                name=value["name"],
                title=value["title"],
                title_en=value["title_en"],
                data_type=value["data_type"] or "string",
                length=int(length) if length.isdigit() else None,
                code_list=tuple(code for code in value["codes"].replace("，", ",").split(",") if code),
                grade=value["grade"],
                mask=value["mask"] or "none",
                unit_of_measure=value["unit_of_measure"],
                **{key: str(row) in rows for key, rows in flags.items()},
            )
        )
    return items, faults


class GradeItems(Page):
    """Grade each item; the entry takes the highest (就高从严)."""

    title = gettext_lazy("Grade items")
    permission = P.GRADE
    template_name = "catalogue/grades.html"

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        return {
            "items": queries.items_of(entry),
            "grades": GRADES.items(),
            "highest": GRADES.get(queries.highest_grade(entry), _("Not graded")),  # type: ignore[call-overload]
            "crumbs": [(_("Catalogue"), "/catalogue/"), (str(entry), url_of(entry))],
        }

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        entry = self.entry()
        names = [item.name for item in queries.items_of(entry)]
        grades = {name: request.POST.get(f"grade-{name}", "") for name in names}
        chosen = {name: grade for name, grade in grades.items() if grade}
        try:
            services.grade_items(actor=self.actor, now=self.now, entry=entry, grades=chosen)
        except QuanshuError as fault:
            if fault.status in {403, 404}:
                raise
            return self.render({**self.context(**kwargs), "fault": fault_text(fault)}, status=fault.status)
        return go_to(request, url_of(entry))


class WithReason(FormPage):
    """A step that needs a reason."""

    form_class = ReasonForm

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> str:
        return f"{self.title}: {self.entry()}"


class Return(WithReason):
    """Back to the unit, with what is to be corrected."""

    title = gettext_lazy("Return")
    permission = P.PUBLISH
    submit_label = gettext_lazy("Return")
    success = gettext_lazy("Returned to the unit.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        entry = self.entry()
        services.return_entry(actor=self.actor, now=self.now, entry=entry, reason=form.cleaned_data["reason"])
        return "/catalogue/"


class Withdraw(WithReason):
    """Take a published entry out of the catalogue."""

    title = gettext_lazy("Withdraw")
    permission = P.WITHDRAW
    submit_label = gettext_lazy("Withdraw")
    success = gettext_lazy("Withdrawn.")

    def save(self, form: forms.Form, **kwargs: Any) -> str:
        entry = self.entry()
        services.withdraw_entry(actor=self.actor, now=self.now, entry=entry, reason=form.cleaned_data["reason"])
        return url_of(entry)
