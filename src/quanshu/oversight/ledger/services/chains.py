"""The port to outside chains (泉城链): a checkpoint goes out, a reference comes back."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.translation import gettext_noop as N_

FILE = "file"
TITLES: Mapping[str, str] = {FILE: N_("File chain")}


class Chain(Protocol):
    """An outside chain that takes a checkpoint's text for good."""

    def post(self, *, size: int, note: str, now: datetime) -> str:
        """Post a published checkpoint; the reference under which the chain shows it. Raises OSError when it fails."""
        ...


class FileChain:
    """A file of records, each of which holds the hash of the one before it: for a share that another body keeps.

    A record is one line of JSON {at, checkpoint, previous, size}; its reference is the SHA-256 of the line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[bytes]:
        """Every record, the oldest first."""
        return self.path.read_bytes().splitlines() if self.path.exists() else []

    def post(self, *, size: int, note: str, now: datetime) -> str:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        records = self.records()
        previous = hashlib.sha256(records[-1]).hexdigest() if records else ""
        body = {"at": now.isoformat(), "checkpoint": note, "previous": previous, "size": size}
        line = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        with self.path.open("ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        return hashlib.sha256(line).hexdigest()

    def broken_at(self) -> int | None:
        """The first record that does not follow the one before it; None when the chain is whole."""
        previous = ""
        for number, record in enumerate(self.records()):
            if json.loads(record)["previous"] != previous:
                return number
            previous = hashlib.sha256(record).hexdigest()
        return None


def open_chain(kind: str, place: str) -> Chain:
    """The chain of an anchor. LookupError for a kind there is none of."""
    if kind == FILE:
        return FileChain(settings.QUANSHU_LEDGER_DIR / "anchors" / f"{place}.jsonl")
    raise LookupError(f"no chain of the kind {kind} is known")
