"""Reads of emergencies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from quanshu.organisation.api import Region, Unit
from quanshu.shared.access.api import Actor, find_seen, scope_q
from quanshu.shared.workflow.api import Clock, city_day
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.models import Alert, DutyOfficer, Emergency, Request
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.types import (
    AlertNotFound,
    DutyNotFound,
    EmergencyFigures,
    EmergencyNotFound,
    Extent,
    RequestNotFound,
    Use,
)
from quanshu.sharing.services.api import Consumer, Exchange
from quanshu.supply.catalogue.api import Classification, Entry, list_entries

KIND = "emergency.emergency"
REQUEST_KIND = "emergency.request"
ALERT_KIND = "emergency.alert"


def list_emergencies(actor: Actor) -> QuerySet[Emergency]:
    """Every emergency the actor may see, with the counts of its demands."""
    rows = Emergency.objects.visible_to(actor)
    granted = Q(requests__grant_uid__gt="")
    return rows.annotate(
        asked=Count("requests", distinct=True),
        granted=Count("requests", filter=granted, distinct=True),
        reviewed=Count("requests", filter=granted & Q(requests__reviewed_at__isnull=False), distinct=True),
    )


def get_emergency(*, actor: Actor, uid: str) -> Emergency:
    """One emergency by uid or number; EmergencyNotFound when there is none or it may not be seen."""
    found = list_emergencies(actor).filter(Q(uid=uid) | Q(number=uid)).first()
    if found is None:
        raise EmergencyNotFound(emergency=uid)
    return found


def list_requests(actor: Actor) -> QuerySet[Request]:
    """Every emergency demand the actor may see, with the moment of its first successful call."""
    rows = Request.objects.visible_to(actor)
    return with_first_call(rows.select_related("emergency", "consumer__unit", "entry__unit", "service"))


def with_first_call(rows: QuerySet[Request]) -> QuerySet[Request]:
    """Annotate `first_call_at`."""
    calls = Exchange.objects.by_people().filter(grant_uid=OuterRef("grant_uid"), grant_uid__gt="", status__lt=400)
    return rows.annotate(first_call_at=Subquery(calls.order_by("at").values("at")[:1]))


def get_request(*, actor: Actor, uid: str) -> Request:
    """One emergency demand by uid or number; RequestNotFound."""
    found = list_requests(actor).filter(Q(uid=uid) | Q(number=uid)).first()
    if found is None:
        raise RequestNotFound(request=uid)
    return found


def alerts_to(actor: Actor) -> QuerySet[Alert]:
    """Alerts to the actor, the newest first."""
    rows = Alert.objects.select_related("request__emergency", "request__consumer__unit", "request__entry__unit")
    return rows.filter(account_uid=actor.uid).order_by("-told_at") if actor.uid else rows.none()


def get_alert(*, actor: Actor, uid: str) -> Alert:
    """One alert to the actor; AlertNotFound."""
    return find_seen(alerts_to(actor), uid, AlertNotFound(alert=uid))


def list_duty(actor: Actor) -> QuerySet[DutyOfficer]:
    """Turns of duty the actor may see."""
    return DutyOfficer.objects.visible_to(actor).select_related("unit", "person")


def get_duty(*, actor: Actor, uid: str) -> DutyOfficer:
    """One turn of duty; DutyNotFound."""
    return find_seen(list_duty(actor), uid, DutyNotFound(duty=uid))


def on_duty(unit: Unit, now: datetime) -> QuerySet[DutyOfficer]:
    """Who of a unit is on duty at a moment."""
    rows = DutyOfficer.objects.filter(unit=unit, starts_at__lte=now, ends_at__gt=now, person__active=True)
    return rows.select_related("person__account")


def extent_of(emergency: Emergency) -> Extent:
    """The scope as the rules see it."""
    return Extent(
        unit_paths=tuple(emergency.units.values_list("path", flat=True)),
        region_codes=tuple(emergency.region_codes),
        theme_codes=tuple(emergency.theme_codes),
        entry_uids=frozenset(emergency.entries.values_list("uid", flat=True)),
    )


def entries_of(actor: Actor, emergency: Emergency) -> QuerySet[Entry]:
    """Published entries in the scope that the actor may ask for."""
    inside = Q(pk__in=emergency.entries.values("pk"))
    for code in emergency.theme_codes:
        inside |= Q(classification__code__startswith=code)
    rows = list_entries(actor).filter(inside, published_version__isnull=False).exclude(share_type="3")
    return rows.exclude(unit__path=actor.unit_path) if actor.unit_path else rows


def consumers_under(actor: Actor, emergency: Emergency) -> list[Consumer]:
    """Applications for which the actor may ask under the emergency."""
    reach = scope_q(actor, EmergencyPermission.ASK, unit_path="unit__path")
    rows = Consumer.objects.filter(reach, active=True).select_related("unit__region").order_by("name")
    extent = extent_of(emergency)
    return [row for row in rows if rules.covers_unit(extent, row.unit.path, region_of(row.unit))]


def region_of(unit: Unit) -> str:
    """The code of a unit's region, "" when it has none."""
    return unit.region.code if unit.region else ""


