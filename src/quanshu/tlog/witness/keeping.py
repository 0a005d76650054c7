"""What a witness keeps: its key, the logs it trusts, and the latest checkpoint it cosigned for each."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quanshu.kernel.errors import Conflict, NotFound
from quanshu.tlog.keys import COSIGNATURE, SigningKey, VerifierKey
from quanshu.tlog.notes import Note, Signature
from quanshu.tlog.witness.deciding import Known, Refusal, Request, check_consistent, check_signed

TABLE = (
    "CREATE TABLE IF NOT EXISTS latest (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, "
    "note TEXT NOT NULL)"
)


class WitnessThere(Conflict):
    code = "tlog.witness_there"
    message = "There is a witness in %(folder)s already."
    remedy = "Use it, or choose another folder; a witness's key is never written over."


class NoWitness(NotFound):
    code = "tlog.no_witness"
    message = "There is no witness in %(folder)s."
    remedy = "Make one with “quanshu witness init NAME --folder FOLDER”."


class WitnessHome:
    """A folder with `witness.key`, `logs` (one verifier key a line) and `witness.sqlite3`. Raises `tlog.no_witness`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.key = SigningKey.parse((folder / "witness.key").read_text(encoding="utf-8"))
        except FileNotFoundError as fault:
            raise NoWitness(folder=str(folder)) from fault
        with self._store() as store:
            store.execute(TABLE)

    @classmethod
    def make(cls, folder: Path, name: str) -> WitnessHome:
        """Make the key of a new witness. Raises `tlog.witness_there`, `tlog.bad_key`."""
        key = SigningKey.generate(name, COSIGNATURE)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(folder / "witness.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as fault:
            raise WitnessThere(folder=str(folder)) from fault
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(key.text() + "\n")
        return cls(folder)

    @property
    def logs(self) -> list[VerifierKey]:
        """Keys of the logs it cosigns; a log's origin is its key's name. Read anew each time: a small file."""
        try:
            lines = (self.folder / "logs").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [VerifierKey.parse(line) for line in lines if line.strip() and not line.startswith("#")]

    def trust(self, key: VerifierKey) -> None:
        """Cosign this log from now on; a key that is there already is left."""
        if key not in self.logs:
            with (self.folder / "logs").open("a", encoding="utf-8") as file:
                file.write(f"{key}\n")

    @contextmanager
    def _store(self) -> Iterator[sqlite3.Connection]:
        store = sqlite3.connect(self.folder / "witness.sqlite3", timeout=10, isolation_level=None)
        try:
            # The folder too is synced when a transaction ends: what was answered outlives a power cut.
            store.execute("PRAGMA synchronous=EXTRA")
            yield store
        finally:
            store.close()

    def add_checkpoint(self, request: Request, *, timestamp: int) -> Signature | Refusal:
        """Cosign, or say why not. Comparing with the latest checkpoint and keeping the new one are one transaction."""
        origin = request.checkpoint.origin
        keys = [key for key in self.logs if key.name == origin]
        refusal = check_signed(request, keys)
        if refusal is not None:
            return refusal
        with self._store() as store:
            store.execute("BEGIN IMMEDIATE")
            row = store.execute("SELECT size, root FROM latest WHERE origin = ?", (origin,)).fetchone()
            refusal = check_consistent(request, Known(*row) if row else Known())
            if refusal is not None:
                store.execute("ROLLBACK")
                return refusal
            bare = request.note
            own = Note(bare.body).signed(self.key, timestamp=timestamp).signatures
            trusted = tuple(line for line in bare.signatures if any(line.by(key) for key in keys))
            kept = Note(bare.body, (*trusted, *own))
            store.execute(
                "INSERT OR REPLACE INTO latest (origin, size, root, note) VALUES (?, ?, ?, ?)",
                (origin, request.checkpoint.size, request.checkpoint.root, str(kept)),
            )
            store.execute("COMMIT")
        return own[0]

    def latest(self, origin_hash: str) -> str:
        """The latest note cosigned for the log whose origin has this SHA-256 in hex; "" when there is none."""
        with self._store() as store:
            rows = store.execute("SELECT origin, note FROM latest").fetchall()
        return next((note for origin, note in rows if hashlib.sha256(origin.encode()).hexdigest() == origin_hash), "")
