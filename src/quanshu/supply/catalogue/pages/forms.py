"""Forms of an entry's core metadata."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.shared.web.api import Form, FormPage, dress
from quanshu.supply.catalogue import queries, rules, services
from quanshu.supply.catalogue.models import Classification, Entry, in_language
from quanshu.supply.catalogue.pages.labels import CYCLES, FORMATS, METADATA, OPEN_TYPES, SHARE_MODES, SHARE_TYPES
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.types import EntryData
from quanshu.supply.standards.api import (
    Kind,
    Level,
    Need,
    Standard,
    StandardField,
    is_current,
    standard_in_force,
)


def text(name: str, *, rows: int = 0, most: int = 2000, hint: Any = "", required: bool = False) -> forms.CharField:
    """A text field of the metadata; several lines when `rows` is given."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=METADATA[name], required=required, max_length=most, widget=widget, help_text=hint)


def choice(name: str, labels: Any, initial: str = "") -> forms.ChoiceField:
    """A field whose values are a code list of the standard."""
    return forms.ChoiceField(label=METADATA[name], choices=list(labels.items()), initial=initial)


class EntryForm(Form):
    unit = forms.ChoiceField(label=METADATA["provider_name"])
    resource_name = text("resource_name", most=100, required=True)
    name_en = text("name_en", most=200)
    classification_code = forms.ChoiceField(label=METADATA["classification_code"])
    abstract = text("abstract", rows=3, required=True)
    abstract_en = text("abstract_en", rows=2)
    format_class = choice("format_class", FORMATS)
    share_type = choice("share_type", SHARE_TYPES, "2")
    share_condition = text(
        "share_condition", rows=2, hint=gettext_lazy("Conditional sharing: who may use the data, and for what.")
    )
    share_law = text("share_law", rows=2, hint=gettext_lazy("Not shared: the law and its article."))
    share_mode = choice("share_mode", SHARE_MODES)
    open_type = choice("open_type", OPEN_TYPES, "closed")
    open_condition = text("open_condition")
    update_cycle = choice("update_cycle", CYCLES, "monthly")
    related = text("related_codes", hint=gettext_lazy("Resource codes, separated by commas."))
    sensitive_reason = text(
        "sensitive_reason", hint=gettext_lazy("Only for specially sensitive data that stays with its unit: say why.")
    )

    def __init__(self, *args: Any, standard: Standard, units: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.standard = standard
        self.fields["classification_code"].choices = class_choices()  # type: ignore[attr-defined]
        if units is None:
            del self.fields["unit"]
        else:
            self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]
        for each in standard.of_level(Level.ENTRY):
            name = {"related_codes": "related"}.get(each.code, each.code)
            if not each.core:
                self.fields[f"extra.{each.code}"] = own_field(each, standard)
            elif name in self.fields:
                follow(self.fields[name], each, standard, chosen=str(self.initial.get(name, "")))

    def data_of(self) -> EntryData:
        """What was entered."""
        given = dict(self.cleaned_data)
        given.pop("unit", None)
        related = given.pop("related").replace("，", ",")
        own = {each.code: given.pop(f"extra.{each.code}") for each in self.standard.extras()}
        extra = {code: plain_value(value) for code, value in own.items() if value not in ("", None)}
        codes = tuple(code.strip() for code in related.split(",") if code.strip())
        return EntryData(**given, related_codes=codes, extra=extra)


def follow(field: Any, each: StandardField, standard: Standard, *, chosen: str) -> None:
    """Have a field of the form obey the standard: what it is called, demanded, how long, which codes."""
    field.label = in_language(each.title, each.title_en)
    field.required = each.need == Need.MANDATORY
    if each.kind == Kind.CODE:
        field.choices = choices_of(each, standard, chosen=chosen)
    elif each.max_length and isinstance(field, forms.CharField):
        field.max_length = each.max_length
        field.widget.attrs["maxlength"] = str(each.max_length)


