"""Editing a draft of the standard: its fields, code lists and the structure of the resource code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError
from quanshu.shared.web.api import ActionPage, Form, fault_text, field_fault_text, go_to
from quanshu.supply.standards import rules, services
from quanshu.supply.standards.pages import labels
from quanshu.supply.standards.pages.versions import OfVersion, VersionForm
from quanshu.supply.standards.permissions import StandardsPermission as P
from quanshu.supply.standards.types import (
    CodeList,
    CodeValue,
    FieldNotFound,
    Need,
    Segment,
    Standard,
    StandardField,
)

FIRST = "-"
BLANK_ROWS = 3
VALUE_TEXTS = ("code", "title", "title_en", "words", "valid_from", "valid_until")


def own_field(fault: FieldErrors, prefix: str, names: set[str]) -> FieldErrors:
    """The same faults named as a form names its fields; what the form has no field for keeps its name."""
    errors = []
    for error in fault.errors:
        name = error.field.removeprefix(prefix)
        errors.append(FieldError(name if name in names else error.field, error.fault, error.remedy, error.params))
    return FieldErrors(errors=tuple(errors))


class FieldForm(Form):
    """One field of the standard. `edits` guards against a change made meanwhile."""

    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=40, help_text=gettext_lazy("Lower-case letters, digits, underscores.")
    )
    title = forms.CharField(label=gettext_lazy("Chinese title"), max_length=100)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=100, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of value"), choices=list(labels.KINDS.items()))
    code_list = forms.ChoiceField(label=gettext_lazy("Code list"), required=False)
    need = forms.ChoiceField(label=gettext_lazy("Obligation"), choices=list(labels.NEEDS.items()), initial="optional")
    condition = forms.MultipleChoiceField(
        label=gettext_lazy("Mandatory at"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Only for a conditionally mandatory field: values of one other field."),
    )
    max_length = forms.IntegerField(label=gettext_lazy("Longest length"), required=False, min_value=1)
    column = forms.CharField(
        label=gettext_lazy("Official column title"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Left empty, the field has no column in the Excel table."),
    )
    after = forms.ChoiceField(label=gettext_lazy("Stands behind"))
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=2000, widget=forms.Textarea)
    edits = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, standard: Standard, existing: StandardField | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.existing = existing
        fields: Any = self.fields
        lists = [(each.code, labels.in_language(each)) for each in standard.lists]
        fields["code_list"].choices = [("", "—"), *lists]
        level = existing.level if existing else "entry"
        coded = [each for each in standard.of_level(level) if each.code_list and each != existing]
        fields["condition"].choices = [
            (f"{each.code}={value.code}", f"{labels.in_language(each)} = {labels.in_language(value)}")
            for each in coded
            for value in standard.values_of(each.code)
        ]
        others = [(each.code, labels.in_language(each)) for each in standard.fields if each != existing]
        fields["after"].choices = [(FIRST, _("(at the beginning)")), *others]
        if existing:
            del fields["code"]
        if existing and existing.core:
            del fields["kind"], fields["code_list"]

    def field_of(self) -> StandardField:
        """The field as entered. A condition over several fields is refused."""
        given = dict(self.cleaned_data)
        pairs = [choice.split("=", 1) for choice in given.pop("condition")]
        heads = sorted({head for head, _value in pairs})
        if len(heads) > 1:
            fault = gettext_lazy("The values belong to several fields.")
            raise FieldErrors(errors=(FieldError("condition", str(fault), _("Choose values of one field.")),))
        for name in ("after", "edits"):
            given.pop(name)
        conditional = given["need"] == Need.CONDITIONAL
        given["when"] = heads[0] if heads and conditional else ""
        given["when_values"] = tuple(value for _head, value in pairs) if conditional else ()
        base = self.existing or StandardField(code=given["code"], title="")
        return replace(base, **given)


def placed(standard: Standard, each: StandardField, after: str) -> Standard:
    """The standard with a field put in, or moved, behind another."""
    rest = [other for other in standard.fields if other.code != each.code]
    at = next((place + 1 for place, other in enumerate(rest) if other.code == after), 0)
    return replace(standard, fields=(*rest[:at], each, *rest[at:]))


class EditField(VersionForm):
    """Change one field of a draft, or add one."""

    permission = P.EDIT
    form_class = FieldForm
    fresh = False

    def existing(self) -> StandardField | None:
        if self.fresh:
            return None
        found = self.standard.field(self.kwargs["code"])
        if found is None:
            raise FieldNotFound(code=self.kwargs["code"])
        return found

    def page_title(self) -> str:
        found = self.existing()
        return labels.in_language(found) if found else _("Add a field")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"standard": self.standard, "existing": self.existing()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        rules.check_editable(self.version.state)
        found = self.existing()
        codes = [each.code for each in self.standard.fields]
        if found is None:
            return {"after": codes[-1], "edits": self.version.edits}
        values = {name: getattr(found, name) for name in StandardField.__slots__}
        place = codes.index(found.code)
        values["condition"] = [f"{found.when}={value}" for value in found.when_values]
        return values | {"after": codes[place - 1] if place else FIRST, "edits": self.version.edits}

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = self.existing()
        removable = found is not None and not found.core
        url = reverse("standards:field-remove", args=[self.version.number, found.code]) if found and removable else ""
        return {"remove_url": url}

    template_name = "standards/field.html"

    def save(self, form: Any, **kwargs: Any) -> str:
        each = form.field_of()
        if self.fresh and self.standard.field(each.code):
            fault = FieldError("code", _("Two fields have this code."), _("Rename one."))
            raise FieldErrors(errors=(fault,))
        try:
            services.change_standard(
                actor=self.actor,
                now=self.now,
                version=self.version,
                standard=placed(self.standard, each, form.cleaned_data["after"]),
                edits=form.cleaned_data["edits"],
            )
        except FieldErrors as fault:
            raise own_field(fault, f"fields.{each.code}.", set(form.fields)) from fault
        return self.cancel_url


class RemoveField(OfVersion, ActionPage):
    """Take a field of one's own out of a draft."""

    permission = P.EDIT

    def fallback_url(self, **kwargs: Any) -> str:
        return self.version.get_absolute_url()

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        fields = tuple(each for each in self.standard.fields if each.code != kwargs["code"])
        if len(fields) == len(self.standard.fields):
            raise FieldNotFound(code=kwargs["code"])
        standard = replace(self.standard, fields=fields)
        services.change_standard(actor=self.actor, now=self.now, version=self.version, standard=standard)
        return _("The field is removed from the draft."), self.version.get_absolute_url()


