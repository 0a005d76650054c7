"""Writing a scheme: its editor, its return and its schedule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Form, FormPage, ReasonStepPage
from quanshu.supply.catalogue.api import Classification
from quanshu.supply.fusion import queries, services
from quanshu.supply.fusion.models import Scheme
from quanshu.supply.fusion.pages import labels
from quanshu.supply.fusion.pages.schemes import crumbs_to
from quanshu.supply.fusion.permissions import FusionPermission as P
from quanshu.supply.fusion.types import SchemeData


class SchemeForm(Form):
    """A scheme as entered; its unit only when it is new."""

    unit = forms.ChoiceField(label=gettext_lazy("Kept by"))
    code = forms.CharField(label=gettext_lazy("Code"), max_length=30)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(labels.KINDS.items()))
    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    title_en = forms.CharField(label=gettext_lazy("English title"), max_length=200, required=False)
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    classification_code = forms.ChoiceField(label=gettext_lazy("Class in the catalogue"))
    sources = forms.CharField(
        label=gettext_lazy("Sources"),
        widget=forms.Textarea(attrs={"rows": 8, "class": "q-code", "spellcheck": "false", "wrap": "off"}),
        help_text=gettext_lazy(
            "One a line, the best first: name = resource code | attribute: column, … | fresh column | one row."
            " Attributes: identifier, name, birth_date, sex, phone, division, address, representative."
        ),
    )
    survivors = forms.CharField(
        label=gettext_lazy("Which value stands"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "q-code", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "One a line: attribute = source, frequent or longest, then names of sources, the best first."
            " Without a line the best source stands, then the freshest row."
        ),
    )
    evidence = forms.CharField(
        label=gettext_lazy("Evidence of life and death"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "class": "q-code", "spellcheck": "false", "wrap": "off"}),
        help_text=gettext_lazy(
            "One a line: source: kind = date column where column in a, b. Kinds: death_certificate, cremation,"
            " register_cancelled, hospital_visit, pension_drawn, allowance_drawn, registered."
        ),
    )
    link_at = forms.FloatField(label=gettext_lazy("Link from a probability of"), initial=0.95)
    review_at = forms.FloatField(
        label=gettext_lazy("Look at from a probability of"),
        initial=0.6,
        help_text=gettext_lazy("Pairs between the two are put before a steward."),
    )

    def __init__(self, *args: Any, units: list[tuple[str, str]] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        classes: Any = self.fields["classification_code"]
        classes.choices = [(row.code, str(row)) for row in Classification.objects.filter(level__gte=3)]
        if units is None:
            for name in ("unit", "code", "kind"):
                del self.fields[name]
        else:
            unit: Any = self.fields["unit"]
            unit.choices = units


class NewScheme(FormPage):
    """Write a new scheme."""

    title = gettext_lazy("New fusion scheme")
    permission = P.EDIT
    form_class = SchemeForm
    success = gettext_lazy("Saved as a draft.")

    def crumbs(self) -> Any:
        return crumbs_to()

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = Unit.objects.filter(closed_on__isnull=True).order_by("path")
        return {"units": [(row.uid, str(row)) for row in units if allows(self.actor, P.EDIT, Scheme(unit=row))]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = dict(form.cleaned_data)
        unit = Unit.objects.get(uid=given.pop("unit"))
        version = services.save_scheme(actor=self.actor, now=self.now, unit=unit, data=SchemeData(**given))
        return version.scheme.get_absolute_url()


class EditScheme(FormPage):
    """Write a scheme's next version."""

    title = gettext_lazy("Edit the scheme")
    permission = P.EDIT
    form_class = SchemeForm
    success = gettext_lazy("Saved as a draft.")

    def scheme(self) -> Scheme:
        return queries.get_scheme(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        return crumbs_to(self.scheme())

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": None}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        scheme = self.scheme()
        data = services.data_of(scheme, scheme.versions.all()[0])
        return {name: getattr(data, name) for name in SchemeForm.base_fields if hasattr(data, name)}

    def save(self, form: Any, **kwargs: Any) -> str:
        scheme = self.scheme()
        data = SchemeData(code=scheme.code, kind=scheme.kind, **form.cleaned_data)
        services.save_scheme(actor=self.actor, now=self.now, unit=scheme.unit, data=data, scheme=scheme)
        return scheme.get_absolute_url()


class ReturnScheme(ReasonStepPage):
    """Give a scheme back with what is to be mended."""

    title = gettext_lazy("Return the scheme")
    permission = P.PUBLISH
    subject = "scheme"
    read = staticmethod(queries.get_scheme)
    service = staticmethod(services.return_scheme)
    submit_label = gettext_lazy("Return")
    success = gettext_lazy("The scheme is with its author again.")


class ScheduleForm(Form):
    """When a scheme is run."""

    cron = forms.CharField(
        label=gettext_lazy("Schedule"),
        required=False,
        max_length=60,
        help_text=gettext_lazy(
            "Minute, hour, day, month, weekday: “0 3 * * *” is three each night. New data of a source is followed"
            " besides."
        ),
    )


class ScheduleScheme(FormPage):
    """Set when a scheme is run."""

    title = gettext_lazy("Schedule of the scheme")
    permission = P.EDIT
    form_class = ScheduleForm

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"cron": queries.get_scheme(actor=self.actor, uid=self.kwargs["uid"]).cron}

    def save(self, form: Any, **kwargs: Any) -> str:
        scheme = queries.get_scheme(actor=self.actor, uid=self.kwargs["uid"])
        services.schedule_scheme(actor=self.actor, now=self.now, scheme=scheme, cron=form.cleaned_data["cron"])
        return scheme.get_absolute_url()
