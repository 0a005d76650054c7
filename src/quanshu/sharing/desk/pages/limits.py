"""The limits of a grant: shown, and set anew."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Form, FormPage
from quanshu.sharing.services.api import (
    NETWORK_REMEDY,
    RATE_MAX,
    WINDOW_REMEDY,
    Grant,
    GrantLimits,
    change_limits,
    get_grant,
)
from quanshu.sharing.services.api import ServicePermission as P


def crumbs_to(grant: Grant | None = None) -> list[tuple[Any, str]]:
    """The way to a grant."""
    way: list[tuple[Any, str]] = [(_("Grants"), reverse("services:grants"))]
    return [*way, (grant.service.title, grant.get_absolute_url())] if grant is not None else way


def limit_facts(grant: Grant) -> list[tuple[Any, Any]]:
    """Every limit of a grant; what is not limited says so."""
    none = _("No limit")
    return [
        (_("Calls a minute"), grant.rate_per_minute),
        (_("Calls at once"), grant.burst or grant.rate_per_minute),
        (_("Calls a day"), grant.daily_limit or none),
        (_("Rows a day"), grant.daily_rows or none),
        (_("Rows a call"), grant.row_cap or none),
        (_("Hours"), ", ".join(grant.windows) or none),
        (_("Addresses"), ", ".join(grant.networks) or none),
        (_("Case number"), _("Required") if grant.case_required else _("Not required")),
    ]


class Lines(forms.CharField):
    """Texts, one a line."""

    widget = forms.Textarea

    def clean(self, value: Any) -> tuple[str, ...]:
        lines = str(super().clean(value)).splitlines()
        return tuple(line.strip() for line in lines if line.strip())


class LimitsForm(Form):
    """Numbers left empty limit nothing."""

    rate_per_minute = forms.IntegerField(label=gettext_lazy("Calls a minute"), min_value=1, max_value=RATE_MAX)
    burst = forms.IntegerField(
        label=gettext_lazy("Calls at once"),
        help_text=gettext_lazy("Left empty: as many as a minute allows."),
        required=False,
    )
    daily_limit = forms.IntegerField(label=gettext_lazy("Calls a day"), required=False)
    daily_rows = forms.IntegerField(label=gettext_lazy("Rows a day"), required=False)
    row_cap = forms.IntegerField(label=gettext_lazy("Rows a call"), required=False)
    windows = Lines(label=gettext_lazy("Hours"), help_text=gettext_lazy(WINDOW_REMEDY), required=False)
    networks = Lines(label=gettext_lazy("Addresses"), help_text=gettext_lazy(NETWORK_REMEDY), required=False)
    case_required = forms.BooleanField(
        label=gettext_lazy("Each call must carry a case number."),
        required=False,
    )


class ChangeLimits(FormPage):
    """Set a grant's limits anew."""

    title = gettext_lazy("Change the limits")
    permission = P.GRANT_CREATE
    form_class = LimitsForm
    success = gettext_lazy("The limits are changed; gateways hold to them within a second.")

    def grant(self) -> Grant:
        return get_grant(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        grant = self.grant()
        return {"crumbs": crumbs_to(grant), "subtitle": f"{grant.consumer.title} → {grant.service.title}"}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        grant = self.grant()
        found = {name: getattr(grant, name) for name in LimitsForm.base_fields}
        return {name: "\n".join(value) if isinstance(value, list) else value for name, value in found.items()}

    def save(self, form: Any, **kwargs: Any) -> str:
        values = dict(form.cleaned_data)
        rate, daily = values.pop("rate_per_minute"), values.pop("daily_limit")
        grant = change_limits(
            actor=self.actor,
            now=self.now,
            grant=self.grant(),
            rate_per_minute=rate,
            daily_limit=daily,
            limits=GrantLimits(**values),
        )
        return grant.get_absolute_url()
