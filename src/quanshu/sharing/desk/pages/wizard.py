"""Making a service: choose the entry, shape it, review it, publish it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Column, Form, FormPage, Page, reason_against
from quanshu.sharing.desk.pages.entries import ShareableEntries, entry_columns
from quanshu.sharing.desk.pages.labels import (
    GRADES,
    GROUNDS,
    MASKS,
    SHAPE_HINTS,
    SHAPES,
    SHARE_TYPES,
    SUBJECTS,
    edit_url,
    ground_of,
)
from quanshu.sharing.desk.pages.service import FIELD_COLUMNS, PARAMETER_COLUMNS, crumbs_to
from quanshu.sharing.desk.pages.trying import GROUP_COLUMNS, MEASURE_COLUMNS
from quanshu.sharing.services.api import (
    BESIDE_DAYS,
    ConsentMode,
    ConsentTerms,
    FieldData,
    ParameterData,
    Service,
    ServiceData,
    Shape,
    check_publishable,
    create_service,
    default_mask,
    get_service,
    publish_service,
    review_cards,
    update_service,
)
from quanshu.sharing.services.api import ServicePermission as P
from quanshu.supply.catalogue.api import Entry, ItemData, get_entry, items_of

# Nobody's values in the forms that items commonly have: (pattern, longest, example).
FORMS = {
    Mask.CITIZEN_ID: (r"\d{17}[0-9X]", 18, "370102190001010010"),
    Mask.PHONE: (r"\d{11}", 11, "13800000000"),
    Mask.NAME: ("", 50, "某某"),
}
TYPED = {"date": "1900-01-01", "integer": "0", "decimal": "0", "boolean": "false"}


class ChooseEntry(ShareableEntries):
    """Step 1: the entry a service stands on."""

    title = gettext_lazy("New service: choose the entry")
    subtitle = gettext_lazy("Step 1 of 3")
    permission = P.EDIT
    columns = (
        *entry_columns("services:service-new-of"),
        Column("share", gettext_lazy("Sharing"), value=lambda row: SHARE_TYPES[row.share_type], phone=False),
        Column("services", gettext_lazy("Services"), value=lambda row: row.services.count(), kind="number"),
    )

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        entry = request.GET.get("entry", "")
        if entry:
            return HttpResponseRedirect(reverse("services:service-new-of", args=[entry]))
        return super().get(request, *args, **kwargs)

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()


class TextsForm(Form):
    """Code, names and abstracts of a service."""

    sid = forms.CharField(
        label=gettext_lazy("Service code"),
        max_length=60,
        help_text=gettext_lazy("Lower-case words joined by hyphens, such as jn-ga-resident-query. Callers sign it."),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)
    abstract = forms.CharField(
        label=gettext_lazy("What it does"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    abstract_en = forms.CharField(
        label=gettext_lazy("In English"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )


class GroundForm(Form):
    """On what ground sensitive items are told."""

    consent_mode = forms.ChoiceField(
        label=gettext_lazy("Ground"),
        choices=list(GROUNDS.items()),
        widget=forms.RadioSelect,
        initial="none",
        required=False,
        help_text=gettext_lazy(
            "Personal items of level 3 or 4 and important data are told by consent or by law alone."
        ),
    )
    statutory_basis = forms.CharField(
        label=gettext_lazy("Law and article"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("For the ground “by law”."),
    )
    consent_parameter = forms.ChoiceField(
        label=gettext_lazy("Parameter that names the subject"),
        required=False,
        help_text=gettext_lazy("For the ground “by consent”: a required item that calls are searched by."),
    )
    consent_subject = forms.ChoiceField(label=gettext_lazy("It is the number of"), choices=SUBJECTS, required=False)

    def terms(self) -> ConsentTerms:
        """The ground as the value services take."""
        given = self.cleaned_data
        mode = given["consent_mode"] or ConsentMode.NONE
        consent = mode == ConsentMode.CONSENT
        return ConsentTerms(
            mode,
            given["statutory_basis"] if mode == ConsentMode.STATUTORY else "",
            given["consent_parameter"] if consent else "",
            given["consent_subject"] or "person" if consent else "person",
        )


class ServiceForm(GroundForm, TextsForm):
    """Everything of a service but its parameters and fields."""

    field_order = ("sid", "name", "name_en", "abstract", "abstract_en", "shape", "row_cap", "consent_mode")
    shape = forms.ChoiceField(
        label=gettext_lazy("Shape"),
        choices=[(shape, SHAPES[shape]) for shape in (Shape.QUERY, Shape.VERIFY)],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("A query answers with fields; a verification says only match, mismatch or no record."),
    )
    row_cap = forms.IntegerField(label=gettext_lazy("Rows a call at most"), min_value=1, max_value=1000, initial=50)


def proposal(item: ItemData) -> dict[str, Any]:
    """How an item is proposed to be used: keys are searched by, graded items leave under their grade's mask."""
    pattern, longest, example = FORMS.get(Mask(item.mask or "none"), ("", item.length or 100, ""))
    return {
        "role": "search" if item.is_key else "",
        "required": item.is_key,
        "pattern": pattern,
        "max_length": longest,
        "example": example or TYPED.get(item.data_type, "-"),
        "field": bool(item.grade) and item.grade != "core" and not item.is_key,
        "mask": default_mask(item) if item.grade else "",
    }


