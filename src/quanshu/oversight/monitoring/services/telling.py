"""Telling people of alerts: who is on duty, and their superiors when nobody answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from quanshu.organisation.api import Unit, holders
from quanshu.oversight.monitoring.events import MonitoringEvent as E
from quanshu.oversight.monitoring.models import Alert, AlertStep, Shift
from quanshu.oversight.monitoring.services.noting import note
from quanshu.oversight.monitoring.types import SEVERITY_ORDER, AlertState, Severity
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notify

TOLD_FROM = SEVERITY_ORDER[Severity.WARNING]
SERIOUS = SEVERITY_ORDER[Severity.SERIOUS]


def on_duty(unit_path: str, now: datetime) -> list[str]:
    """Account uids on duty now for a unit ("" = the platform)."""
    rows = Shift.objects.filter(unit_path=unit_path, starts_at__lte=now, ends_at__gt=now)
    return list(rows.values_list("account_uid", flat=True))


def platform_people(*roles: str) -> list[str]:
    """Account uids that hold one of the roles in the platform's own unit."""
    found: list[str] = []
    for path in Unit.objects.active().filter(kind="platform").values_list("path", flat=True):
        for role in roles:
            found += holders(path, role)
    return found


def first_told(alert: Alert, now: datetime) -> list[str]:
    """Who is told first: on duty for the unit, for the platform; without a roster, those who hold the role."""
    people: list[str] = []
    if alert.unit_path:
        people = on_duty(alert.unit_path, now) or holders(alert.unit_path, "steward")
    if not people or SEVERITY_ORDER[alert.severity] >= SERIOUS:
        people += on_duty("", now) or platform_people("admin", "bureau")
    return people


def next_told(alert: Alert, now: datetime) -> list[str]:
    """Who is told when nobody has acknowledged: the unit's chief, and all of the platform's people."""
    chiefs = holders(alert.unit_path, "chief") if alert.unit_path else []
    return [*chiefs, *platform_people("admin", "bureau")]


def words(alert: Alert) -> str:
    """What is broken, since when, what it affects, what to do."""
    since = alert.fault_at or alert.pending_at
    lines = [
        f"{alert.rule.title}: {alert.told_label}" if alert.label else alert.rule.title,
        _(alert.text) % alert.params if alert.text else "",
        _("Since %(since)s.") % {"since": f"{since.astimezone():%Y-%m-%d %H:%M:%S}"},
        _("Affects: %(text)s") % {"text": alert.rule.affects} if alert.rule.affects else "",
        _("To do: %(text)s") % {"text": alert.rule.advice} if alert.rule.advice else "",
    ]
    return "\n".join(line for line in lines if line)


def tell_fired(alert: Alert, now: datetime) -> int:
    """Tell who is on duty; information is only shown. Returns how many were told."""
    if SEVERITY_ORDER[alert.severity] < TOLD_FROM:
        return 0
    people = first_told(alert, now)
    subject = _("Alert: %(alert)s") % {"alert": str(alert)}
    told = notify(recipients=people, subject=subject, body=words(alert), url=alert.get_absolute_url(), now=now)
    Alert.objects.filter(pk=alert.pk).update(told=told)
    return told


def escalate_due(now: datetime) -> int:
    """Alerts that nobody has acknowledged in their time go one step up, once; returns how many did."""
    rows = Alert.objects.filter(
        state=AlertState.FIRING, escalated_at=None, silenced=False, rule__escalate_minutes__gt=0
    )
    count = 0
    for alert in rows.select_related("rule"):
        if alert.fired_at is None or now < alert.fired_at + timedelta(minutes=alert.rule.escalate_minutes):
            continue
        with transaction.atomic():
            if not Alert.objects.filter(pk=alert.pk, escalated_at=None, state="firing").update(escalated_at=now):
                continue
            subject = _("Not acknowledged: %(alert)s") % {"alert": str(alert)}
            told = notify(
                recipients=next_told(alert, now),
                subject=subject,
                body=words(alert),
                url=alert.get_absolute_url(),
                now=now,
            )
            AlertStep.objects.create(alert=alert, at=now, step="escalated", note=str(told))
            note(E.ESCALATED, alert, actor=SYSTEM, now=now, details={"told": told})
            count += 1
    return count
