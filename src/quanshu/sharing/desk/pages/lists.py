"""Lists: services, applications, grants, calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import now
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, Filter, ListPage
from quanshu.sharing.desk.pages.labels import (
    GRANT_STATES,
    GRANT_TONES,
    GROUNDS,
    OUTCOMES,
    SHAPES,
    SHARE_TYPES,
    STATE_TONES,
    STATES,
    answering,
    grant_state,
    outcome_label,
    service_label,
)
from quanshu.sharing.services.api import Consumer, Exchange, Grant, list_services
from quanshu.sharing.services.api import ServicePermission as P

YES_NO = [("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))]


def providers(page: Any) -> list[tuple[str, str]]:
    """Units that provide a service, with how many."""
    rows = page.queryset().order_by().values("unit__uid", "unit__name").annotate(n=Count("pk")).order_by("-n")
    return [(row["unit__uid"], f"{row['unit__name']} ({row['n']})") for row in rows]


def by_answer(rows: Any, value: str) -> Any:
    """Services whose latest probe was, or was not, answered."""
    return rows.filter(probe_ok=True) if value == "1" else rows.exclude(probe_ok=True)


GROUND_CHOICES = [
    ("lacking", gettext_lazy("Missing")),
    ("consent", GROUNDS["consent"]),
    ("statutory", GROUNDS["statutory"]),
]


def by_ground(rows: Any, value: str) -> Any:
    """Services on one ground, or those in force that tell of sensitive items without one."""
    if value == "lacking":
        return rows.filter(sensitive=True, consent_mode="none", served_version__isnull=False)
    return rows.filter(consent_mode=value)


class Services(ListPage):
    """Every service the actor may see."""

    title = gettext_lazy("Data services")
    permission = P.VIEW
    template_name = "services/services.html"
    search = ("name", "name_en", "sid", "abstract", "entry__resource_name", "unit__name")
    search_hint = gettext_lazy("Name, code, entry or unit")
    order = "name"
    export_name = "services"
    empty_title = gettext_lazy("No service yet")
    empty_hint = gettext_lazy("The data bureau makes services over published catalogue entries.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(STATES.items()), field="state"),
        Filter("unit", gettext_lazy("Provider"), choices=providers, field="unit__uid"),
        Filter("shape", gettext_lazy("Shape"), choices=list(SHAPES.items()), field="shape"),
        Filter("share", gettext_lazy("Sharing"), choices=list(SHARE_TYPES.items()), field="entry__share_type"),
        Filter("answers", gettext_lazy("Answers"), choices=YES_NO, apply=by_answer),
        Filter("ground", gettext_lazy("Ground"), choices=GROUND_CHOICES, apply=by_ground),
    )
    columns = (
        Column("name", gettext_lazy("Name"), value="title", sort="name", link=lambda row: row.get_absolute_url()),
        Column("sid", gettext_lazy("Service code"), kind="code", sort="sid", phone=False),
        Column("unit", gettext_lazy("Provider"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("entry", gettext_lazy("Catalogue entry"), value=lambda row: row.entry.title, phone=False),
        Column("shape", gettext_lazy("Shape"), value=lambda row: SHAPES[row.shape]),
        Column("share", gettext_lazy("Sharing"), value=lambda row: SHARE_TYPES[row.entry.share_type], phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: STATES[row.state],
            kind="badge",
            tone=lambda row: STATE_TONES[row.state],
            sort="state",
            phone=False,
        ),
        Column(
            "answers",
            gettext_lazy("Latest check"),
            value=lambda row: answering(row)[0],
            kind="badge",
            tone=lambda row: answering(row)[1],
            sort="probe_ok",
        ),
    )

    def queryset(self) -> Any:
        return list_services(self.actor)

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.EDIT):
            return []
        return [Action(_("New service"), reverse("services:service-new"), "plus", method="get")]

    def row_context(self) -> dict[str, Any]:
        rows = self.queryset().order_by().filter(state="published")
        return {"figures": rows.aggregate(published=Count("pk"), answering=Count("pk", filter=Q(probe_ok=True)))}


class Consumers(ListPage):
    """Applications of the actor's units."""

    title = gettext_lazy("Applications")
    subtitle = gettext_lazy("Programs of a department that call services, each with its own key.")
    permission = P.CONSUMER_VIEW
    search = ("name", "name_en", "rid", "unit__name")
    search_hint = gettext_lazy("Name, requester id or unit")
    order = "-created"
    export_name = "applications"
    empty_title = gettext_lazy("No application yet")
    empty_hint = gettext_lazy("Register the program that will call; it gets a requester id and a secret.")
    filters = (
        Filter("unit", gettext_lazy("Unit"), choices=providers, field="unit__uid"),
        Filter("active", gettext_lazy("Active"), choices=YES_NO, field="active"),
    )
    columns = (
        Column("name", gettext_lazy("Name"), value="title", sort="name", link=lambda row: row.get_absolute_url()),
        Column("rid", gettext_lazy("Requester id"), kind="code", sort="rid"),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("grants", gettext_lazy("Grants in force"), value="held", kind="number", sort="held", phone=False),
        Column(
            "active",
            gettext_lazy("State"),
            value=lambda row: _("Active") if row.active else _("Switched off"),
            kind="badge",
            tone=lambda row: "green" if row.active else "secondary",
        ),
        Column(
            "created", gettext_lazy("Registered"), value="created_at", kind="datetime", sort="created_at", phone=False
        ),
    )

    def queryset(self) -> Any:
        held = Q(grants__revoked_at__isnull=True, grants__valid_until__gt=self.now)
        rows = Consumer.objects.visible_to(self.actor).select_related("unit")
        return rows.annotate(held=Count("grants", filter=held))

    def actions(self) -> list[Action]:
        if not allows(self.actor, P.CONSUMER_MANAGE):
            return []
        return [Action(_("Register an application"), reverse("services:consumer-new"), "plus", method="get")]


