"""A grant's page, its end, and a call's page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.lake.masking import Mask, stricter_of
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Card, Column, DetailPage, FormPage, ReasonForm, day, when
from quanshu.sharing.desk.pages.applications import CALL_COLUMNS, CALLS_SHOWN
from quanshu.sharing.desk.pages.buttons import buttons_of
from quanshu.sharing.desk.pages.labels import (
    GRANT_STATES,
    GRANT_TONES,
    MASKS,
    address_of,
    grant_state,
    named,
    outcome_label,
    service_label,
    title_of,
)
from quanshu.sharing.desk.pages.limits import crumbs_to, limit_facts
from quanshu.sharing.services.api import Exchange, Grant, get_exchange, get_grant, published_spec, revoke_grant
from quanshu.sharing.services.api import ServicePermission as P
from quanshu.supply.assurance.api import AssurancePermission

FIELD_COLUMNS = (
    Column("name", gettext_lazy("Field"), kind="code"),
    Column("title", gettext_lazy("Title")),
    Column("mask", gettext_lazy("Mask")),
)


def granted_fields(grant: Grant) -> list[dict[str, Any]]:
    """The grant's fields as the service in force describes them."""
    spec = published_spec(grant.service)
    parts = {part["name"]: part for part in [*spec.get("parameters", ()), *spec.get("fields", ())]}
    rows = []
    for name in grant.fields:
        part = parts.get(name)
        mask = MASKS.get(mask_of(grant, part), "") if part else _("No longer offered")
        rows.append({"name": name, "title": title_of(part) if part else "", "mask": mask})
    return rows


def mask_of(grant: Grant, part: Mapping[str, Any]) -> str:
    """The mask a field leaves with under a grant: the service's, or what was agreed beside it."""
    agreed = grant.masks.get(part["name"])
    if agreed is None:
        return str(part.get("mask", ""))
    return str(stricter_of(Mask(part.get("mask", Mask.NONE)), Mask(agreed)))


