"""Alerts, rules, silences, duties and service levels, as far as one may see them."""

from __future__ import annotations

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from quanshu.oversight.monitoring.models import Alert, AlertRule, LevelMonth, Objective, Shift, Silence
from quanshu.oversight.monitoring.types import (
    SEVERITY_ORDER,
    AlertNotFound,
    AlertState,
    ObjectiveNotFound,
    RuleNotFound,
    ShiftNotFound,
    SilenceNotFound,
)
from quanshu.shared.access.api import Actor, find_seen

RANK = Case(
    *[When(severity=code, then=Value(rank)) for code, rank in SEVERITY_ORDER.items()], output_field=IntegerField()
)


def list_alerts(actor: Actor) -> QuerySet[Alert]:
    """Every alert that has fired, the newest first."""
    return Alert.objects.visible_to(actor).exclude(state=AlertState.PENDING).select_related("rule")


def open_alerts(actor: Actor) -> QuerySet[Alert]:
    """Alerts that fire or are seen to, the worst first."""
    rows = list_alerts(actor).open().annotate(rank=RANK)  # type: ignore[attr-defined]
    return rows.order_by("-rank", "-first_fired_at", "-pk")  # type: ignore[no-any-return]


def counts_of_alerts(actor: Actor) -> dict[str, int]:
    """{severity: how many are open}."""
    rows = list_alerts(actor).open().order_by().values_list("severity").annotate(n=Count("pk"))  # type: ignore[attr-defined]
    return {str(severity): int(count) for severity, count in rows}


def get_alert(*, actor: Actor, uid: str) -> Alert:
    """One alert; AlertNotFound."""
    return find_seen(list_alerts(actor), uid, AlertNotFound(alert=uid))


def get_rule(*, uid: str) -> AlertRule:
    """One rule by uid or code; RuleNotFound."""
    found = AlertRule.objects.filter(uid=uid).first() or AlertRule.objects.filter(code=uid).first()
    if found is None:
        raise RuleNotFound(rule=uid)
    return found


def get_silence(*, uid: str) -> Silence:
    """One silence; SilenceNotFound."""
    return find_seen(Silence.objects.select_related("rule"), uid, SilenceNotFound(silence=uid))


def list_shifts(actor: Actor) -> QuerySet[Shift]:
    """Duties of the actor's units, and the actor's own."""
    return Shift.objects.visible_to(actor)


def get_shift(*, actor: Actor, uid: str) -> Shift:
    """One duty; ShiftNotFound."""
    return find_seen(list_shifts(actor), uid, ShiftNotFound(shift=uid))


def list_objectives(actor: Actor) -> QuerySet[Objective]:
    """Service levels promised."""
    return Objective.objects.visible_to(actor)


def get_objective(*, actor: Actor, uid: str) -> Objective:
    """One service level; ObjectiveNotFound."""
    return find_seen(list_objectives(actor), uid, ObjectiveNotFound(objective=uid))


def list_months(actor: Actor) -> QuerySet[LevelMonth]:
    """What became of them by month."""
    return LevelMonth.objects.visible_to(actor).select_related("objective")
