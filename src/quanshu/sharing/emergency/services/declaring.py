"""An emergency from its declaration to its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Region, Unit, holders
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands.api import platform_path
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import Emergency, Extension, Request, Series
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.queries import KIND
from quanshu.sharing.emergency.services.alerting import close_alerts
from quanshu.sharing.emergency.services.noting import locked, note_emergency, note_request, tell
from quanshu.sharing.emergency.types import (
    REVIEW_CLOCK,
    REVIEW_DAYS,
    DeclaredTwice,
    EmergencyData,
    EmergencyState,
    RequestState,
)
from quanshu.sharing.services.api import Grant, extend_grant, revoke_grant
from quanshu.supply.catalogue.api import Classification, Entry

REVIEW_TODO = "emergency.todo.review"
COPIED = ("title", "level", "reason", "legal_basis", "starts_at", "ends_at")


@transaction.atomic
def declare_emergency(*, actor: Actor, now: datetime, data: EmergencyData) -> Emergency:
    """Declare an emergency: from its start to its end, the units named get the data named at once.

    Raises Forbidden, DeclaredTwice, FieldErrors naming every field at fault.
    """
    require(actor, EmergencyPermission.DECLARE)
    entries = list(Entry.objects.filter(code__in=data.entry_codes, published_version__isnull=False))
    rules.check_declaration(data, unknown_codes=missing(data.entry_codes, (row.code for row in entries)), now=now)
    units = list(Unit.objects.active().filter(uid__in=data.unit_uids))
    check_known("unit_uids", missing(data.unit_uids, (row.uid for row in units)))
    regions = Region.objects.valid_on(workflow.city_day(now)).filter(code__in=data.region_codes)
    check_known("region_codes", missing(data.region_codes, regions.values_list("code", flat=True)))
    themes = Classification.objects.filter(code__in=data.theme_codes)
    check_known("theme_codes", missing(data.theme_codes, themes.values_list("code", flat=True)))
    same = Emergency.objects.select_for_update().filter(title=data.title.strip(), state=EmergencyState.ACTIVE).first()
    if same is not None:
        if now < same.ends_at:
            raise DeclaredTwice(title=data.title, number=same.number)
        over(same, actor=SYSTEM, now=now, reason="")
    emergency = Emergency(
        number=issue_number(workflow.city_day(now).year),
        region_codes=list(data.region_codes),
        theme_codes=list(data.theme_codes),
        declared_by=actor.uid,
        declared_by_name=actor.name,
        declared_at=now,
    )
    for name in COPIED:
        setattr(emergency, name, getattr(data, name))
    emergency.title = data.title.strip()
    emergency.save()
    emergency.units.set(units)
    emergency.entries.set(entries)
    note_emergency(
        EmergencyEvent.DECLARED,
        emergency,
        actor=actor,
        now=now,
        level=data.level,
        ends_at=data.ends_at.isoformat(),
        units=[row.uid for row in units],
        entries=list(data.entry_codes),
        themes=list(data.theme_codes),
        regions=list(data.region_codes),
    )
    people = [uid for row in units for role in ("chief", "steward") for uid in holders(row.path, role)]
    text = N_("Emergency declared: %(of)s. Your unit may ask for data at once.")
    tell(people, text, of=str(emergency), url=emergency.get_absolute_url(), body=data.reason, now=now)
    return emergency


@transaction.atomic
def extend_emergency(*, actor: Actor, now: datetime, emergency: Emergency, ends_at: datetime, reason: str) -> Emergency:
    """Let an emergency run longer, by a decision with its own reason; its grants last as long.

    Raises Forbidden, WrongState, FieldErrors.
    """
    emergency = locked(emergency)
    require(actor, EmergencyPermission.DECLARE, emergency)
    rules.check_extension(
        state=emergency.state,
        level=emergency.level,
        ends_at=emergency.ends_at,
        until=ends_at,
        reason=reason,
        now=now,
    )
    Extension.objects.create(
        emergency=emergency, was_until=emergency.ends_at, until=ends_at, reason=reason, by_name=actor.name, at=now
    )
    emergency.ends_at = ends_at
    emergency.save(update_fields=["ends_at"])
    for grant in live_grants(emergency, now):
        extend_grant(actor=SYSTEM, grant=grant, valid_until=ends_at, reason=reason, now=now)
    note_emergency(EmergencyEvent.EXTENDED, emergency, actor=actor, now=now, reason=reason, ends_at=ends_at.isoformat())
    return emergency


@transaction.atomic
def end_emergency(*, actor: Actor, now: datetime, emergency: Emergency, reason: str) -> Emergency:
    """End an emergency before its time: gateways refuse its grants within a second, and the review begins.

    Raises Forbidden, WrongState, FieldErrors, MissingYear.
    """
    emergency = locked(emergency)
    require(actor, EmergencyPermission.DECLARE, emergency)
    rules.check_step(emergency.state, "end")
    rules.check_reason(reason)
    return over(emergency, actor=actor, now=now, reason=reason)


def end_run_out(*, now: datetime) -> int:
    """Note the end of emergencies whose time has passed; returns how many. Their grants ran out by themselves."""
    count = 0
    for pk in Emergency.objects.filter(state=EmergencyState.ACTIVE, ends_at__lte=now).values_list("pk", flat=True):
        with transaction.atomic():
            emergency = Emergency.objects.select_for_update().get(pk=pk)
            if emergency.state == EmergencyState.ACTIVE and emergency.ends_at <= now:
                over(emergency, actor=SYSTEM, now=now, reason="")
                count += 1
    return count


def over(emergency: Emergency, *, actor: Actor, now: datetime, reason: str) -> Emergency:
    """What an end brings, early or in time: no grant is left, and the review's clock runs."""
    transition = rules.check_step(emergency.state, "end")
    for grant in live_grants(emergency, now):
        revoke_grant(actor=SYSTEM, grant=grant, reason=reason or emergency.title, now=now)
    emergency.state = transition.target
    emergency.ended_at = min(now, emergency.ends_at)
    emergency.ended_by_name, emergency.end_reason = ("", "") if actor == SYSTEM else (actor.name, reason)
    emergency.save()
    rows = Request.objects.select_for_update(of=("self",)).filter(emergency=emergency)
    for request in rows.select_related("emergency", "consumer__unit", "entry__unit"):
        end_request(request, now=now)
    review = workflow.start_clock(
        kind=REVIEW_CLOCK,
        subject_kind=KIND,
        subject_uid=emergency.uid,
        days=REVIEW_DAYS,
        holder_path=platform_path(),
        now=now,
    )
    workflow.open_todo(
        kind=REVIEW_TODO,
        subject_kind=KIND,
        subject_uid=emergency.uid,
        title=str(emergency),
        url=emergency.get_absolute_url(),
        permission=EmergencyPermission.REVIEW,
        unit_path=platform_path(),
        due_on=review.due_on,
        now=now,
    )
    note_emergency(EmergencyEvent.ENDED, emergency, actor=actor, now=now, reason=reason, early=bool(reason))
    tell(
        [uid for uid in holders(platform_path(), "bureau") if uid != emergency.declared_by],
        N_("Emergency over: %(of)s. Review its grants within five working days."),
        of=str(emergency),
        url=emergency.get_absolute_url(),
        now=now,
    )
    return emergency