class GrantPage(DetailPage):
    """One grant."""

    permission = P.GRANT_VIEW
    audit_kind = "services.grant"

    def get_object(self, **kwargs: Any) -> Grant:
        return get_grant(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return crumbs_to()

    def page_title(self) -> str:
        return f"{self.object.consumer.title} → {self.object.service.title}"

    def state(self, obj: Grant) -> tuple[str, str]:
        found = grant_state(obj, self.now)
        return str(GRANT_STATES[found]), GRANT_TONES[found]

    def facts(self, obj: Grant) -> list[tuple[Any, Any]]:
        facts: list[tuple[Any, Any]] = [
            (_("Valid from"), day(obj.valid_from)),
            (_("Valid until"), day(obj.valid_until)),
            (_("Made by"), obj.created_by),
            (_("Made at"), when(obj.created_at)),
        ]
        if obj.version:
            facts.append((_("Answered by version"), obj.version))
        if obj.revoked_at:
            facts += [(_("Revoked at"), when(obj.revoked_at)), (_("Reason"), obj.revoke_reason)]
        return facts

    def actions(self, obj: Grant) -> list[Action]:
        found = []
        demand = address_of("demands:demand", obj.demand_uid) if obj.demand_uid else ""
        if demand and allows(self.actor, "demands.demand.view"):
            found.append(Action(_("Its demand"), demand, "file-text", style="outline-primary", method="get"))
        active = grant_state(obj, self.now) == "active"
        if allows(self.actor, P.GRANT_CREATE, obj) and active:
            url = reverse("services:grant-limits", args=[obj.uid])
            found.append(Action(_("Change the limits"), url, "gauge", style="outline-primary", method="get"))
        may_move = allows(self.actor, P.CONSUMER_MANAGE, obj.consumer) or allows(self.actor, P.GRANT_CREATE, obj)
        if obj.version and may_move and active:
            url = address_of("development:grant-move", obj.uid)
            found.append(Action(_("Use the newest version"), url, "arrow-up-circle", style="outline-primary"))
        if allows(self.actor, P.GRANT_REVOKE, obj) and active:
            url = reverse("services:grant-revoke", args=[obj.uid])
            found.append(Action(_("Revoke"), url, "ban", style="outline-danger", method="get"))
        return found

    def cards(self, obj: Grant) -> list[Card]:
        calls = Exchange.objects.visible_to(self.actor).filter(grant_uid=obj.uid).select_related("service", "consumer")
        parties = [
            (_("Application"), f"{obj.consumer.title} ({obj.consumer.rid})"),
            (_("Using unit"), str(obj.consumer.unit)),
            (_("Service"), f"{obj.service.title} ({obj.service.sid})"),
            (_("Provider"), str(obj.service.unit)),
            (_("Purpose"), obj.purpose),
        ]
        return [
            Card(_("Who may use what, and for what"), facts=parties),
            Card(_("Limits"), facts=limit_facts(obj)),
            Card(_("Fields"), columns=FIELD_COLUMNS, rows=granted_fields(obj)),
            Card(
                _("Latest calls"),
                columns=CALL_COLUMNS,
                rows=calls[:CALLS_SHOWN],
                empty_title=_("No call yet"),
            ),
        ]


class RevokeForm(ReasonForm):
    """Why, and that it is meant."""

    sure = forms.BooleanField(
        label=gettext_lazy("I know that the application's calls are refused within a second."),
        error_messages={"required": gettext_lazy("Tick this to confirm.")},
    )


class Revoke(FormPage):
    """End a grant."""

    title = gettext_lazy("Revoke the grant")
    permission = P.GRANT_REVOKE
    form_class = RevokeForm
    submit_label = gettext_lazy("Revoke")
    success = gettext_lazy("The grant is revoked.")

    def grant(self) -> Grant:
        return get_grant(actor=self.actor, uid=self.kwargs["uid"])

    def context(self, **kwargs: Any) -> dict[str, Any]:
        grant = self.grant()
        subtitle = f"{grant.consumer.title} → {grant.service.title}"
        return {"crumbs": crumbs_to(grant), "subtitle": subtitle}

    def save(self, form: Any, **kwargs: Any) -> str:
        reason = form.cleaned_data["reason"]
        grant = revoke_grant(actor=self.actor, grant=self.grant(), reason=reason, now=self.now)
        return grant.get_absolute_url()


class ExchangePage(DetailPage):
    """One call, as its receipt tells it."""

    permission = P.EXCHANGE_VIEW

    def get_object(self, **kwargs: Any) -> Exchange:
        return get_exchange(actor=self.actor, receipt_id=kwargs["receipt_id"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Calls"), reverse("services:exchanges"))]

    def page_title(self) -> str:
        return str(_("Call %(receipt)s") % {"receipt": self.object.receipt_id})

    def state(self, obj: Exchange) -> tuple[str, str]:
        return outcome_label(obj.outcome), "green" if obj.status < 400 else "red"

    def facts(self, obj: Exchange) -> list[tuple[Any, Any]]:
        return [
            (_("Time"), when(obj.at)),
            (_("HTTP status"), obj.status),
            (_("Code"), "" if obj.outcome == "ok" else obj.outcome),
            (_("Rows"), str(obj.rows)),
            (_("Counts as calls"), obj.items),
            (_("Took, ms"), f"{obj.duration_us / 1000:.1f}"),
        ]

    def actions(self, obj: Exchange) -> list[Action]:
        """A value that was received may be reported by whoever received it."""
        own = obj.consumer is not None and obj.consumer.unit.uid == self.actor.unit_uid
        # A push is a call without a service: nothing was received.
        others = buttons_of(obj, self.actor)
        if not own or obj.service is None or obj.status >= 400 or not allows(self.actor, AssurancePermission.REPORT):
            return others
        url = reverse("services:exchange-report", args=[obj.receipt_id])
        return [
            *others,
            Action(_("Report a data problem"), url, "message-report", style="outline-primary", method="get"),
        ]

    def cards(self, obj: Exchange) -> list[Card]:
        spec = published_spec(obj.service) if obj.service else {}
        who = [
            (_("Application"), f"{obj.consumer.title} ({obj.rid})" if obj.consumer else obj.rid),
            (_("Using unit"), str(obj.consumer.unit) if obj.consumer else ""),
            (_("Service"), f"{service_label(obj.sid, obj.service.title if obj.service else '')} ({obj.sid})"),
            (_("Version"), obj.service_version or ""),
            (_("Provider"), str(obj.service.unit) if obj.service else ""),
            (_("Purpose"), obj.purpose),
            (_("Case number"), obj.case_number),
            (_("Consent"), obj.consent_uid),
            (_("Parameters"), named(spec.get("parameters", ()), obj.parameters.split(","))),
            (_("Fields"), named(spec.get("fields", ()), obj.fields.split(","))),
        ]
        proof = [
            (_("Receipt"), obj.receipt_id),
            (_("Signed by"), f"{obj.kid} · {obj.scheme}" if obj.kid else ""),
            (_("Grant"), obj.grant_uid),
            (_("Request hash"), obj.request_hash),
            (_("Answer hash"), obj.response_hash),
            (_("Signature"), obj.sign),
            (_("Snapshot"), obj.snapshot_version),
        ]
        note = _("SHA-256 of the request and of the answer as sent: who holds them can show that they are these.")
        grant = Grant.objects.visible_to(self.actor).filter(uid=obj.grant_uid).first() if obj.grant_uid else None
        more = (grant.get_absolute_url(), _("Open the grant")) if grant else None
        return [
            Card(_("What was called"), facts=[(label, value) for label, value in who if value], more=more),
            Card(_("Proof"), note=note, facts=[(label, value) for label, value in proof if value]),
        ]