Row = dict[str, Any]


class EditList(OfVersion):
    """The values of a code list as a table of inputs; works without JavaScript."""

    permission = P.EDIT
    template_name = "standards/values.html"
    fresh = False

    def page_title(self) -> str:
        return _("Add a code list") if self.fresh else labels.in_language(self.listed())

    def listed(self) -> CodeList:
        if self.fresh:
            return CodeList(code="", title="")
        found = self.standard.list_of(self.kwargs["code"])
        if found is None:
            raise FieldNotFound(code=self.kwargs["code"])
        return found

    def shown(
        self, head: Row, rows: list[Row], faults: list[str], *, edits: int, status: int = 200
    ) -> HttpResponseBase:
        context = {
            "head": head, "rows": rows, "faults": faults, "version": self.version, "fresh": self.fresh, "edits": edits,
        }  # fmt: skip
        return self.render(context, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        rules.check_editable(self.version.state)
        listed = self.listed()
        head = {"code": listed.code, "title": listed.title, "title_en": listed.title_en}
        rows = [value_row(value) for value in listed.values] or blank_rows()
        return self.shown(head, rows, [], edits=self.version.edits)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        posted = request.POST
        code = posted.get("list_code", "").strip() if self.fresh else self.listed().code
        head = {"code": code, "title": posted.get("list_title", ""), "title_en": posted.get("list_title_en", "")}
        rows = read_rows(posted)
        given = posted.get("edits", "")
        edits = int(given) if given.isdecimal() and len(given) < 9 else -1
        verb, _dash, at = posted.get("do", "save").partition("-")
        if verb == "add":
            return self.shown(head, [*rows, *blank_rows()], [], edits=edits)
        if verb == "remove" and at.isdecimal() and int(at) < len(rows):
            return self.shown(head, rows[: int(at)] + rows[int(at) + 1 :], [], edits=edits)
        rows = [row for row in rows if row["code"] or row["title"]]
        try:
            self.write(head, rows, edits)
        except QuanshuError as fault:
            if fault.status in {403, 404}:
                raise
            return self.shown(head, rows, told(fault), edits=edits, status=fault.status)
        return go_to(request, self.version.get_absolute_url())

    def write(self, head: Row, rows: list[Row], edits: int) -> None:
        """Put the list into the draft."""
        listed = CodeList(values=tuple(value_of(row) for row in rows), **head)
        if self.fresh and self.standard.list_of(listed.code):
            raise FieldErrors(errors=(FieldError("code", _("Two lists have this code."), _("Rename one.")),))
        others = tuple(listed if each.code == listed.code else each for each in self.standard.lists)
        lists = (*others, listed) if self.fresh else others
        standard = replace(self.standard, lists=lists)
        services.change_standard(actor=self.actor, now=self.now, version=self.version, standard=standard, edits=edits)


def told(fault: QuanshuError) -> list[str]:
    """Every fault as a line that names its place."""
    if not isinstance(fault, FieldErrors):
        return [fault_text(fault)]
    lines = []
    for error in fault.errors:
        parts = error.field.split(".")
        name = labels.PROPERTIES.get(parts[-1], parts[-1])
        where = " · ".join(str(part) for part in (*parts[2:-1], name))
        lines.append(f"{where}: " + field_fault_text(error))
    return lines


def blank_rows() -> list[Row]:
    """Empty rows to fill."""
    return [value_row(CodeValue(code="", title="")) for _row in range(BLANK_ROWS)]


def value_row(value: CodeValue) -> Row:
    """A value as the table's inputs show it."""
    return {name: getattr(value, name) for name in VALUE_TEXTS} | {"words": "、".join(value.words)}


def value_of(row: Row) -> CodeValue:
    """A row as a value."""
    words = tuple(word.strip() for word in row["words"].replace("，", "、").replace(",", "、").split("、"))
    return CodeValue(**{**row, "words": tuple(word for word in words if word)})


def read_rows(posted: Any) -> list[Row]:
    """The table as it was sent."""
    columns = {name: posted.getlist(name)[: rules.MOST_VALUES + BLANK_ROWS] for name in VALUE_TEXTS}
    return [
        {name: values[at].strip() if at < len(values) else "" for name, values in columns.items()}
        for at in range(len(columns["code"]))
    ]


class CodeForm(Form):
    """Titles and widths of the parts of the resource code; the tree of classes fixes the first three widths."""

    edits = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, standard: Standard, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, forms.Field] = {}
        for each in standard.segments:
            name = labels.in_language(each)
            title = _("%(part)s: Chinese title") % {"part": name}
            english = _("%(part)s: English title") % {"part": name}
            fields[f"{each.code}.title"] = forms.CharField(label=title, initial=each.title, max_length=50)
            fields[f"{each.code}.title_en"] = forms.CharField(
                label=english, initial=each.title_en, max_length=50, required=False
            )
            if each.code not in rules.CLASS_SEGMENTS:
                least = _("%(part)s: fewest digits") % {"part": name}
                most = _("%(part)s: most digits") % {"part": name}
                fields[f"{each.code}.least"] = forms.IntegerField(label=least, initial=each.least, min_value=0)
                fields[f"{each.code}.most"] = forms.IntegerField(label=most, initial=each.most, min_value=0)
        for field in fields.values():
            field.widget.attrs["class"] = "form-control"
        self.fields = fields | self.fields

    def segments_of(self, standard: Standard) -> tuple[Segment, ...]:
        """The parts as entered."""
        found = []
        for each in standard.segments:
            names = ("title", "title_en", "least", "most")
            given = {name: self.cleaned_data.get(f"{each.code}.{name}", getattr(each, name)) for name in names}
            found.append(replace(each, **given))
        return tuple(found)


class EditCode(VersionForm):
    """Change the structure of the resource code in a draft."""

    permission = P.EDIT
    title = gettext_lazy("Resource code")
    form_class = CodeForm

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"standard": self.standard}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        rules.check_editable(self.version.state)
        return {"edits": self.version.edits}

    def save(self, form: Any, **kwargs: Any) -> str:
        standard = replace(self.standard, segments=form.segments_of(self.standard))
        try:
            services.change_standard(
                actor=self.actor,
                now=self.now,
                version=self.version,
                standard=standard,
                edits=form.cleaned_data["edits"],
            )
        except FieldErrors as fault:
            raise own_field(fault, "segments.", set(form.fields)) from fault
        return self.cancel_url
