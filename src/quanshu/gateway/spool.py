"""Where pushed files wait: parts that are still arriving, whole contents, and their records with the receipt.

A content becomes a push when its record is there; the record stays after the content has been taken in, so that
the same content is answered with the same receipt.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from quanshu.gateway.snapshot import write_whole

SOURCE = re.compile(r"[0-9a-f-]{36}", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Pushed:
    """A file that was received whole. `digest` is its SHA-256, `right` the uid of the right it came under."""

    receipt_id: str
    source: str
    rid: str
    right: str
    name: str
    size: int
    digest: str
    at_ms: int


class Busy(Exception):
    """Another request is writing the same content."""


class Spool:
    """The pushed files of a gateway's folder."""

    def __init__(self, directory: Path) -> None:
        self.folder = directory / "push"

    def _path(self, source: str, digest: str, ending: str) -> Path:
        if not SOURCE.fullmatch(source) or not DIGEST.fullmatch(digest):
            raise ValueError("neither a source nor a digest")
        return self.folder / f"{source}-{digest}.{ending}"

    def find(self, source: str, digest: str) -> Pushed | None:
        """The push of this content to this source, when it has been received."""
        try:
            return Pushed(**json.loads(self._path(source, digest, "json").read_bytes()))
        except FileNotFoundError:
            return None

    def received(self, source: str, digest: str) -> int:
        """Bytes of the content that are here so far."""
        try:
            return self._path(source, digest, "part").stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def writing(self, source: str, digest: str) -> Iterator[BinaryIO]:
        """The part, open at its end, for one writer. Raises Busy."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._path(source, digest, "part").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy from None
            yield file

    def is_whole(self, source: str, digest: str) -> bool:
        """Whether the part has the digest; one that has not is thrown away."""
        path, found = self._path(source, digest, "part"), hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                found.update(chunk)
            os.fsync(file.fileno())
        if found.hexdigest() == digest:
            path.replace(self._path(source, digest, "data"))
            return True
        path.unlink(missing_ok=True)
        return False

    def record(self, pushed: Pushed) -> None:
        """Make a whole content a push; durable when this returns."""
        write_whole(self._path(pushed.source, pushed.digest, "json"), json.dumps(asdict(pushed)).encode())

    def waiting(self, limit: int) -> list[Pushed]:
        """Pushes whose content has not been taken in, in the order in which they were received."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob("*.data"):
            source, digest = path.stem[:36], path.stem[37:]
            pushed = self.find(source, digest) if DIGEST.fullmatch(digest) and SOURCE.fullmatch(source) else None
            if pushed is not None:
                found.append(pushed)
        return sorted(found, key=lambda pushed: (pushed.at_ms, pushed.receipt_id))[:limit]

    def sweep(self, before: float) -> None:
        """Throw away parts that nobody has added to since a time (epoch seconds)."""
        for path in self.folder.glob("*.part") if self.folder.is_dir() else ():
            if path.stat().st_mtime < before:
                path.unlink(missing_ok=True)

    def content_of(self, pushed: Pushed) -> Path:
        """Where the content lies."""
        return self._path(pushed.source, pushed.digest, "data")

    def forget_content(self, pushed: Pushed) -> None:
        """Let go of a content that has been taken in; its record stays."""
        self.content_of(pushed).unlink(missing_ok=True)
