"""Exceptions: made by an approver with a last day, ended early, or over by themselves."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.checks.rows import keys_where
from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import items_of, key_columns
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem, Rule, RuleException
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.queries.improving import ending_soon
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.services.scans import watch_unit
from quanshu.supply.quality.services.settling import AT_ONCE, digest, excuse, open_again
from quanshu.supply.quality.services.telling import tell
from quanshu.supply.quality.types import ExceptionData, ExceptionScope, ExceptionState, ProblemState

OVER = N_("%(rule)s: an exception is over, %(count)s records are to be corrected again")
SOON = N_("%(rule)s: an exception ends on %(until)s")
FIELDS = (
    "state",
    "exception",
    "excuse",
    "closed_at",
    "closed_by",
    "working_days",
    "opened_at",
    "due_on",
    "told_overdue",
)


@transaction.atomic
def except_rows(*, actor: Actor, now: datetime, rule: Rule, data: ExceptionData) -> RuleException:
    """Accept that rows fail a rule until a day; their open problems are excused. Raises Forbidden, FieldErrors."""
    entry = rule.entry
    require(actor, QualityPermission.EXCUSE, rule)
    rules.check_exception(
        data,
        today=now.astimezone(CITY_TZ).date(),
        columns=[item.name for item in items_of(entry)],
        keys=tuple(data.key or ()) if not key_columns(entry) else key_columns(entry),
    )
    row = RuleException.objects.create(
        entry=entry,
        rule=rule,
        scope=data.scope,
        key=dict(data.key) if data.scope == ExceptionScope.KEY and data.key else None,
        key_digest=digest(dict(data.key)) if data.scope == ExceptionScope.KEY and data.key else "",
        condition=data.condition.strip() if data.scope == ExceptionScope.CONDITION else "",
        reason=data.reason.strip(),
        evidence=data.evidence.strip(),
        approved_by=actor.name,
        until=data.until,
        created_at=now,
    )
    found = open_under(row)
    for problem in found:
        excuse(problem, row, now)
    Problem.objects.bulk_update(found, FIELDS, batch_size=AT_ONCE)
    details = {"scope": row.scope, "until": row.until.isoformat(), "reason": row.reason, "count": len(found)}
    _note(QualityEvent.EXCEPTION_MADE, row, actor=actor, now=now, details=details)
    watch_unit(entry.unit, now)
    return row


def open_under(row: RuleException) -> list[Problem]:
    """Open problems that a new exception covers."""
    rows = Problem.objects.filter(rule=row.rule, state=ProblemState.OPEN)
    if row.scope == ExceptionScope.KEY:
        return list(rows.filter(key_digest=row.key_digest))
    found = list(rows)
    if row.scope == ExceptionScope.RULE or not found:
        return found
    keys = key_columns(row.entry) or tuple(get_lake().schema(row.entry.lake_table).names)
    wanted = {rules.ordered(problem.key, keys) for problem in found}
    fitting = keys_where(get_lake(), row.entry.lake_table, keys=keys, wanted=wanted, condition=row.condition)
    return [problem for problem in found if rules.ordered(problem.key, keys) in fitting]


@transaction.atomic
def end_exception(*, actor: Actor, now: datetime, exception: RuleException, reason: str = "") -> RuleException:
    """End an exception before its last day; its problems open again. Raises Forbidden, ExceptionEnded."""
    row = _locked(exception)
    require(actor, QualityPermission.EXCUSE, row)
    rules.check_in_force(row.state)
    count = _close(row, ExceptionState.ENDED, now)
    details = {"count": count, "reason": reason.strip()}
    _note(QualityEvent.EXCEPTION_ENDED, row, actor=actor, now=now, details=details)
    return row


def expire_exceptions(now: datetime) -> int:
    """End exceptions whose last day has passed: their problems open again with a new clock, and stewards are told.

    Those that end within 30 days are told of once. Returns how many ended.
    """
    today, ended = now.astimezone(CITY_TZ).date(), 0
    for found in RuleException.objects.filter(state=ExceptionState.IN_FORCE, until__lt=today):
        with transaction.atomic():
            row = _locked(found)
            if not rules.is_over(state=row.state, until=row.until, today=today):
                continue
            count = _close(row, ExceptionState.EXPIRED, now)
            _note(QualityEvent.EXCEPTION_EXPIRED, row, actor=SYSTEM, now=now, details={"count": count})
            params: dict[str, object] = {"rule": row.rule.name, "count": count}
            people = holders(row.entry.unit.path, "steward")
            tell(people, OVER, params, body=row.reason, url=row.get_absolute_url(), now=now)
            ended += 1
    remind(today, now)
    return ended


def remind(today: date, now: datetime) -> None:
    """Tell stewards once of exceptions that end soon."""
    for row in ending_soon(RuleException.objects.filter(told_at__isnull=True), today).select_related(
        "rule", "entry__unit"
    ):
        with transaction.atomic():
            if RuleException.objects.filter(pk=row.pk, told_at__isnull=True).update(told_at=now):
                people = holders(row.entry.unit.path, "steward")
                params: dict[str, object] = {"rule": row.rule.name, "until": row.until.isoformat()}
                tell(people, SOON, params, body=row.reason, url=row.get_absolute_url(), now=now)


def _close(row: RuleException, state: ExceptionState, now: datetime) -> int:
    """End it and open what it covered, unless another exception covers that as well; returns how many opened."""
    row.state, row.ended_at = state, now
    row.save(update_fields=["state", "ended_at"])
    due = workflow.calendar().due(now.astimezone(CITY_TZ).date(), rules.CORRECTION_DAYS)
    found = list(Problem.objects.filter(exception=row, state=ProblemState.EXCUSED))
    for problem in found:
        open_again(problem, due_on=due, now=now)
        excuse(problem, also_covering(problem), now)
    Problem.objects.bulk_update(found, FIELDS, batch_size=AT_ONCE)
    watch_unit(row.entry.unit, now)
    return sum(problem.state == ProblemState.OPEN for problem in found)


def also_covering(problem: Problem) -> RuleException | None:
    """Another exception in force on the problem's row or on its whole rule."""
    rows = RuleException.objects.filter(rule=problem.rule, state=ExceptionState.IN_FORCE)
    of_key = rows.filter(scope=ExceptionScope.KEY, key_digest=problem.key_digest)
    return (of_key | rows.filter(scope=ExceptionScope.RULE)).order_by("-until").first()


def _locked(row: RuleException) -> RuleException:
    rows = RuleException.objects.select_for_update(of=("self",)).select_related("entry__unit", "rule")
    return rows.get(pk=row.pk)


def _note(event: QualityEvent, row: RuleException, *, actor: Actor, now: datetime, details: dict[str, object]) -> None:
    note(event, uid=row.uid, entry=row.entry, actor=actor, now=now, label=row.rule.name, details=details)
