"""The declaration of an emergency."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.clock import now as clock_now
from quanshu.organisation.api import Region, Unit
from quanshu.shared.web.api import Form, FormPage
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.emergency import queries, services
from quanshu.sharing.emergency.models import LEVELS
from quanshu.sharing.emergency.pages.emergencies import crumbs_to
from quanshu.sharing.emergency.pages.labels import MomentField
from quanshu.sharing.emergency.permissions import EmergencyPermission as P
from quanshu.sharing.emergency.types import EmergencyData


class DeclareForm(Form):
    """What is declared."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=100)
    level = forms.ChoiceField(
        label=gettext_lazy("Level"),
        choices=LEVELS,
        initial="4",
        help_text=gettext_lazy("Longest time before a new decision: I 30, II 15, III 7, IV 3 days."),
    )
    reason = forms.CharField(label=gettext_lazy("What has happened"), widget=forms.Textarea, max_length=1000)
    legal_basis = forms.CharField(
        label=gettext_lazy("Legal basis"),
        widget=forms.Textarea,
        max_length=500,
        help_text=gettext_lazy("The law or the contingency plan, with its article."),
    )
    starts_at = MomentField(label=gettext_lazy("Starts"))
    ends_at = MomentField(label=gettext_lazy("Ends"))
    unit_uids = forms.MultipleChoiceField(
        label=gettext_lazy("Receiving units"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("With every unit below them."),
    )
    region_codes = forms.MultipleChoiceField(
        label=gettext_lazy("Regions"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("None chosen: the whole city. Units of other regions then receive nothing."),
    )
    theme_codes = forms.MultipleChoiceField(
        label=gettext_lazy("Themes"),
        widget=forms.SelectMultiple(attrs={"size": 8}),
        required=False,
        help_text=gettext_lazy("All data under the classes chosen."),
    )
    entry_codes = forms.CharField(
        label=gettext_lazy("Resource codes"),
        widget=forms.Textarea,
        required=False,
        help_text=gettext_lazy("Single catalogue entries, one code a line."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, Any] = {
            "unit_uids": [(row.uid, str(row)) for row in Unit.objects.active().exclude(kind="village")],
            "region_codes": [
                (row.code, row.name)
                for row in Region.objects.valid_on(city_day(clock_now())).filter(level=3, code__startswith="3701")
            ],
            "theme_codes": [(row.code, str(row)) for row in queries.themes_in_use()],
        }
        for name, found in choices.items():
            field: Any = self.fields[name]
            field.choices = found

    def value(self) -> EmergencyData:
        """The cleaned values as what the service takes."""
        given = dict(self.cleaned_data)
        given["entry_codes"] = given["entry_codes"].split()
        for name in ("unit_uids", "region_codes", "theme_codes", "entry_codes"):
            given[name] = tuple(given[name])
        return EmergencyData(**given)


class Declare(FormPage):
    """Declare an emergency."""

    title = gettext_lazy("Declare an emergency")
    subtitle = gettext_lazy("Demands within the scope are granted at once until the end, and reviewed afterwards")
    permission = P.DECLARE
    form_class = DeclareForm
    submit_label = gettext_lazy("Declare")
    success = gettext_lazy("Declared. The units named are told and may ask at once.")

    def crumbs(self) -> Any:
        return crumbs_to()

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        start = self.now.astimezone(CITY_TZ).replace(second=0, microsecond=0)
        return {"starts_at": start, "ends_at": start + timedelta(days=2)}

    def save(self, form: Any, **kwargs: Any) -> str:
        found = services.declare_emergency(actor=self.actor, now=self.now, data=form.value())
        return found.get_absolute_url()
