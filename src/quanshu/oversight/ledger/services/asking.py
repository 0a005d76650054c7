"""Asking the witnesses, in the background; one that does not answer only delays."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from quanshu.kernel.errors import QuanshuError
from quanshu.oversight.ledger import queries, rules
from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.oversight.ledger.models import Checkpoint, Cosignature, Witness
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.services.noting import note
from quanshu.oversight.ledger.services.witnesses import KIND, TODO
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.workflow.api import close_todo, open_todo
from quanshu.tlog.notes import Note
from quanshu.tlog.trees import TileTree
from quanshu.tlog.witness import ask


def witnesses_to_ask(now: datetime) -> list[Witness]:
    """Active witnesses that have not signed the newest checkpoint, and are to be asked now."""
    newest = queries.newest_checkpoint()
    if newest is None:
        return []
    signed = set(newest.cosignatures.values_list("witness_id", flat=True))
    return [
        row
        for row in queries.active_witnesses()
        if row.pk not in signed
        and rules.ask_again(tried_at=row.tried_at, failing=row.failing_since is not None, now=now)
    ]


def ask_witnesses(now: datetime) -> int:
    """Ask each that is to be asked for its cosignature of the newest checkpoint; returns how many gave it."""
    newest = queries.newest_checkpoint()
    return 0 if newest is None else sum(ask_one(row, newest, now) for row in witnesses_to_ask(now))


def ask_one(witness: Witness, checkpoint: Checkpoint, now: datetime) -> bool:
    """Ask one witness. What goes wrong is kept with it and, when it lasts, told."""
    tree = TileTree(queries.store(), checkpoint.size)
    try:
        answer = ask(witness.url, witness.key, Note.parse(checkpoint.note), witness.size, tree.consistency)
    except QuanshuError as fault:
        keep_fault(witness, fault, now)
        return False
    keep_cosignature(witness, checkpoint, str(answer.signature), answer.signature.timestamp, now)
    return True


@transaction.atomic
def keep_cosignature(witness: Witness, checkpoint: Checkpoint, line: str, stamp: int, now: datetime) -> None:
    """Keep a cosignature; a witness that was failing is back."""
    at = datetime.fromtimestamp(stamp, tz=UTC)
    Cosignature.objects.get_or_create(checkpoint=checkpoint, witness=witness, defaults={"line": line, "at": at})
    was_told = witness.told
    witness.size, witness.seen_at, witness.tried_at = checkpoint.size, at, now
    witness.failing_since, witness.fault, witness.told = None, "", False
    witness.save(update_fields=["size", "seen_at", "tried_at", "failing_since", "fault", "told"])
    if was_told:
        close_todo(kind=TODO, subject_kind=KIND, subject_uid=witness.uid, now=now)
        note(LedgerEvent.WITNESS_BACK, witness, actor=SYSTEM, now=now)


@transaction.atomic
def keep_fault(witness: Witness, fault: QuanshuError, now: datetime) -> None:
    """Keep what went wrong; when it has lasted a minute, it becomes a to-do of those who look after witnesses."""
    witness.tried_at, witness.fault = now, f"{fault.code}: {fault.render()}"[:300]
    witness.failing_since = witness.failing_since or now
    tell = not witness.told and rules.tell_of(failing_since=witness.failing_since, now=now)
    witness.told = witness.told or tell
    witness.save(update_fields=["tried_at", "fault", "failing_since", "told"])
    if not tell:
        return
    with override("zh-hans"):
        title = _("The witness %(name)s does not sign") % {"name": witness.title}
    open_todo(
        kind=TODO,
        subject_kind=KIND,
        subject_uid=witness.uid,
        title=title,
        url=witness.get_absolute_url(),
        permission=P.WITNESS,
        unit_path="/",
        now=now,
    )
    note(LedgerEvent.WITNESS_FAILING, witness, actor=SYSTEM, now=now, details={"code": fault.code})
