"""Gaps between business, system and data: found, ranked by urgency (急用先行), taken through their states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition, check_reason
from quanshu.supply.inventory.events import InventoryEvent as E
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import (
    AssetFact,
    AssetKind,
    EntryFact,
    FoundGap,
    GapKind,
    NotAccepted,
    Outcome,
    Priority,
    Urgency,
)
from quanshu.supply.inventory.types import GapState as S

# Working days a unit has to plan how a gap will be closed.
PLAN_DAYS = 10
LONGEST_PLAN = timedelta(days=2 * 366)
POINTS = {Priority.LOW: 0, Priority.NORMAL: 10, Priority.HIGH: 25, Priority.URGENT: 40}
TASK_POINTS, EACH_DEPENDANT, MOST_DEPENDANTS, EACH_WEEK, MOST_AGE = 20, 5, 20, 2, 20
UNDER_WAY, CLOSED = frozenset({S.OPEN, S.PLANNED, S.WORKING}), frozenset({S.CLOSED})

MACHINE = Machine(
    name="inventory.gap",
    states=S,
    transitions=(
        Transition("plan", UNDER_WAY, S.PLANNED, P.GAP_WORK, E.GAP_PLANNED, label=N_("Plan")),
        Transition("begin", frozenset({S.PLANNED}), S.WORKING, P.GAP_WORK, E.GAP_BEGUN, label=N_("Begin the work")),
        Transition("close", UNDER_WAY, S.CLOSED, P.EDIT, E.GAP_CLOSED, label=N_("Closed by the link")),
        Transition("accept", UNDER_WAY, S.CLOSED, P.GAP_ACCEPT, E.GAP_ACCEPTED, label=N_("Accept the gap")),
        Transition("reopen", CLOSED, S.OPEN, P.GAP_ACCEPT, E.GAP_REOPENED, label=N_("Open the gap again")),
    ),
)


def find_gaps(
    assets: Iterable[AssetFact], links: Iterable[tuple[str, str]], entries: Iterable[EntryFact]
) -> list[FoundGap]:
    """Every gap in the rows: objects in use, (upper, lower) links between them, published catalogue entries.

    - a business that no system carries;
    - a system none of whose data is published in the catalogue;
    - a published entry that must land and has no rows, and a data resource outside the catalogue;
    - a data resource that serves no business, neither itself nor through one of its systems.

    Links to what is not in `assets` count for nothing. The order of the arguments does not matter.
    """
    by_uid = {asset.uid: asset for asset in assets}
    published = {entry.uid: entry for entry in entries}
    above: dict[str, set[str]] = {uid: set() for uid in by_uid}
    below: dict[str, set[str]] = {uid: set() for uid in by_uid}
    for upper, lower in links:
        if upper in by_uid and lower in by_uid:
            below[upper].add(lower)
            above[lower].add(upper)
    found = []
    tied: dict[str, list[AssetFact]] = {}
    for asset in by_uid.values():
        found += _gaps_of(asset, by_uid, above, below, published)
        tied.setdefault(asset.entry, []).append(asset)
    for entry in published.values():
        if entry.must_land and not entry.landed:
            found.append(_entry_gap(entry, tied.get(entry.uid, []), above))
    return sorted(found, key=lambda gap: (gap.kind, gap.subject))


def _gaps_of(
    asset: AssetFact,
    by_uid: Mapping[str, AssetFact],
    above: Mapping[str, set[str]],
    below: Mapping[str, set[str]],
    published: Mapping[str, EntryFact],
) -> list[FoundGap]:
    def gap(kind: GapKind, dependants: int) -> FoundGap:
        return FoundGap(
            kind, "asset", asset.uid, asset.unit, asset.name, asset.code, asset.priority, asset.task, dependants
        )

    def of_kind(uids: set[str], kind: str) -> list[AssetFact]:
        return [by_uid[uid] for uid in uids if by_uid[uid].kind == kind]

    up, down = above[asset.uid], below[asset.uid]
    if asset.kind == AssetKind.BUSINESS:
        return [] if of_kind(down, AssetKind.SYSTEM) else [gap(GapKind.NO_SYSTEM, len(down))]
    if asset.kind == AssetKind.SYSTEM:
        data = of_kind(down, AssetKind.DATA)
        return [] if any(row.entry in published for row in data) else [gap(GapKind.NOT_CATALOGUED, len(up))]
    found = []
    if asset.entry not in published:
        found.append(gap(GapKind.NOT_LANDED, len(up)))
    through = [uid for system in of_kind(up, AssetKind.SYSTEM) for uid in above[system.uid]]
    if not of_kind(up, AssetKind.BUSINESS) and not through:
        found.append(gap(GapKind.NO_BUSINESS, len(up)))
    return found


def _entry_gap(entry: EntryFact, tied: Sequence[AssetFact], above: Mapping[str, set[str]]) -> FoundGap:
    """An entry is as urgent as the most urgent resource tied to it; the resources and what stands on them wait."""
    ranks = list(Priority)
    priority = max((asset.priority for asset in tied), key=lambda each: ranks.index(Priority(each)), default="normal")
    task = min((asset.task for asset in tied if asset.task), default="")
    waiting = {asset.uid for asset in tied}.union(*(above[asset.uid] for asset in tied))
    return FoundGap(
        GapKind.NOT_LANDED, "entry", entry.uid, entry.unit, entry.name, entry.code, priority, task, len(waiting)
    )


def urgency(*, priority: str, task: str, dependants: int, days: int) -> Urgency:
    """Points of 100: up to 40 for the marked priority, 20 when it serves a clause or task, 5 for each thing that
    waits for it up to 20, and 2 for each full week it has been open up to 20."""
    return Urgency(
        priority=POINTS[Priority(priority)],
        task=TASK_POINTS if task.strip() else 0,
        dependants=min(MOST_DEPENDANTS, EACH_DEPENDANT * max(0, dependants)),
        age=min(MOST_AGE, EACH_WEEK * (max(0, days) // 7)),
    )


def check_plan(*, state: str, plan: str, planned_on: date | None, today: date) -> None:
    """A plan says what will be done, and by which coming day within two years.

    Raises `workflow.wrong_state`, FieldErrors.
    """
    MACHINE.check(state, "plan")
    faults = []
    if len(plan.strip()) < 4:
        faults.append(FieldError("plan", N_("The plan is missing."), N_("Say in a sentence what will be done.")))
    if planned_on is None or not today < planned_on <= today + LONGEST_PLAN:
        remedy = N_("Choose a day after today and within two years.")
        faults.append(FieldError("planned_on", N_("The planned day does not fit."), remedy))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_accept(*, state: str, reason: str) -> None:
    """A gap is accepted with a reason. Raises `workflow.wrong_state`, FieldErrors."""
    MACHINE.check(state, "accept")
    check_reason(reason)


def check_reopen(*, state: str, outcome: str) -> None:
    """Only an accepted gap is opened again. Raises `workflow.wrong_state`, `inventory.not_accepted`."""
    MACHINE.check(state, "reopen")
    if outcome != Outcome.ACCEPTED:
        raise NotAccepted
