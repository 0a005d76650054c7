"""Which witnesses there are, and how many a checkpoint needs."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.oversight.ledger import queries, rules
from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.oversight.ledger.models import Quorum, Witness
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.services.noting import note
from quanshu.oversight.ledger.types import AlreadyThere, WitnessData, WitnessNotFound, WitnessState
from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow.api import close_todo

EVENTS = {step.name: LedgerEvent(step.event) for step in rules.MACHINE.transitions}
TODO = "ledger.witness"
KIND = "ledger.witness"


@transaction.atomic
def add_witness(*, actor: Actor, data: WitnessData, now: datetime) -> Witness:
    """Have a witness asked for its cosignature from the next checkpoint on.

    Raises `access.not_allowed`, FieldErrors, `ledger.already_there`.
    """
    require(actor, P.WITNESS)
    key = rules.check_witness(data)
    there = Witness.objects.filter(vkey=str(key)).first()
    if there is not None:
        raise AlreadyThere(title=there.title)
    made = Witness.objects.create(
        title=data.title.strip()[:100],
        name=key.name[:200],
        vkey=str(key),
        url=data.url.strip().rstrip("/")[:300],
        created_at=now,
        created_by=actor.name,
    )
    note(LedgerEvent.WITNESS_ADDED, made, actor=actor, now=now, details={"name": made.name, "url": made.url})
    return made


@transaction.atomic
def pause_witness(*, actor: Actor, witness: Witness, now: datetime) -> Witness:
    """Ask it no more for the time. Raises `ledger.quorum_too_low`, `workflow.wrong_state`, `access.not_allowed`."""
    return _move(actor, witness, "pause", now)


@transaction.atomic
def resume_witness(*, actor: Actor, witness: Witness, now: datetime) -> Witness:
    """Ask it again. Raises `workflow.wrong_state`, `access.not_allowed`."""
    return _move(actor, witness, "resume", now)


@transaction.atomic
def remove_witness(*, actor: Actor, witness: Witness, now: datetime) -> Witness:
    """Trust it no more; what it signed stands. Raises as `pause_witness`."""
    return _move(actor, witness, "remove", now)


def _move(actor: Actor, witness: Witness, step: str, now: datetime) -> Witness:
    require(actor, P.WITNESS)
    found = Witness.objects.select_for_update().filter(pk=witness.pk).first()
    if found is None:
        raise WitnessNotFound
    after = rules.check_step(WitnessState(found.state), step)
    if after != WitnessState.ACTIVE:
        left = sum(row.pk != found.pk for row in queries.active_witnesses())
        rules.check_enough_left(least=queries.least_witnesses(), active=left)
    found.state = after
    found.failing_since, found.fault, found.told, found.tried_at = None, "", False, None
    found.save()
    close_todo(kind=TODO, subject_kind=KIND, subject_uid=found.uid, now=now)
    note(EVENTS[step], found, actor=actor, now=now, details={"name": found.name})
    return found


@transaction.atomic
def set_quorum(*, actor: Actor, least: int, now: datetime) -> Quorum:
    """How many active witnesses a checkpoint needs before it is published; 0 needs none.

    Raises `ledger.quorum_too_high`, `access.not_allowed`.
    """
    require(actor, P.WITNESS)
    active = len(queries.active_witnesses())
    rules.check_quorum(least=least, active=active)
    row, _made = Quorum.objects.update_or_create(pk=1, defaults={"least": least})
    note(LedgerEvent.QUORUM_SET, row, actor=actor, now=now, details={"least": least, "active": active})
    return row
