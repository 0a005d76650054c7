"""Forms of an entry's core metadata."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Form, FormPage
from quanshu.supply.catalogue import queries, rules, services
from quanshu.supply.catalogue.models import Classification, Entry
from quanshu.supply.catalogue.pages.labels import CYCLES, FORMATS, METADATA, OPEN_TYPES, SHARE_MODES, SHARE_TYPES
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.types import EntryData


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

    def __init__(self, *args: Any, units: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["classification_code"].choices = class_choices()  # type: ignore[attr-defined]
        if units is None:
            del self.fields["unit"]
        else:
            self.fields["unit"].choices = [(unit.uid, str(unit)) for unit in units]  # type: ignore[attr-defined]

    def data_of(self) -> EntryData:
        """What was entered."""
        given = dict(self.cleaned_data)
        given.pop("unit", None)
        related = given.pop("related").replace("，", ",")
        return EntryData(**given, related_codes=tuple(code.strip() for code in related.split(",") if code.strip()))


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
        return {"units": queries.units_to_edit(self.actor)}

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

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        rules.check_editable(entry.state)
        names = [name for name in EntryForm.base_fields if name != "unit" and hasattr(entry, name)]
        values = {name: getattr(entry, name) for name in names}
        related = ", ".join(entry.related_codes)
        return values | {"classification_code": entry.classification.code, "related": related}

    def save(self, form: Any, **kwargs: Any) -> str:
        services.update_entry(actor=self.actor, now=self.now, entry=self.entry(), data=form.data_of())
        return self.cancel_url
