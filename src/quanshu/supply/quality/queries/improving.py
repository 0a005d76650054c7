"""Reads of profiles, exceptions, rule sets, reports, and of who received a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from quanshu.lake.checks import CheckKind
from quanshu.organisation.api import Account
from quanshu.shared.access.api import Actor, scope_q
from quanshu.supply.catalogue.api import Entry, EntryState, key_columns, list_entries
from quanshu.supply.quality.models import (
    PreCheck,
    Problem,
    Profile,
    Report,
    RuleException,
    RuleResult,
    RuleSet,
)
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.rules import excepting
from quanshu.supply.quality.types import (
    CallFacts,
    CallNotFound,
    ExceptionNotFound,
    ExceptionState,
    ProblemState,
    Receiver,
    ReportNotFound,
    ScanState,
    SetNotFound,
)

LONG_AGO = timedelta(days=365)
Receivers = Callable[..., list[Receiver]]
Calls = Callable[..., CallFacts | None]
ports: dict[str, Any] = {}


def register_receivers(find: Receivers) -> None:
    """Name the function that knows who received a row: `find(entry_uid=, key=, columns=, since=, until=)`.

    `key` is the row's key in the order of the entry's key columns, as texts. Services registers it at start.
    """
    ports["receivers"] = find


def register_calls(find: Calls) -> None:
    """Name the function that knows calls: `find(actor=, sid=, receipt_id=)` gives CallFacts, None when unseen."""
    ports["calls"] = find


def latest_profile(entry: Entry, *, finished: bool = False) -> Profile | None:
    """The table's newest profile, or the newest that is finished."""
    rows = Profile.objects.filter(entry=entry)
    return (rows.filter(state=ScanState.FINISHED) if finished else rows).first()


def list_exceptions(actor: Actor) -> QuerySet[RuleException]:
    """Every exception the actor may see, the one that ends first in front."""
    rows = RuleException.objects.visible_to(actor).select_related("entry__unit", "rule")
    return rows.annotate(covered=Count("problems", filter=Q(problems__state=ProblemState.EXCUSED)))


def get_exception(*, actor: Actor, uid: str) -> RuleException:
    """One exception; ExceptionNotFound."""
    row = list_exceptions(actor).filter(uid=uid).first()
    if row is None:
        raise ExceptionNotFound(exception=uid)
    return row


def ending_soon(rows: QuerySet[RuleException], today: date) -> QuerySet[RuleException]:
    """Exceptions in force whose last day is within 30 days."""
    return rows.filter(state=ExceptionState.IN_FORCE, until__lte=today + excepting.SOON)


def list_sets(actor: Actor) -> QuerySet[RuleSet]:
    """Every rule set the actor may see."""
    return RuleSet.objects.visible_to(actor).select_related("entry__unit", "current")


def get_set(*, actor: Actor, uid: str) -> RuleSet:
    """One rule set; SetNotFound."""
    row = list_sets(actor).filter(uid=uid).first()
    if row is None:
        raise SetNotFound(rule_set=uid)
    return row


def pre_checks(rule_set: RuleSet) -> QuerySet[PreCheck]:
    """What the set found in loads, the latest first."""
    return PreCheck.objects.filter(version__rule_set=rule_set).select_related("version", "entry")


def list_reports(actor: Actor) -> QuerySet[Report]:
    """Reports of the actor's unit and on its data."""
    return Report.objects.visible_to(actor).select_related("problem__entry", "problem__unit", "unit")


def get_report(*, actor: Actor, uid: str) -> Report:
    """One report; ReportNotFound."""
    row = list_reports(actor).filter(uid=uid).first()
    if row is None:
        raise ReportNotFound(report=uid)
    return row


def reportable_entry(*, actor: Actor, uid: str) -> Entry:
    """A published entry the catalogue shows the actor, for a report without a call; CallNotFound."""
    entry = list_entries(actor).filter(uid=uid, state=EntryState.PUBLISHED).select_related("unit").first()
    if entry is None:
        raise CallNotFound(call=uid)
    return entry


def call_facts(*, actor: Actor, sid: str = "", receipt_id: str = "") -> CallFacts:
    """What a report may say of a call: its entry and the fields it may answer with; CallNotFound."""
    find = ports.get("calls")
    found = find(actor=actor, sid=sid, receipt_id=receipt_id) if find else None
    if not isinstance(found, CallFacts):
        raise CallNotFound(call=receipt_id or sid)
    return found


def key_of(problem: Problem) -> tuple[str | None, ...]:
    """The row's key in the order of the entry's key columns."""
    names = key_columns(problem.entry) or tuple(problem.key)
    return tuple(problem.key.get(name) for name in names)


def wrong_since(problem: Problem) -> datetime:
    """Since when the value may have been wrong: the last check before in which its rule ran and did not find it."""
    if problem.rule is not None and problem.opened_by is not None:
        earlier = RuleResult.objects.filter(
            version__rule=problem.rule, scan__state=ScanState.FINISHED, scan__ended_at__lt=problem.opened_at
        ).exclude(scan=problem.opened_by)
        last = earlier.order_by("-scan__ended_at").values_list("scan__ended_at", flat=True).first()
        if last is not None:
            return last
    return problem.opened_at - LONG_AGO


def receivers_of(problem: Problem) -> list[Receiver]:
    """Who received the wrong value: calls that carried the row and answered with the field, the latest first."""
    find = ports.get("receivers")
    if find is None or not any(part is not None for part in key_of(problem)):
        return []
    found: list[Receiver] = find(
        entry_uid=problem.entry.uid,
        key=key_of(problem),
        columns=tuple(problem.columns),
        since=wrong_since(problem),
        until=problem.closed_at,
    )
    return found


def assignable_people(problem_unit_path: str) -> list[tuple[str, str]]:
    """(account uid, name) of the people of a unit and those below it, who may be asked to correct a record."""
    rows = Account.objects.filter(is_active=True, person__active=True, person__unit__path__startswith=problem_unit_path)
    return list(rows.order_by("person__name").values_list("uid", "person__name")[:500])


def overdue_problems(today: date) -> QuerySet[Problem]:
    """Open problems past their day."""
    return Problem.objects.filter(state=ProblemState.OPEN, due_on__lt=today)


def may_pick(actor: Actor, permission: QualityPermission) -> Q:
    """Problems on which the actor holds a permission."""
    return scope_q(actor, permission, unit_path="unit__path")


def names_a_row(problem: Problem) -> bool:
    """Whether the problem is of one row, not of the table as a whole."""
    return problem.kind not in {CheckKind.FRESHNESS, CheckKind.ROW_COUNT}
