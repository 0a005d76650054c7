"""What people do with alerts: acknowledge, silence, set the rules."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.kernel.ids import new_uid
from quanshu.organisation.api import Unit
from quanshu.oversight.monitoring import rules
from quanshu.oversight.monitoring.events import MonitoringEvent as E
from quanshu.oversight.monitoring.models import Alert, AlertRule, AlertStep, Silence
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.queries.measures import measures
from quanshu.oversight.monitoring.services.noting import note
from quanshu.oversight.monitoring.types import (
    AlertState,
    OwnRuleData,
    RuleData,
    RuleNotFound,
    ShippedRule,
    SilenceData,
    SilenceOver,
)
from quanshu.shared.access.api import Actor, require

SETTINGS = (
    "severity", "threshold", "for_seconds", "clear_seconds", "escalate_minutes", "active", "remedy", "remedy_en",
)  # fmt: skip


@transaction.atomic
def acknowledge_alert(*, actor: Actor, now: datetime, alert: Alert, text: str = "") -> Alert:
    """Say that somebody sees to it; it is not escalated any more. Raises NotAllowed, WrongAlertState."""
    alert = Alert.objects.select_for_update(of=("self",)).select_related("rule").get(pk=alert.pk)
    require(actor, P.ACKNOWLEDGE, alert)
    rules.check_acknowledge(alert.state)
    alert.state, alert.acknowledged_at = AlertState.ACKNOWLEDGED, now
    alert.acknowledged_by, alert.note = actor.name, text.strip()[:1000]
    alert.save(update_fields=["state", "acknowledged_at", "acknowledged_by", "note"])
    AlertStep.objects.create(alert=alert, at=now, step="acknowledged", by=actor.name, note=alert.note)
    note(E.ACKNOWLEDGED, alert, actor=actor, now=now, details={"rule": alert.rule.code})
    return alert


@transaction.atomic
def change_rule(*, actor: Actor, now: datetime, rule: AlertRule, data: RuleData) -> AlertRule:
    """Set a rule's severity, threshold, times and advice, or switch it. Raises NotAllowed, FieldErrors."""
    require(actor, P.RULES)
    rules.check_rule(data)
    rule = AlertRule.objects.select_for_update().get(pk=rule.pk)
    before = {name: getattr(rule, name) for name in SETTINGS}
    for name in SETTINGS:
        setattr(rule, name, getattr(data, name))
    rule.updated_at = now
    rule.save()
    changed = {name: getattr(data, name) for name in SETTINGS if before[name] != getattr(data, name)}
    note(E.RULE_CHANGED, rule, actor=actor, now=now, details={"code": rule.code, "changed": changed})
    return rule


@transaction.atomic
def create_rule(*, actor: Actor, now: datetime, data: OwnRuleData, settings: RuleData) -> AlertRule:
    """A rule over a measure. Raises NotAllowed, FieldErrors."""
    require(actor, P.RULES)
    rules.check_own_rule(data, measures())
    rules.check_rule(settings)
    rule = AlertRule.objects.create(
        code=f"own.{new_uid()}"[:40],
        shipped=False,
        name=data.name.strip()[:100],
        stage=data.stage,
        measure=data.measure,
        sense=data.sense,
        window_minutes=data.window_minutes,
        least=data.least,
        unit_path=path_of(data.unit_uid),
        subject=data.subject.strip()[:100],
        updated_at=now,
        **{name: getattr(settings, name) for name in SETTINGS},
    )
    note(E.RULE_CREATED, rule, actor=actor, now=now, details={"measure": data.measure, "sense": data.sense})
    return rule


@transaction.atomic
def delete_rule(*, actor: Actor, now: datetime, rule: AlertRule) -> None:
    """Delete a rule of one's own making, with its alerts' rows. Raises NotAllowed, ShippedRule."""
    require(actor, P.RULES)
    if rule.shipped:
        raise ShippedRule
    note(E.RULE_DELETED, rule, actor=actor, now=now, details={"measure": rule.measure})
    rule.delete()


@transaction.atomic
def make_silence(*, actor: Actor, now: datetime, data: SilenceData) -> Silence:
    """Have nobody told of some alerts until a time. Raises NotAllowed, FieldErrors, RuleNotFound."""
    require(actor, P.SILENCE)
    rules.check_silence(data, now=now)
    rule = AlertRule.objects.filter(uid=data.rule_uid).first() if data.rule_uid else None
    if data.rule_uid and rule is None:
        raise RuleNotFound(rule=data.rule_uid)
    silence = Silence.objects.create(
        rule=rule,
        stage=data.stage,
        unit_path=path_of(data.unit_uid),
        cause=data.cause[:150],
        starts_at=now,
        until=data.until,
        reason=data.reason.strip(),
        made_by=actor.name,
    )
    mark_silenced(now)
    details = {"rule": rule.code if rule else "", "stage": data.stage, "until": data.until.isoformat()}
    note(E.SILENCED, silence, actor=actor, now=now, details=details)
    return silence


@transaction.atomic
def end_silence(*, actor: Actor, now: datetime, silence: Silence) -> Silence:
    """End a silence before its time. Raises NotAllowed, SilenceOver."""
    require(actor, P.SILENCE)
    if silence.ended_at is not None or silence.until <= now:
        raise SilenceOver
    silence.ended_at = now
    silence.save(update_fields=["ended_at"])
    mark_silenced(now)
    note(E.UNSILENCED, silence, actor=actor, now=now)
    return silence


def mark_silenced(now: datetime) -> None:
    """Open alerts show at once whether a silence covers them."""
    from quanshu.oversight.monitoring.services.watching import silences_now

    held = silences_now(now)
    for alert in Alert.objects.open().select_related("rule"):
        silenced = rules.is_silenced(
            rule=alert.rule.uid, stage=alert.stage, unit_path=alert.unit_path, cause=alert.cause, silences=held
        )
        if silenced != alert.silenced:
            Alert.objects.filter(pk=alert.pk).update(silenced=silenced)


def path_of(unit_uid: str) -> str:
    """A unit's path; "" for none."""
    return Unit.objects.filter(uid=unit_uid).values_list("path", flat=True).first() or "" if unit_uid else ""
