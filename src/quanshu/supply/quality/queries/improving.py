"""Reads of exceptions and of who received a value, and the ports that higher rooms fill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from quanshu.lake.checks import CheckKind
from quanshu.organisation.api import Account
from quanshu.shared.access.api import Actor, find_seen
from quanshu.supply.catalogue.api import key_columns
from quanshu.supply.quality import rules
from quanshu.supply.quality.models import Problem, RuleException, RuleResult
from quanshu.supply.quality.types import (
    ExceptionNotFound,
    ExceptionState,
    ProblemState,
    Receiver,
    ScanState,
)

LONG_AGO = timedelta(days=365)
Receivers = Callable[..., list[Receiver]]
ports: dict[str, Any] = {}


def register_receivers(find: Receivers) -> None:
    """Name the function that knows who received a row: `find(entry_uid=, key=, columns=, since=, until=)`.

    `key` is the row's key in the order of the entry's key columns, as texts. Services registers it at start.
    """
    ports["receivers"] = find


def register_follower(follower: Callable[..., None]) -> None:
    """Have `follower(problem=, outcome=, answer=, now=)` called, in the same transaction, when a problem's value has
    been corrected ("corrected") or answered for as it is ("right"). Several rooms may follow."""
    followers = ports.setdefault("followers", [])
    if follower not in followers:
        followers.append(follower)


def follow(problem: Problem, outcome: str, answer: str, *, now: datetime) -> None:
    """Tell whoever follows problems how this one ended."""
    for follower in ports.get("followers", []):
        follower(problem=problem, outcome=outcome, answer=answer, now=now)


def register_panel(panel: Callable[..., Any]) -> None:
    """Have `panel(problem=, actor=)` add (cards, buttons) to a problem's page. Several rooms may."""
    panels = ports.setdefault("panels", [])
    if panel not in panels:
        panels.append(panel)


def panel_of(problem: Problem, actor: Actor) -> tuple[list[Any], list[Any]]:
    """(cards, buttons) that higher rooms add to a problem's page."""
    found = [panel(problem=problem, actor=actor) for panel in ports.get("panels", [])]
    return [card for cards, _buttons in found for card in cards], [one for _cards, buttons in found for one in buttons]


def list_exceptions(actor: Actor) -> QuerySet[RuleException]:
    """Every exception the actor may see, the one that ends first in front."""
    rows = RuleException.objects.visible_to(actor).select_related("entry__unit", "rule")
    return rows.annotate(covered=Count("problems", filter=Q(problems__state=ProblemState.EXCUSED)))


def get_exception(*, actor: Actor, uid: str) -> RuleException:
    """One exception; ExceptionNotFound."""
    return find_seen(list_exceptions(actor), uid, ExceptionNotFound(exception=uid))


def ending_soon(rows: QuerySet[RuleException], today: date) -> QuerySet[RuleException]:
    """Exceptions in force whose last day is within 30 days."""
    return rows.filter(state=ExceptionState.IN_FORCE, until__lte=today + rules.SOON)


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


def names_a_row(problem: Problem) -> bool:
    """Whether the problem is of one row, not of the table as a whole."""
    return problem.kind not in {CheckKind.FRESHNESS, CheckKind.ROW_COUNT}
