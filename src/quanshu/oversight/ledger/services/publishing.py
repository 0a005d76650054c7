"""The audit trail as a published log: tiles, bundles, signed checkpoints.

Nobody waits for this: a worker does it every few seconds, one at a time on a host. Files come first, then the row of
the checkpoint, then the file `checkpoint`, so that a worker killed at any point leaves a log that holds, and its work
is done over by the next.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction

from quanshu.kernel.merkle import leaf_hash, verify_consistency
from quanshu.oversight.ledger import queries, rules
from quanshu.oversight.ledger.models import Checkpoint
from quanshu.oversight.ledger.queries.standing import signing_keys
from quanshu.oversight.ledger.types import CheckpointState, TreeMismatch, WitnessState
from quanshu.shared.audit.api import published_rows, tree_head
from quanshu.tlog.checkpoints import Checkpoint as Head
from quanshu.tlog.errors import BadTile, TileMissing
from quanshu.tlog.integrator import Integrator
from quanshu.tlog.notes import Note
from quanshu.tlog.store import TileStore
from quanshu.tlog.trees import TileTree

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Publication:
    """What one step did: the size signed and the size published now; 0 for nothing new."""

    signed: int = 0
    published: int = 0


@contextmanager
def one_at_a_time() -> Iterator[bool]:
    """Whether this process is the one that publishes now; the others of this host do nothing."""
    folder = settings.QUANSHU_LEDGER_DIR
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def publish(now: datetime, *, hurry: bool = False) -> Publication:
    """Sign a checkpoint of what has been recorded, when one is due, and publish the newest that its witnesses signed.

    `hurry` signs at once. Raises `ledger.tree_mismatch`, `tlog.tile_conflict` when the trail is not what it was.
    """
    with one_at_a_time() as mine:
        if not mine:
            return Publication()
        last = queries.newest_checkpoint()
        waiting = last is not None and last.state != CheckpointState.PUBLISHED
        due = rules.is_due(last=last.signed_at if last else None, waiting=waiting, now=now)
        signed = sign_next(last, now) if hurry or due else 0
        return Publication(signed, settle(now))


def write_anew(now: datetime) -> int:
    """Write the published log's files where they are gone, as after a restore; the size shown, 0 before the first.

    Raises `ledger.tree_mismatch` when the trail is not what was published.
    """
    with one_at_a_time() as mine:
        shown, last = queries.published_checkpoint(), queries.newest_checkpoint()
        if not mine or last is None:
            return 0
        store = queries.store()
        for found in (shown, last):
            if found is not None:
                resume(store, found)
        store.sync()
        return settle(now)


def sign_next(last: Checkpoint | None, now: datetime) -> int:
    """Write what has come since the last checkpoint and sign its head; the size, 0 when there is nothing new."""
    head = tree_head()
    if head is None or (last is not None and head.size <= last.size):
        return 0
    store = queries.store()
    log = resume(store, last)
    write_rows(log, head.size)
    log.flush()
    if log.root() != bytes(head.root):
        raise TreeMismatch(size=head.size, fault="the leaves have another root than the tree's head")
    check_continues(store, last, head.size, log.root())
    store.sync()
    keys = signing_keys()
    note = Head(keys[0].verifier.name, head.size, log.root()).note().signed(*keys)
    try:
        with transaction.atomic():
            Checkpoint.objects.create(size=head.size, root=log.root(), note=str(note), signed_at=now)
    except IntegrityError:
        # A worker of another host has signed this size; both hosts have the same trail.
        return 0
    return int(head.size)


def resume(store: TileStore, last: Checkpoint | None) -> Integrator:
    """The log where the last checkpoint left it; written anew from the database when its files are gone."""
    size = last.size if last else 0
    try:
        log = Integrator(store, size)
        newest = published_rows(size - 1, size)
        if log.whole or (newest and newest[0].entry is None):
            return log
    except (TileMissing, BadTile):
        pass
    log = Integrator(store)
    write_rows(log, size)
    log.flush()
    if last is not None and log.root() != bytes(last.root):
        raise TreeMismatch(size=size, fault="it differs from the checkpoint signed then")
    return log


def write_rows(log: Integrator, stop: int) -> None:
    """Append the trail's leaves up to `stop`. Raises `ledger.tree_mismatch` for one that is missing or changed."""
    while log.size < stop:
        start = log.size
        rows = published_rows(start, min(stop, start + CHUNK))
        for place, row in enumerate(rows, start):
            if row.sequence != place:
                raise TreeMismatch(size=stop, fault=f"leaf {place} is missing")
            if row.entry is not None and leaf_hash(row.entry) != row.leaf:
                raise TreeMismatch(size=stop, fault=f"entry {place} was changed")
        if not rows:
            raise TreeMismatch(size=stop, fault=f"leaf {start} is missing")
        # Leaves without an entry to show are the oldest, and end where a bundle ends.
        alone = sum(row.entry is None for row in rows)
        log.append_hashes([row.leaf for row in rows[:alone]])
        shown = rows[alone:]
        log.append([row.entry or b"" for row in shown], [row.leaf for row in shown])


def check_continues(store: TileStore, last: Checkpoint | None, size: int, root: bytes) -> None:
    """A log signs nothing that does not continue what it signed. Raises `ledger.tree_mismatch`."""
    if last is None or last.size == 0:
        return
    proof = TileTree(store, size).consistency(last.size)
    old = bytes(last.root)
    if not verify_consistency(old_size=last.size, new_size=size, old_root=old, new_root=root, proof=proof):
        raise TreeMismatch(size=size, fault=f"it does not continue the checkpoint of {last.size}")


def settle(now: datetime) -> int:
    """Publish the newest checkpoint that enough witnesses have signed; its size, 0 when nothing changes."""
    before = queries.published_checkpoint()
    floor = before.size if before else -1
    least = queries.least_witnesses()
    for found in queries.list_checkpoints().filter(size__gte=floor).order_by("-size")[:20]:
        lines = [row.line for row in found.cosignatures.all() if row.witness.state == WitnessState.ACTIVE]
        if len(lines) < least:
            continue
        text = found.note + "".join(f"{line}\n" for line in lines)
        store = queries.store()
        if store.checkpoint() == text:
            return 0
        check_note(text)
        store.publish(text)
        if before is None or found.size > before.size:
            Checkpoint.objects.filter(pk=found.pk).update(state=CheckpointState.PUBLISHED, published_at=now)
            store.drop_partials(before.size if before else 0, found.size)
        return int(found.size)
    return 0


def check_note(text: str) -> None:
    """A checkpoint that this node itself would not accept is not shown. Raises `tlog.bad_signature` and the like."""
    policy = queries.own_policy()
    note = Note.parse(text)
    note.opened(policy.logs)
    policy.check(note.held(policy.witnesses.values()))
