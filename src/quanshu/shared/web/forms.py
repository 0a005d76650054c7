"""Form rendering in the shell's style, and the base form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.translation import gettext_lazy


class FormRenderer(DjangoTemplates):
    """Renders every form with `web/form.html` and every field with `web/field.html`."""

    form_template_name = "web/form.html"
    field_template_name = "web/field.html"


def dress(field: forms.Field) -> None:
    """Give a field's widget the classes of the component library."""
    widget = field.widget
    if isinstance(widget, forms.CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        css = ""
    elif isinstance(widget, forms.Select):
        css = "form-select"
    else:
        css = "form-control"
    if isinstance(widget, forms.DateInput):
        widget.input_type = "date"
        widget.format = "%Y-%m-%d"
    if css:
        widget.attrs["class"] = f"{widget.attrs.get('class', '')} {css}".strip()
    if isinstance(widget, forms.Textarea):
        widget.attrs.setdefault("rows", 3)


class Form(forms.Form):
    """The base form: dressed widgets, invalid fields marked for screen readers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            dress(field)

    def full_clean(self) -> None:
        super().full_clean()
        for name in self.errors:
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["class"] = f"{attrs.get('class', '')} is-invalid".strip()
                attrs["aria-invalid"] = "true"


class ReasonForm(Form):
    """A form that asks only for a reason."""

    reason = forms.CharField(label=gettext_lazy("Reason"), widget=forms.Textarea, max_length=500)
