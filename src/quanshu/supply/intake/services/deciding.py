"""Held loads: released, discarded, or their new columns proposed to the catalogue."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.audit import api as audit
from quanshu.supply.catalogue.api import Entry, ItemData, contract_of, items_of, revise_entry, set_items
from quanshu.supply.intake import rules
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Run
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.services.ending import locked
from quanshu.supply.intake.services.queueing import KIND, dispatch, note
from quanshu.supply.intake.services.runs import end_cancelled
from quanshu.supply.intake.types import (
    AlreadyRunning,
    Decision,
    DriftItem,
    DriftMode,
    HeldFor,
    RunState,
    StillDrifting,
)

# What a new text item may hold until its steward says otherwise.
TEXT_LENGTH = 200


def drift_of(run: Run) -> tuple[DriftItem, ...]:
    """The differences a run met."""
    return tuple(DriftItem(**item) for item in run.drift)


def newer_landed(run: Run) -> bool:
    """Whether a later load of the source has landed since this one began."""
    later = run.source.runs.filter(state=RunState.LANDED, replay_of=None, queued_at__gt=run.queued_at)
    return later.exclude(pk=run.pk).exists()


@transaction.atomic
def release_run(*, actor: Actor, run: Run, decision: str = Decision.KNOWN, now: datetime) -> Run:
    """Let a held load go on: with the deletions confirmed, or with the rows that were set aside.

    `known` loads the columns that the contract has and leaves missing ones empty; `contract` holds the rows
    against the contract in force now. Raises Forbidden, NotHeld, NewerLanded, StillDrifting, EntryNotReady.
    """
    run = locked(run)
    require(actor, IntakePermission.DECIDE, run)
    rules.check_decidable(state=run.state, newer_landed=newer_landed(run), mode=run.source.mode)
    if run.held_for == HeldFor.DELETES:
        run.allowed_deletes = run.pending_deletes
    elif decision == Decision.CONTRACT:
        names = [column.name for column in contract_of(run.source.entry)]
        rules.check_no_longer_drifts(columns=names, drift=drift_of(run))
        run.decision = Decision.CONTRACT
    else:
        run.decision = Decision.KNOWN
    if run.source.runs.filter(state__in=[RunState.QUEUED, RunState.RUNNING]).exists():
        raise AlreadyRunning
    run.state, run.dispatched = RunState.QUEUED, False
    run.save()
    details = {"decision": run.decision, "deletes": run.allowed_deletes}
    note(run, IntakeEvent.RUN_RELEASED, actor=actor, now=now, details=details)
    dispatch(now)
    return run


@transaction.atomic
def discard_run(*, actor: Actor, run: Run, now: datetime) -> Run:
    """Give a held load up; the table stays as it was and the rows set aside stay readable.

    Raises Forbidden or NotHeld.
    """
    run = locked(run)
    require(actor, IntakePermission.DECIDE, run)
    rules.check_decidable(state=run.state, newer_landed=False, mode=run.source.mode)
    return end_cancelled(run, actor=actor, now=now)


@transaction.atomic
def propose_columns(*, actor: Actor, run: Run, now: datetime) -> Entry:
    """Open the entry's next revision with the load's new columns as items, for review and publication.

    Raises Forbidden, NotHeld, NothingToPropose, and what the catalogue raises.
    """
    run = locked(run)
    require(actor, IntakePermission.DECIDE, run)
    drift = drift_of(run)
    added = rules.check_proposable(state=run.state, held_for=run.held_for, drift=drift)
    entry = run.source.entry
    if entry.state == "published":
        entry = revise_entry(actor=actor, now=now, entry=entry)
    items = list(items_of(entry))
    there = {item.name for item in items}
    kinds = {item.column: item.found or "string" for item in drift}
    items += [
        ItemData(name, name, kinds[name], length=TEXT_LENGTH if kinds[name] == "string" else None)
        for name in added
        if name not in there
    ]
    entry = set_items(actor=actor, now=now, entry=entry, items=items)
    audit.record(
        actor=actor,
        action=IntakeEvent.DRIFT_PROPOSED,
        kind=KIND,
        uid=run.uid,
        label=run.source.name,
        place=run.access_place(),
        details={"columns": list(added), "entry": entry.code},
        now=now,
    )
    return entry


def resume_evolved(entry_uid: str, now: datetime) -> int:
    """Let go on what waited for the entry's new version; returns how many loads."""
    held = Run.objects.filter(state=RunState.HELD, held_for=HeldFor.DRIFT, source__entry__uid=entry_uid)
    count = 0
    for run in held.filter(source__drift=DriftMode.EVOLVE).select_related("source__unit", "source__entry"):
        try:
            release_run(actor=SYSTEM, run=run, decision=Decision.CONTRACT, now=now)
        except (StillDrifting, AlreadyRunning):
            continue
        count += 1
    return count