def by_grant_state(rows: Any, value: str) -> Any:
    """Grants in force, revoked, expired, or of an application switched off."""
    moment = now()
    return rows.filter(
        {
            "active": Q(revoked_at__isnull=True, valid_until__gt=moment, consumer__active=True),
            "revoked": Q(revoked_at__isnull=False),
            "ended": Q(revoked_at__isnull=True, valid_until__lte=moment),
            "stopped": Q(revoked_at__isnull=True, valid_until__gt=moment, consumer__active=False),
        }[value]
    )


def ends_soon(rows: Any, value: str) -> Any:
    """Grants in force that end within so many days."""
    moment = now()
    until = moment + timedelta(days=int(value))
    return rows.filter(revoked_at__isnull=True, valid_until__gt=moment, valid_until__lte=until)


def receivers(page: Any) -> list[tuple[str, str]]:
    """Units that hold a grant."""
    rows = page.queryset().order_by().values_list("consumer__unit__uid", "consumer__unit__name").distinct()
    return sorted(rows, key=lambda row: row[1])


def givers(page: Any) -> list[tuple[str, str]]:
    """Units whose services are granted."""
    rows = page.queryset().order_by().values_list("service__unit__uid", "service__unit__name").distinct()
    return sorted(rows, key=lambda row: row[1])


class Grants(ListPage):
    """Grants the actor's units hold or have given."""

    title = gettext_lazy("Grants")
    subtitle = gettext_lazy("Which application may call which service, for which fields and purpose, until when.")
    permission = P.GRANT_VIEW
    search = ("consumer__name", "consumer__rid", "service__name", "service__sid", "purpose")
    search_hint = gettext_lazy("Application, service or purpose")
    order = "-from"
    export_name = "grants"
    empty_title = gettext_lazy("No grant yet")
    empty_hint = gettext_lazy("A grant is made when a demand is approved.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(GRANT_STATES.items()), apply=by_grant_state),
        Filter("unit", gettext_lazy("Using unit"), choices=receivers, field="consumer__unit__uid"),
        Filter("provider", gettext_lazy("Provider"), choices=givers, field="service__unit__uid"),
        Filter(
            "ends",
            gettext_lazy("Ends"),
            choices=[("30", gettext_lazy("Within 30 days")), ("90", gettext_lazy("Within 90 days"))],
            apply=ends_soon,
        ),
    )
    columns = (
        Column(
            "service",
            gettext_lazy("Service"),
            value=lambda row: row.service.title,
            sort="service__name",
            link=lambda row: row.get_absolute_url(),
        ),
        Column("consumer", gettext_lazy("Application"), value=lambda row: row.consumer.title, sort="consumer__name"),
        Column("unit", gettext_lazy("Using unit"), value=lambda row: str(row.consumer.unit), phone=False),
        Column("provider", gettext_lazy("Provider"), value=lambda row: str(row.service.unit), phone=False),
        Column("fields", gettext_lazy("Fields"), value=lambda row: len(row.fields), kind="number", phone=False),
        Column("from", gettext_lazy("Valid from"), value="valid_from", kind="date", sort="valid_from", phone=False),
        Column("until", gettext_lazy("Valid until"), value="valid_until", kind="date", sort="valid_until", phone=False),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: GRANT_STATES[grant_state(row, now())],
            kind="badge",
            tone=lambda row: GRANT_TONES[grant_state(row, now())],
        ),
    )

    def queryset(self) -> Any:
        return Grant.objects.visible_to(self.actor).select_related("consumer__unit", "service__unit")


