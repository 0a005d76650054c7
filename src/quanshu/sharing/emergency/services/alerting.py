"""Alerts to the supplier's people, and service hours that have run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import Account, Unit, holders
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands.api import platform_path
from quanshu.sharing.emergency import rules
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import Alert, Request
from quanshu.sharing.emergency.queries import ALERT_KIND, on_duty
from quanshu.sharing.emergency.services.noting import locked_request, note, note_request, tell
from quanshu.sharing.emergency.types import AlertNotFound, AlertRole, RequestState

ALERT_TODO = "emergency.todo.alert"


def alert_supplier(request: Request, *, now: datetime) -> int:
    """Alert the supplier's duty officers, data steward and chief data representative at once, by notice and to-do.

    Where the unit has none of them, the platform's officers. Returns how many.
    """
    people = list(whom(request.entry.unit, now))
    if not people:
        accounts = Account.objects.filter(uid__in=holders(platform_path(), "bureau")).select_related("person")
        people = [(row.uid, row.person.name, AlertRole.DUTY, "") for row in accounts]
    seen: set[str] = set()
    for account_uid, name, role, phone in people:
        if account_uid in seen:
            continue
        seen.add(account_uid)
        alert = Alert.objects.create(
            request=request, account_uid=account_uid, person_name=name, role=role, phone=phone, told_at=now
        )
        workflow.open_todo(
            kind=ALERT_TODO,
            subject_kind=ALERT_KIND,
            subject_uid=alert.uid,
            title=str(request),
            url=request.get_absolute_url(),
            person_uid=account_uid,
            now=now,
        )
    waiting = N_("Emergency: open a service for demand %(of)s at once")
    text = waiting if request.state == RequestState.WAITING else N_("Emergency: data of yours was granted, %(of)s")
    tell(sorted(seen), text, of=str(request), url=request.get_absolute_url(), body=request.purpose, now=now)
    note_request(EmergencyEvent.ALERTED, request, actor=SYSTEM, now=now, people=len(seen))
    return len(seen)


def whom(unit: Unit, now: datetime) -> Iterator[tuple[str, str, AlertRole, str]]:
    """(account uid, name, role, phone) of a unit's people to alert; who has no account is there to be telephoned."""
    for turn in on_duty(unit, now):
        account = Account.objects.filter(person=turn.person, is_active=True).first()
        yield account.uid if account else f"person:{turn.person.uid}", turn.person.name, AlertRole.DUTY, turn.phone
    for role in (AlertRole.STEWARD, AlertRole.CHIEF):
        for row in Account.objects.filter(uid__in=holders(unit.path, role)).select_related("person"):
            yield row.uid, row.person.name, role, ""


@transaction.atomic
def acknowledge_alert(*, actor: Actor, now: datetime, alert: Alert) -> Alert:
    """The person alerted has seen it; the moment is kept. Raises AlertNotFound, Acknowledged."""
    alert = Alert.objects.select_for_update(of=("self",)).select_related("request__emergency").get(pk=alert.pk)
    if alert.account_uid != actor.uid:
        raise AlertNotFound(alert=alert.uid)
    rules.check_acknowledge(alert.acknowledged_at)
    alert.acknowledged_at = now
    alert.save(update_fields=["acknowledged_at"])
    workflow.close_todo(kind=ALERT_TODO, subject_kind=ALERT_KIND, subject_uid=alert.uid, now=now)
    seconds = round((now - alert.told_at).total_seconds())
    details = {"number": alert.request.number, "role": alert.role, "seconds": seconds}
    note(EmergencyEvent.ACKNOWLEDGED, alert, uid=alert.uid, label=str(alert), actor=actor, now=now, details=details)
    return alert


def close_alerts(request: Request, now: datetime) -> None:
    """Nobody has to look any more once the emergency is over."""
    for uid in request.alerts.filter(acknowledged_at__isnull=True).values_list("uid", flat=True):
        workflow.close_todo(kind=ALERT_TODO, subject_kind=ALERT_KIND, subject_uid=uid, now=now)


def tell_late(*, now: datetime) -> int:
    """Tell, once each, of demands whose service was not opened within its hours; returns how many.

    Told are the supplier's chief data representative, the platform's officers and whoever declared the emergency.
    """
    late = Request.objects.filter(state=RequestState.WAITING, service_due_at__lt=now, late_told_at__isnull=True)
    count = 0
    for row in late:
        with transaction.atomic():
            request = locked_request(row)
            if request.state != RequestState.WAITING or request.late_told_at is not None:
                continue
            request.late_told_at = now
            request.save(update_fields=["late_told_at"])
            people = [*holders(request.entry.unit.path, "chief"), *holders(platform_path(), "bureau")]
            text = N_("Emergency: the service for demand %(of)s is overdue")
            told = tell(
                [*people, request.emergency.declared_by],
                text,
                of=str(request),
                url=request.get_absolute_url(),
                now=now,
            )
            note_request(EmergencyEvent.LATE, request, actor=SYSTEM, now=now, told=told)
            count += 1
    return count