def end_request(request: Request, *, now: datetime) -> None:
    """A demand whose emergency is over: its grant has ended, or it never got one."""
    step = {RequestState.GRANTED: "expire", RequestState.WAITING: "lapse"}.get(RequestState(request.state))
    if step is None:
        return
    transition = rules.check_request_step(request.state, step)
    request.state, request.ended_at = transition.target, min(now, request.emergency.ends_at)
    request.save(update_fields=["state", "ended_at"])
    close_alerts(request, now)
    note_request(EmergencyEvent(transition.event), request, actor=SYSTEM, now=now)


def live_grants(emergency: Emergency, now: datetime) -> Iterable[Grant]:
    """The emergency's grants that hold at this moment."""
    uids = emergency.requests.filter(state=RequestState.GRANTED).values_list("grant_uid", flat=True)
    return list(Grant.objects.filter(uid__in=list(uids), revoked_at__isnull=True, valid_until__gt=now))


def missing(named: Iterable[str], found: Iterable[str]) -> list[str]:
    """What was named and is not there."""
    have = set(found)
    return [code for code in named if code not in have]


def check_known(field: str, unknown: list[str]) -> None:
    """Raise FieldErrors when something named does not exist."""
    if unknown:
        fault = FieldError(field, N_("Unknown: %(names)s."), N_("Choose from the list."), {"names": ", ".join(unknown)})
        raise FieldErrors(errors=(fault,))


def issue_number(year: int) -> str:
    """The year's next number; the series' row stays locked until the transaction ends."""
    Series.objects.get_or_create(year=year)
    Series.objects.filter(year=year).update(last=F("last") + 1)
    return rules.number_of(year, Series.objects.get(year=year).last)
