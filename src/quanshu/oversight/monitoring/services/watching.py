"""Looking at what is broken: findings into alerts, alerts into notices, until they close by themselves."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q

from quanshu.oversight.monitoring.events import MonitoringEvent as E
from quanshu.oversight.monitoring.models import Alert, AlertRule, AlertStep, Progress, Silence
from quanshu.oversight.monitoring.queries.checks import checks, slow
from quanshu.oversight.monitoring.queries.room_checks import own_rule
from quanshu.oversight.monitoring.rules import FOLLOWS, SHIPPED, is_silenced, step
from quanshu.oversight.monitoring.rules.alerting import REOPEN
from quanshu.oversight.monitoring.services.noting import note
from quanshu.oversight.monitoring.services.parts import note_parts
from quanshu.oversight.monitoring.services.telling import escalate_due, tell_fired
from quanshu.oversight.monitoring.types import AlertState, Finding, Holds, Standing
from quanshu.shared.access.api import SYSTEM

logger = logging.getLogger(__name__)
S = AlertState
BETWEEN = timedelta(seconds=3)
SELDOM = timedelta(seconds=55)
STEPS = {S.FIRING: E.FIRED, S.RESOLVED: E.RESOLVED}


def ship_rules(now: datetime) -> int:
    """Add the shipped rules that are not there yet; what an operator changed stays. Returns how many were added."""
    there = set(AlertRule.objects.values_list("code", flat=True))
    rows = [
        AlertRule(
            code=row.code,
            stage=row.stage,
            severity=row.severity,
            threshold=row.threshold,
            for_seconds=row.for_seconds,
            clear_seconds=row.clear_seconds,
            escalate_minutes=row.escalate_minutes,
            updated_at=now,
        )
        for row in SHIPPED
        if row.code not in there
    ]
    AlertRule.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def watch(now: datetime, by: str = "") -> int:
    """Look once at every rule; returns how many alerts changed their state.

    Called every few seconds by a worker, and by a web process when no worker does; of several at once, one looks.
    """
    if not claim(now, by):
        return 0
    ship_rules(now)
    note_parts(now)
    seldom = claim_seldom(now)
    silences = silences_now(now)
    open_rules = set(Alert.objects.exclude(state=S.RESOLVED).values_list("rule__code", flat=True))
    changed = 0
    for rule in ordered(AlertRule.objects.filter(active=True)):
        if rule.code in slow and not seldom:
            continue
        quiet = any(root in open_rules for root in FOLLOWS.get(rule.code, ()))
        try:
            found = {finding.cause[:150]: finding for finding in look(rule, now)}
        except DatabaseError:
            raise
        except Exception:
            # One check that breaks must not stop the others.
            logger.exception("the check of %s failed", rule.code)
            continue
        try:
            with transaction.atomic():
                changed += settle(rule, found, now, silences, quiet=quiet)
        except IntegrityError:
            # Another process has begun the same alert; the next look sees it.
            logger.exception("alerts of %s could not be kept now", rule.code)
        if found:
            open_rules.add(rule.code)
    changed += close_switched_off(now)
    escalate_due(now)
    return changed


def ordered(rules: object) -> list[AlertRule]:
    """Rules others follow from come first."""
    roots = {root for group in FOLLOWS.values() for root in group}
    return sorted(rules, key=lambda rule: (rule.code not in roots, rule.code))  # type: ignore[call-overload, no-any-return]


def look(rule: AlertRule, now: datetime) -> list[Finding]:
    """What a rule finds broken now."""
    check = checks.get(rule.code) if rule.shipped else own_rule
    return list(check(rule, now)) if check is not None else []


def claim(now: datetime, by: str) -> bool:
    """Take this look, unless another process has looked in the last seconds."""
    Progress.objects.get_or_create(pk=1)
    free = Q(watched_at=None) | Q(watched_at__lte=now - BETWEEN) | Q(watched_at__gt=now + timedelta(minutes=1))
    return bool(Progress.objects.filter(free, pk=1).update(watched_at=now, watched_by=by[:100]))


def claim_seldom(now: datetime) -> bool:
    """Whether the slower checks are due."""
    due = Q(slow_at=None) | Q(slow_at__lte=now - SELDOM) | Q(slow_at__gt=now + timedelta(minutes=1))
    return bool(Progress.objects.filter(due, pk=1).update(slow_at=now))


def silences_now(now: datetime) -> list[tuple[str, str, str, str]]:
    """The silences that hold, as the rules read them."""
    rows = Silence.objects.filter(starts_at__lte=now, until__gt=now, ended_at=None).select_related("rule")
    return [(row.rule.uid if row.rule else "", row.stage, row.unit_path, row.cause) for row in rows]


def settle(
    rule: AlertRule,
    found: Mapping[str, Finding],
    now: datetime,
    silences: list[tuple[str, str, str, str]],
    *,
    quiet: bool,
) -> int:
    """Step every cause of a rule, found or open; returns how many changed their state."""
    recent = Q(resolved_at__gte=now - REOPEN) | ~Q(state=S.RESOLVED)
    known = {row.cause: row for row in Alert.objects.filter(recent, rule=rule).order_by("pending_at", "id")}
    holds = Holds(timedelta(seconds=rule.for_seconds), timedelta(seconds=rule.clear_seconds))
    changed = 0
    for cause in {*found, *known}:
        alert, finding = known.get(cause), found.get(cause)
        if quiet and finding is not None and (alert is None or alert.state in {S.PENDING, S.RESOLVED}):
            # It follows from another alert that is open: one alert a cause.
            continue
        old = alert.standing if alert is not None else None
        new = step(old, breached=finding is not None, now=now, holds=holds)
        changed += keep(rule, alert, finding, old, new, now, silences)
    return changed


def keep(
    rule: AlertRule,
    alert: Alert | None,
    finding: Finding | None,
    old: Standing | None,
    new: Standing | None,
    now: datetime,
    silences: list[tuple[str, str, str, str]],
) -> int:
    """Write what a step made of an alert; 1 when its state changed."""
    if new is None:
        if alert is not None:
            alert.delete()
        return 0
    fresh = old is None or new.pending_at != old.pending_at
    if fresh or alert is None:
        if finding is None:
            return 0
        alert = Alert(rule=rule, cause=finding.cause[:150], stage=rule.stage, fault_at=finding.since, pending_at=now)
    if finding is not None:
        describe(alert, rule, finding)
    if not fresh and old == new and finding is None:
        return 0
    for name, value in asdict(new).items():
        setattr(alert, name, value)
    alert.silenced = is_silenced(
        rule=rule.uid, stage=alert.stage, unit_path=alert.unit_path, cause=alert.cause, silences=silences
    )
    moved = fresh or old is None or old.state != new.state
    first = moved and new.state == S.FIRING and alert.first_fired_at is None
    if first:
        alert.first_fired_at = now
    alert.save()
    if moved and new.state in STEPS:
        enter(alert, old, new, now)
    return int(moved)


def describe(alert: Alert, rule: AlertRule, finding: Finding) -> None:
    """What the alert says of its cause, as last found."""
    alert.severity, alert.threshold = rule.severity, rule.threshold
    alert.value, alert.label, alert.unit_path = float(finding.value), finding.label[:200], finding.unit_path
    alert.url, alert.text, alert.params = finding.url[:300], finding.text, dict(finding.params)


def enter(alert: Alert, old: Standing | None, new: Standing, now: datetime) -> None:
    """An alert has begun to fire, has closed, or is open again: note it, and tell whoever is on duty."""
    event = STEPS[new.state]
    if old is not None and old.state == S.RESOLVED and new.state == S.FIRING:
        event = E.REOPENED
    AlertStep.objects.create(alert=alert, at=now, step=event.rpartition(".")[2])
    details = {"rule": alert.rule.code, "severity": alert.severity, "cause": alert.cause}
    note(event, alert, actor=SYSTEM, now=now, details=details)
    if event == E.FIRED and not alert.silenced:
        tell_fired(alert, now)


def close_switched_off(now: datetime) -> int:
    """Alerts of rules that were switched off close; those only seen go."""
    rows = Alert.objects.filter(rule__active=False).exclude(state=S.RESOLVED)
    count = 0
    for alert in rows.select_related("rule"):
        with transaction.atomic():
            if alert.state == S.PENDING:
                alert.delete()
                continue
            old = alert.standing
            alert.state, alert.resolved_at = S.RESOLVED, max(now, alert.pending_at)
            alert.save(update_fields=["state", "resolved_at"])
            enter(alert, old, alert.standing, now)
            count += 1
    return count
