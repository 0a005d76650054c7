"""How the ledger stands: its keys, checkpoints, witnesses and anchors."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from quanshu.oversight.ledger.models import Anchor, AnchorPost, Checkpoint, Quorum, Witness
from quanshu.oversight.ledger.types import (
    AnchorNotFound,
    CheckpointNotFound,
    CheckpointState,
    WitnessNotFound,
    WitnessState,
)
from quanshu.shared.access.api import find_seen
from quanshu.shared.audit.api import tree_head, waiting_entries
from quanshu.tlog.keys import ED25519, SM2, SigningKey, VerifierKey
from quanshu.tlog.policies import Policy, threshold_policy
from quanshu.tlog.store import TileStore

KEY_FILE = "ledger-note.key"
# Posts that are shown of an anchor.
LATEST = 20


def store() -> TileStore:
    """The folder of the published log."""
    return TileStore(settings.QUANSHU_LEDGER_DIR / "log")


@cache
def read_keys(path: Path, changed: float) -> tuple[SigningKey, ...]:
    """The keys in a file, read again when it has changed."""
    return tuple(SigningKey.parse(line) for line in path.read_text(encoding="utf-8").splitlines() if line)


def signing_keys() -> tuple[SigningKey, ...]:
    """The log's Ed25519 and SM2 keys, made on first use under the origin of the settings and kept for their owner.

    The origin is part of the keys: a log keeps its name whatever the settings say later.
    """
    path: Path = settings.QUANSHU_KEYS_DIR / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = [SigningKey.generate(settings.QUANSHU_LEDGER_ORIGIN, kind).text() for kind in (ED25519, SM2)]
        beside = path.with_name(f"{KEY_FILE}.{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join([*made, ""]))
            file.flush()
            os.fsync(file.fileno())
        try:
            # Whoever comes second keeps the first's.
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return read_keys(path, path.stat().st_mtime)


def verifier_keys() -> tuple[VerifierKey, ...]:
    """What others verify this log by: Ed25519, then SM2."""
    return tuple(key.verifier for key in signing_keys())


def list_witnesses() -> QuerySet[Witness]:
    """Witnesses that were not removed."""
    return Witness.objects.exclude(state=WitnessState.REMOVED)


def active_witnesses() -> list[Witness]:
    """Witnesses whose cosignature counts."""
    return list(Witness.objects.filter(state=WitnessState.ACTIVE))


def get_witness(uid: str) -> Witness:
    """Raises `ledger.witness_not_found`."""
    return find_seen(Witness.objects.all(), uid, WitnessNotFound())


def least_witnesses() -> int:
    """How many active witnesses a checkpoint needs."""
    row = Quorum.objects.filter(pk=1).first()
    return row.least if row else 0


def own_policy(*, with_sm2: bool = True) -> Policy:
    """By what this node's proofs are good: its keys, and so many of its active witnesses."""
    keys = verifier_keys() if with_sm2 else verifier_keys()[:1]
    active = active_witnesses()
    addresses = {str(witness.key): witness.url for witness in active}
    return threshold_policy(keys, [witness.key for witness in active], least_witnesses(), addresses)


def list_checkpoints() -> QuerySet[Checkpoint]:
    """Every checkpoint signed, the newest first."""
    return Checkpoint.objects.prefetch_related("cosignatures__witness")


def get_checkpoint(size: int) -> Checkpoint:
    """Raises `ledger.checkpoint_not_found`."""
    found = list_checkpoints().filter(size=size).first()
    if found is None:
        raise CheckpointNotFound
    return found


def newest_checkpoint() -> Checkpoint | None:
    """The one signed last."""
    return Checkpoint.objects.order_by("-size").first()


def published_checkpoint() -> Checkpoint | None:
    """The one published last."""
    return Checkpoint.objects.filter(state=CheckpointState.PUBLISHED).order_by("-size").first()


def list_anchors() -> QuerySet[Anchor]:
    """Outside chains."""
    return Anchor.objects.all()


def latest_posts(anchor: Anchor) -> QuerySet[AnchorPost]:
    """What was posted to a chain last, the latest first; 20 posts at the most."""
    return AnchorPost.objects.filter(anchor=anchor).select_related("checkpoint")[:LATEST]


def get_anchor(uid: str) -> Anchor:
    """Raises `ledger.anchor_not_found`."""
    return find_seen(list_anchors(), uid, AnchorNotFound())


@dataclass(frozen=True, slots=True)
class WitnessStanding:
    """A witness and how many entries of the newest signed checkpoint it has not seen."""

    witness: Witness
    lag: int


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The ledger at one moment. `recorded` entries are in the tree, `waiting` ones not yet."""

    origin: str
    recorded: int
    waiting: int
    signed: Checkpoint | None
    published: Checkpoint | None
    least: int
    active: int
    witnesses: tuple[WitnessStanding, ...]
    at: datetime

    @property
    def unpublished(self) -> int:
        """Entries in the tree that no published checkpoint covers."""
        return self.recorded - (self.published.size if self.published else 0)


def ledger_state(now: datetime) -> LedgerState:
    """How the ledger stands."""
    head, signed = tree_head(), newest_checkpoint()
    size = signed.size if signed else 0
    witnesses = list(list_witnesses())
    return LedgerState(
        origin=verifier_keys()[0].name,
        recorded=head.size if head else 0,
        waiting=waiting_entries(),
        signed=signed,
        published=published_checkpoint(),
        least=least_witnesses(),
        active=sum(row.state == WitnessState.ACTIVE for row in witnesses),
        witnesses=tuple(WitnessStanding(row, max(0, size - row.size)) for row in witnesses),
        at=now,
    )