def choices_of(each: StandardField, standard: Standard, *, chosen: str) -> list[tuple[str, str]]:
    """The values that may be chosen today, and the one that is chosen already."""
    values = [value for value in standard.values_of(each.code) if is_current(value, today()) or value.code == chosen]
    return [(value.code, in_language(value.title, value.title_en)) for value in values]


def own_field(each: StandardField, standard: Standard) -> forms.Field:
    """A form field for a field of the standard's own."""
    label, hint = in_language(each.title, each.title_en), each.note
    needed = each.need == Need.MANDATORY
    field: forms.Field
    if each.kind == Kind.CODE:
        choices = [("", "—"), *choices_of(each, standard, chosen="")]
        field = forms.ChoiceField(label=label, choices=choices, required=needed, help_text=hint)
    elif each.kind == Kind.FLAG:
        answers = [("", "—"), ("true", _("Yes")), ("false", _("No"))]
        field = forms.ChoiceField(label=label, choices=answers, required=needed, help_text=hint)
    elif each.kind == Kind.DATE:
        field = forms.DateField(label=label, required=needed, widget=forms.DateInput, help_text=hint)
    elif each.kind == Kind.NUMBER:
        field = forms.DecimalField(label=label, required=needed, max_digits=24, decimal_places=9, help_text=hint)
    else:
        widget = forms.Textarea(attrs={"rows": 2}) if each.kind == Kind.LONG else forms.TextInput()
        most = each.max_length or 2000
        field = forms.CharField(label=label, required=needed, max_length=most, widget=widget, help_text=hint)
    dress(field)
    return field


def plain_value(value: Any) -> str:
    """An entered value as it is kept: days in ISO form, numbers without an exponent."""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def class_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Subjects and details an entry may be filed under, grouped by the item above them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    heads = {row.code: str(row) for row in Classification.objects.filter(level=2)}
    for row in Classification.objects.filter(level__gte=3).order_by("code"):
        groups.setdefault(heads.get(row.code[:3], ""), []).append((row.code, str(row)))
    return list(groups.items())


class NewEntry(FormPage):
    """Draft an entry."""

    title = gettext_lazy("New entry")
    permission = P.EDIT
    form_class = EntryForm
    submit_label = gettext_lazy("Save and enter its items")
    success = gettext_lazy("The draft is saved. Enter its items next.")
    cancel_url = "/catalogue/"

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Catalogue"), reverse("catalogue:entries"))]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": queries.units_to_edit(self.actor), "standard": standard_in_force()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = queries.units_to_edit(self.actor).get(uid=form.cleaned_data["unit"])
        entry = services.create_entry(actor=self.actor, now=self.now, unit=unit, data=form.data_of())
        return reverse("catalogue:entry-items", args=[entry.uid])


class EditEntry(FormPage):
    """Change a draft's metadata."""

    permission = P.EDIT
    form_class = EntryForm

    @property
    def cancel_url(self) -> str:  # type: ignore[override]
        return reverse("catalogue:entry", args=[self.kwargs["uid"]])

    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def page_title(self) -> str:
        return _("Edit %(name)s") % {"name": self.entry()}

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Catalogue"), reverse("catalogue:entries")), (str(self.entry()), self.cancel_url)]

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"standard": queries.standard_of_entry(self.entry())}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        rules.check_editable(entry.state)
        names = [name for name in EntryForm.base_fields if name != "unit" and hasattr(entry, name)]
        values = {name: getattr(entry, name) for name in names}
        related = ", ".join(entry.related_codes)
        own = {f"extra.{code}": value for code, value in entry.extra.items()}
        return values | own | {"classification_code": entry.classification.code, "related": related}

    def save(self, form: Any, **kwargs: Any) -> str:
        services.update_entry(actor=self.actor, now=self.now, entry=self.entry(), data=form.data_of())
        return self.cancel_url