def row_of(item: ItemData, use: Mapping[str, Any]) -> dict[str, Any]:
    """An item and its use, as a line of the editor."""
    closed = not item.grade or item.grade == "core"
    return {"item": item, "grade": GRADES.get(item.grade, _("Not graded")), "closed": closed, **use}  # type: ignore[call-overload]


def uses_in(spec: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """How a saved service uses its items."""
    uses: dict[str, dict[str, Any]] = {}
    for part in spec.get("parameters", ()):
        uses[part["name"]] = {**part, "role": "compare" if part["compare"] else "search", "field": False, "mask": ""}
    for part in spec.get("fields", ()):
        uses.setdefault(part["name"], {"max_length": 100, "example": "-", "role": ""})
        uses[part["name"]] |= {"field": True, "mask": part["mask"]}
    return uses


def uses_posted(posted: Any, items: tuple[ItemData, ...]) -> dict[str, dict[str, Any]]:
    """How the form says each item is used."""
    return {
        item.name: {
            "role": posted.get(f"role-{item.name}", ""),
            "required": f"required-{item.name}" in posted,
            "pattern": posted.get(f"pattern-{item.name}", "").strip(),
            "max_length": posted.get(f"max-{item.name}", "").strip(),
            "example": posted.get(f"example-{item.name}", "").strip(),
            "field": f"field-{item.name}" in posted,
            "mask": posted.get(f"mask-{item.name}", ""),
        }
        for item in items
    }


def data_of(given: Mapping[str, Any], uses: Mapping[str, Mapping[str, Any]], consent: ConsentTerms) -> ServiceData:
    """What was entered, as the value services take; a query's comparisons and a verification's fields are left out."""
    query = given["shape"] == "query"
    roles = {"search"} if query else {"search", "compare"}
    return ServiceData(
        **{name: given[name] for name in ("sid", "name", "name_en", "abstract", "abstract_en", "shape", "row_cap")},
        parameters=tuple(
            ParameterData(
                name=name,
                example=use["example"],
                required=use["required"],
                pattern=use["pattern"],
                max_length=int(use["max_length"]) if str(use["max_length"]).isdecimal() else 0,
                compare=use["role"] == "compare",
            )
            for name, use in uses.items()
            if use["role"] in roles
        ),
        fields=tuple(FieldData(name, use["mask"]) for name, use in uses.items() if query and use["field"]),
        consent=consent,
    )


class Editor(FormPage):
    """Step 2: shape, parameters, fields and masks."""

    subtitle = gettext_lazy("Step 2 of 3")
    permission = P.EDIT
    form_class = ServiceForm
    template_name = "services/editor.html"
    submit_label = gettext_lazy("Save and review")
    success = gettext_lazy("The draft is saved. Review it, then publish.")

    def service(self) -> Service | None:
        return None

    def entry(self) -> Entry:
        raise NotImplementedError(f"{type(self).__name__} names no entry")

    def uses(self, items: tuple[ItemData, ...]) -> dict[str, dict[str, Any]]:
        """How items are used, as posted, as saved, or as proposed."""
        if self.request.method == "POST":
            return uses_posted(self.request.POST, items)
        service = self.service()
        if service is None:
            return {item.name: proposal(item) for item in items}
        saved = uses_in(service.spec)
        blank = {"role": "", "field": False}
        return {item.name: saved.get(item.name) or proposal(item) | blank for item in items}

    def get_form(self, **kwargs: Any) -> forms.Form:
        form = super().get_form(**kwargs)
        field: Any = form.fields["consent_parameter"]
        field.choices = [("", "—"), *((item.name, item.title) for item in items_of(self.entry()))]
        return form

    def context(self, **kwargs: Any) -> dict[str, Any]:
        items = tuple(items_of(self.entry()))
        uses = self.uses(items)
        return {
            "entry": self.entry(),
            "rows": [row_of(item, uses[item.name]) for item in items],
            "masks": MASKS.items(),
            "statistic": reverse("services:statistic-new", args=[self.entry().uid]) if self.service() is None else "",
            "crumbs": crumbs_to(self.service()),
        }


class NewService(Editor):
    """A new service over an entry."""

    title = gettext_lazy("New service: shape it")

    def entry(self) -> Entry:
        return get_entry(actor=self.actor, uid=self.kwargs["uid"])

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry()
        return {
            "name": _("%(entry)s query") % {"entry": entry.resource_name},
            "abstract": entry.abstract,
            "abstract_en": entry.abstract_en,
            "shape": "query",
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        data = data_of(form.cleaned_data, self.uses(tuple(items_of(self.entry()))), form.terms())
        service = create_service(actor=self.actor, now=self.now, entry=self.entry(), data=data)
        return reverse("services:service-review", args=[service.uid])


class EditService(Editor):
    """A draft changed."""

    title = gettext_lazy("Change the draft")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        url = edit_url(self.service())
        return super().get(request, *args, **kwargs) if url == request.path else HttpResponseRedirect(url)

    def service(self) -> Service:
        return get_service(actor=self.actor, uid=self.kwargs["uid"])

    def entry(self) -> Entry:
        return self.service().entry

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        service = self.service()
        names = ("sid", "name", "name_en", "abstract", "abstract_en", "shape")
        terms = ConsentTerms(**service.spec.get("consent", {}))
        return {name: getattr(service, name) for name in names} | {
            "row_cap": service.spec.get("row_cap", 50),
            "consent_mode": terms.mode,
            "statutory_basis": terms.basis,
            "consent_parameter": terms.parameter,
            "consent_subject": terms.subject,
        }

    def save(self, form: Any, **kwargs: Any) -> str:
        data = data_of(form.cleaned_data, self.uses(tuple(items_of(self.entry()))), form.terms())
        service = update_service(actor=self.actor, now=self.now, service=self.service(), data=data)
        return reverse("services:service-review", args=[service.uid])


class Review(Page):
    """Step 3: what will be published."""

    title = gettext_lazy("Review the service")
    subtitle = gettext_lazy("Step 3 of 3")
    permission = P.VIEW
    template_name = "services/review.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        reason = reason_against(check_publishable, service)
        actions = []
        if allows(self.actor, P.EDIT, service) and service.state == "draft":
            url = edit_url(service)
            actions.append(Action(_("Edit"), url, "edit", style="outline-primary", method="get"))
        if allows(self.actor, P.PUBLISH, service) and (reason or not service.served_version):
            url = reverse("services:service-publish", args=[service.uid])
            actions.append(Action(_("Publish"), url, "rocket", reason=reason))
        return {
            "service": service,
            "spec": service.spec,
            "shape": SHAPES[service.shape],  # type: ignore[index]
            "shape_hint": SHAPE_HINTS[service.shape],  # type: ignore[index]
            "share": SHARE_TYPES[service.entry.share_type],  # type: ignore[index]
            "ground": ground_of(service.spec),
            "group_columns": GROUP_COLUMNS,
            "measure_columns": MEASURE_COLUMNS,
            "parameter_columns": PARAMETER_COLUMNS,
            "field_columns": FIELD_COLUMNS,
            "actions": actions,
            "reason": reason,
            "cards": review_cards(service),
            "days": BESIDE_DAYS,
            "may_publish": allows(self.actor, P.PUBLISH, service),
            "crumbs": crumbs_to(service),
        }


class EndForm(forms.Form):
    """The last day of the version before; empty for the usual term."""

    ends_on = forms.DateField(required=False)


class Publish(ActionPage):
    """Publish the draft."""

    permission = P.PUBLISH

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        service = get_service(actor=self.actor, uid=kwargs["uid"])
        review = reverse("services:service-review", args=[service.uid])
        form = EndForm(self.request.POST)
        try:
            if not form.is_valid():
                fault = FieldError("ends_on", N_("This is no day."), N_("Enter a day as YYYY-MM-DD."))
                raise FieldErrors(errors=(fault,))
            last = form.cleaned_data["ends_on"]
            publish_service(actor=self.actor, now=self.now, service=service, ends_on=last)
        except FieldErrors as faults:
            for row in faults.as_dict(_)["errors"]:
                messages.error(self.request, f"{row['fault']} {row['remedy']}")
            return "", review
        return _("Published. It answers as soon as its table is built, within moments."), service.get_absolute_url()
