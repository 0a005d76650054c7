"""The source unit's side: a report accepted, rejected, its correction landed, and confirmed against the table."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from quanshu.city.citizen import queries, rules
from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.models import Correction, Evidence
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.queries.finding import is_built
from quanshu.city.citizen.services.noting import locked, move, note
from quanshu.city.citizen.services.telling import tell_receivers
from quanshu.city.citizen.types import BuiltTable, CorrectionNotFound, NotChanged
from quanshu.lake.checks.rows import value_of
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.files import api as files
from quanshu.supply.catalogue.api import key_columns
from quanshu.supply.intake.api import land_correction
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import Problem, ProblemState, ValueUnchanged, check_problem, uphold_problem


@transaction.atomic
def accept_correction(*, actor: Actor, correction: Correction, now: datetime) -> Correction:
    """Say that the value is wrong and will be corrected at the source.

    Raises Forbidden, `citizen.correction_wrong_state`.
    """
    correction = locked(correction)
    require(actor, CitizenPermission.HANDLE, correction)
    return move(correction, "accept", actor=actor, now=now)


@transaction.atomic
def reject_correction(*, actor: Actor, correction: Correction, reason: str, now: datetime) -> Correction:
    """Say that the value is right as it is, with reasons; the resident may ask the bureau for a review.

    Raises Forbidden, FieldErrors, `citizen.correction_wrong_state`.
    """
    correction = locked(correction)
    require(actor, CitizenPermission.HANDLE, correction)
    rules.check_step(correction.state, "reject")
    reason = rules.check_answer(reason)
    move(correction, "reject", actor=actor, now=now, answer=reason)
    problem = correction.problem
    if problem is not None and problem.state == ProblemState.OPEN:
        uphold_problem(actor=actor, now=now, problem=problem, answer=reason)
    return correction


def land_proposed(*, actor: Actor, correction: Correction, now: datetime) -> Correction:
    """Land the proposed value as a load of this one record, then close the correction by what the table holds.

    Raises Forbidden, FieldErrors, `citizen.correction_wrong_state`, `citizen.built_table`.
    """
    require(actor, CitizenPermission.HANDLE, correction)
    rules.check_step(correction.state, "correct")
    check_landable(correction)
    content = correction.content
    # Outside a transaction: a loader holds the table and waits for the database, so nobody may do it the other way.
    version = land_correction(
        actor=actor,
        now=now,
        entry=correction.entry,
        key=content["key"],
        changes={correction.column: content["proposed"]},
        correction_uid=correction.uid,
    )
    with transaction.atomic():
        correction = locked(correction)
        note(CitizenEvent.LANDED, correction, actor=actor, now=now, details={"lake_version": version})
        return close_corrected(correction, actor=actor, now=now)


def check_landable(correction: Correction) -> None:
    """Raises `citizen.built_table` for a table that is made from others."""
    if is_built(correction.entry):
        raise BuiltTable


@transaction.atomic
def confirm_corrected(*, actor: Actor, correction: Correction, now: datetime) -> Correction:
    """Say that the source has been corrected and has landed: held against the table.

    Raises Forbidden, `citizen.not_changed`, `quality.still_failing`, `citizen.correction_wrong_state`.
    """
    correction = locked(correction)
    require(actor, CitizenPermission.HANDLE, correction)
    return close_corrected(correction, actor=actor, now=now)


def close_corrected(correction: Correction, *, actor: Actor, now: datetime) -> Correction:
    """Close a correction whose value is another one now: its problem, the resident and the receivers follow."""
    rules.check_step(correction.state, "correct")
    content = correction.content
    there, after = held_now(correction)
    if there and after == content["value"]:
        raise NotChanged
    correction.keep(after=after)
    move(correction, "correct", actor=actor, now=now, details={"as_proposed": after == content["proposed"]})
    problem = correction.problem
    if problem is not None and problem.state == ProblemState.OPEN:
        try:
            check_problem(actor=actor, now=now, problem=problem)
        except ValueUnchanged as fault:
            raise NotChanged from fault
    tell_receivers(correction, now=now)
    return correction


def held_now(correction: Correction) -> tuple[bool, str | None]:
    """Whether the row is there, and what its field holds now."""
    keys, key = key_columns(correction.entry), correction.content["key"]
    whole = tuple(key[name] for name in keys)
    return value_of(get_lake(), correction.entry.lake_table, keys=keys, key=whole, column=correction.column)


def follow_problem(*, problem: Problem, outcome: str, answer: str, now: datetime) -> None:
    """A problem ended in the unit's own list: the corrections that wait for it end with it."""
    for found in queries.waiting_for(problem):
        correction = locked(found)
        if outcome == "right":
            move(correction, "reject", actor=SYSTEM, now=now, answer=answer or "—")
            continue
        there, after = held_now(correction)
        if there and after == correction.content["value"]:
            continue
        correction.keep(after=after)
        as_proposed = after == correction.content["proposed"]
        move(correction, "correct", actor=SYSTEM, now=now, details={"as_proposed": as_proposed})
        tell_receivers(correction, now=now)


@transaction.atomic
def reveal_correction(*, actor: Actor, correction: Correction, now: datetime) -> dict[str, Any]:
    """Key, values and reason in clear, for whoever corrects or decides; every look is recorded. Raises Forbidden."""
    if actor.kind != SYSTEM.kind:
        may = CitizenPermission.REVIEW if correction.state == "review" else CitizenPermission.HANDLE
        require(actor, may, correction)
    note(CitizenEvent.REVEALED, correction, actor=actor, now=now)
    return correction.content


@transaction.atomic
def read_evidence(*, actor: Actor, correction: Correction, uid: str, now: datetime) -> tuple[Evidence, Path]:
    """A proof of a correction that the caller has found, and where it lies; that it was read is recorded.

    Raises `citizen.correction_not_found`, `files.not_found`.
    """
    found = correction.evidence.filter(uid=uid).first()
    if found is None:
        raise CorrectionNotFound(correction=uid)
    path = files.path_of(found.digest)
    note(CitizenEvent.EVIDENCE_READ, correction, actor=actor, now=now, details={"proof": found.uid})
    return found, path