def regions_named(codes: Sequence[str]) -> list[str]:
    """Names of regions by their codes."""
    return list(Region.objects.filter(code__in=list(codes)).order_by("code").values_list("name", flat=True))


def themes_in_use() -> list[Classification]:
    """Classes, down to 目, under which something is published."""
    codes = Entry.objects.filter(published_version__isnull=False).values_list("classification__code", flat=True)
    wanted = {code[:width] for code in set(codes.order_by()) for width in (1, 3, 6)}
    return list(Classification.objects.filter(code__in=wanted).order_by("code"))


def use_of(request: Request) -> Use:
    """What was really called under the demand's grant, from the receipts."""
    if not request.grant_uid:
        return Use()
    calls = Exchange.objects.by_people().filter(grant_uid=request.grant_uid).order_by("at")
    good = calls.filter(status__lt=400)
    names = {name for text in good.values_list("fields", flat=True).distinct() for name in text.split(",") if name}
    purposes = {text for text in calls.values_list("purpose", flat=True).distinct() if text}
    cases = list(dict.fromkeys(text for text in good.values_list("case_number", flat=True) if text))
    first, last = good.first(), good.last()
    return Use(
        calls=good.count(),
        refused=calls.filter(status__gte=400).count(),
        rows=sum(good.values_list("rows", flat=True)),
        fields=tuple(sorted(names)),
        purposes=tuple(sorted(purposes)),
        case_numbers=tuple(cases),
        without_case=good.filter(case_number="").count(),
        first_at=first.at if first else None,
        last_at=last.at if last else None,
    )


def unreviewed(emergency: Emergency) -> QuerySet[Request]:
    """Demands that were granted and have not been judged."""
    return emergency.requests.filter(grant_uid__gt="", reviewed_at__isnull=True)


def emergency_figures(actor: Actor, *, now: datetime) -> EmergencyFigures:
    """Clause 2.1.2 over what the actor may see."""
    seen = Emergency.objects.visible_to(actor)
    rows: Any = with_first_call(Request.objects.visible_to(actor))
    called = rows.filter(first_call_at__isnull=False)
    waits = [(first - asked).total_seconds() for first, asked in called.values_list("first_call_at", "asked_at")]
    over = rows.filter(grant_uid__gt="").exclude(emergency__state="active")
    alerts = Alert.objects.filter(request__in=Request.objects.visible_to(actor))
    late = Clock.objects.filter(
        subject_kind=KIND, subject_uid=OuterRef("uid"), stopped_at__isnull=True, due_on__lt=city_day(now)
    )
    return EmergencyFigures(
        emergencies=seen.count(),
        active=seen.in_force(now).count(),
        requests=rows.count(),
        granted=over.count(),
        reviewed=over.filter(reviewed_at__isnull=False).count(),
        called=len(waits),
        median_seconds=median(waits) if waits else None,
        longest_seconds=max(waits, default=None),
        alerts=alerts.count(),
        acknowledged=alerts.filter(acknowledged_at__isnull=False).count(),
        reviews_overdue=seen.filter(Exists(late)).count(),
    )