def by_outcome(rows: Any, value: str) -> Any:
    """Answered or refused calls."""
    return rows.filter(status__lt=400) if value == "ok" else rows.filter(status__gte=400)


def called_services(page: Any) -> list[tuple[str, str]]:
    """Services the actor may see calls of."""
    rows = page.queryset().filter(service__isnull=False).order_by().values_list("sid", "service__name").distinct()
    return sorted(rows, key=lambda row: row[1])


def callers(page: Any) -> list[tuple[str, str]]:
    """Applications the actor may see calls of."""
    rows = page.queryset().filter(consumer__isnull=False).order_by().values_list("rid", "consumer__name").distinct()
    return sorted(rows, key=lambda row: row[1])


class Exchanges(ListPage):
    """Calls of and to the actor's units."""

    title = gettext_lazy("Calls")
    subtitle = gettext_lazy("Every call through the gateway, with its receipt; values are never kept.")
    permission = P.EXCHANGE_VIEW
    search = ("receipt_id", "case_number", "request_hash")
    search_hint = gettext_lazy("Receipt id, case number or request hash")
    order = "-at"
    export_name = "calls"
    empty_title = gettext_lazy("No call yet")
    empty_hint = gettext_lazy("A call appears here seconds after the gateway has answered it.")
    filters = (
        Filter("service", gettext_lazy("Service"), choices=called_services, field="sid"),
        Filter("consumer", gettext_lazy("Application"), choices=callers, field="rid"),
        Filter("outcome", gettext_lazy("Outcome"), choices=OUTCOMES, apply=by_outcome),
        Filter("from", gettext_lazy("From day"), kind="date", field="at__date__gte"),
        Filter("until", gettext_lazy("To day"), kind="date", field="at__date__lte"),
    )
    columns = (
        Column("at", gettext_lazy("Time"), kind="datetime", sort="at"),
        Column(
            "service",
            gettext_lazy("Service"),
            value=lambda row: row.service.title if row.service else service_label(row.sid),
            sort="sid",
        ),
        Column(
            "consumer",
            gettext_lazy("Application"),
            value=lambda row: row.consumer.title if row.consumer else row.rid,
            sort="consumer__name",
            phone=False,
        ),
        Column("unit", gettext_lazy("Using unit"), value="consumer.unit", phone=False),
        Column(
            "outcome",
            gettext_lazy("Outcome"),
            value=lambda row: outcome_label(row.outcome),
            kind="badge",
            tone=lambda row: "green" if row.status < 400 else "red",
        ),
        Column("rows", gettext_lazy("Rows"), kind="number", sort="rows", phone=False),
        Column(
            "took",
            gettext_lazy("Took, ms"),
            value=lambda row: round(row.duration_us / 1000, 1),
            kind="number",
            sort="duration_us",
            phone=False,
        ),
        Column(
            "receipt",
            gettext_lazy("Receipt"),
            value="receipt_id",
            kind="code",
            link=lambda row: row.get_absolute_url(),
        ),
    )

    def queryset(self) -> Any:
        rows = Exchange.objects.visible_to(self.actor).by_people()
        return rows.select_related("consumer__unit", "service")
