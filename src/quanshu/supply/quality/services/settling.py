"""Problems opened, seen again and closed by the findings of a scan."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.checks import Failure, existing_keys
from quanshu.shared.workflow import api as workflow
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.models import Problem, RuleException, RuleVersion, Scan
from quanshu.supply.quality.services.covering import Covered
from quanshu.supply.quality.types import ProblemState

AT_ONCE = 500
CHANGED = (
    "state",
    "version",
    "opened_at",
    "due_on",
    "closed_at",
    "closed_by",
    "working_days",
    "opened_by",
    "last_seen",
    "value",
    "exception",
    "excuse",
    "told_overdue",
)


def digest(key: dict[str, str | None]) -> str:
    """What names a row in a problem: SHA-256 of its key as canonical JSON."""
    return hashlib.sha256(rules.key_text(key).encode()).hexdigest()


def open_failed(
    scan: Scan,
    version: RuleVersion,
    keys: Sequence[str],
    failures: Sequence[Failure],
    *,
    due_on: date,
    covered: Covered,
    now: datetime,
) -> int:
    """Open a problem for each failing key that has none, open closed ones again; returns how many were opened.

    An excused problem stays excused, and one that an exception covers begins so; an open one is only seen again.
    """
    opened = 0
    for part in parts(failures):
        found = {}
        for failure in part:
            key = dict(zip(keys, failure.key, strict=True))
            found[digest(key)] = (key, failure.value)
        known = {row.key_digest: row for row in Problem.objects.filter(rule=version.rule, key_digest__in=list(found))}
        again = seen_again(known.values(), scan, version, due_on=due_on, now=now)
        for row in known.values():
            if row.state == ProblemState.OPEN:
                excuse(row, covered.by(rules.ordered(row.key, keys)), now)
            row.last_seen, row.value = scan, found[row.key_digest][1]
        Problem.objects.bulk_update(known.values(), CHANGED)
        fresh = [
            a_problem(scan, version, key, value, due_on=due_on, now=now)
            for name, (key, value) in found.items()
            if name not in known
        ]
        for row in fresh:
            excuse(row, covered.by(rules.ordered(row.key, keys)), now)
        Problem.objects.bulk_create(fresh)
        opened += sum(row.state == ProblemState.OPEN for row in (*fresh, *again))
    return opened


def a_problem(
    scan: Scan, version: RuleVersion, key: dict[str, str | None], value: str | None, *, due_on: date, now: datetime
) -> Problem:
    """A problem that a check found for the first time."""
    return Problem(
        entry=scan.entry,
        rule=version.rule,
        version=version,
        unit=scan.entry.unit,
        key=key,
        key_digest=digest(key),
        column=version.columns[0] if version.columns else "",
        value=value,
        reason=version.kind,
        opened_at=now,
        due_on=due_on,
        opened_by=scan,
        last_seen=scan,
    )


def seen_again(
    known: Iterable[Problem], scan: Scan, version: RuleVersion, *, due_on: date, now: datetime
) -> list[Problem]:
    """Closed problems among those known, opened again by this check."""
    again = [row for row in known if row.state in {ProblemState.FIXED, ProblemState.GONE}]
    for row in again:
        row.version, row.opened_by = version, scan
        open_again(row, due_on=due_on, now=now)
    return again


def open_again(row: Problem, *, due_on: date, now: datetime) -> None:
    """A problem begins anew, with a new clock and nobody told yet."""
    row.state, row.opened_at, row.due_on = ProblemState.OPEN, now, due_on
    row.closed_at, row.closed_by, row.working_days = None, None, None
    row.exception, row.excuse, row.told_overdue = None, "", 0


def excuse(row: Problem, exception: RuleException | None, now: datetime) -> None:
    """A problem that an exception covers waits for nobody until the exception ends."""
    if exception is not None:
        row.state, row.exception, row.excuse = ProblemState.EXCUSED, exception, exception.reason
        row.closed_at = now


def parts(failures: Sequence[Failure]) -> Iterator[Sequence[Failure]]:
    """Slices small enough for one statement."""
    for start in range(0, len(failures), AT_ONCE):
        yield failures[start : start + AT_ONCE]


def close_passed(
    scan: Scan, version: RuleVersion, keys: Sequence[str], failures: Sequence[Failure], *, now: datetime
) -> int:
    """Close the problems of this rule version whose key no longer fails; returns how many.

    Fixed when the row is there and passes, gone when the row was deleted at its source. An excused one closes
    too, without counting as a correction.
    """
    failing = {digest(dict(zip(keys, failure.key, strict=True))) for failure in failures}
    waiting = Problem.objects.filter(version=version, state__in=[ProblemState.OPEN, ProblemState.EXCUSED])
    passed = [row for row in waiting if row.key_digest not in failing]
    if not passed:
        return 0
    present = existing_keys(
        get_lake(), scan.entry.lake_table, keys=keys, wanted=[rules.ordered(row.key, keys) for row in passed]
    )
    calendar, today = workflow.calendar(), now.astimezone(CITY_TZ).date()
    for row in passed:
        row.state = ProblemState.FIXED if rules.ordered(row.key, keys) in present else ProblemState.GONE
        row.closed_at, row.closed_by = now, scan
        if row.exception_id is None and not row.excuse:
            row.working_days = calendar.between(row.opened_at.astimezone(CITY_TZ).date(), today)
    Problem.objects.bulk_update(passed, ["state", "closed_at", "closed_by", "working_days"], batch_size=AT_ONCE)
    return len(passed)
