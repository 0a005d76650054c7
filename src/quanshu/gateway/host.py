"""What the gateway processes of one host share: signatures seen, and what has been used of each grant.

Both lie in files that every process maps into its memory; a lock of the file system makes each step whole. A
process that is killed lets go of the lock, and a new one finds the files as they are. The first process after all
have ended begins them anew, from the journals.
"""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import time
from pathlib import Path
from types import TracebackType

from quanshu.gateway import signing
from quanshu.gateway.journal import JournalFailed
from quanshu.gateway.signing import WINDOW_MS
from quanshu.kernel.errors import Unavailable

SEEN, USED = "seen", "used"
# A signature is good for at most two windows, so one seen in a span of two need be looked for in the next one only.
SPAN_MS = 2 * WINDOW_MS
FIRST_SLOTS = 1 << 16
MOST_GRANTS = 1 << 17
WORDS = 8
FULL = 0.7


class TooManyGrants(Unavailable):
    code = "gateway.not_ready"


def ask_to_drain(directory: Path) -> None:
    """Tell the host's present processes that others follow them."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "reload").write_text(str(time.time_ns()), encoding="ascii")


def reload_asked(directory: Path) -> str:
    """When processes were last told; one that began before it drains."""
    try:
        return (directory / "reload").read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


class Lock:
    """One process at a time; let go of when a process dies."""

    def __init__(self, path: Path) -> None:
        self.handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)

    def __enter__(self) -> None:
        fcntl.flock(self.handle, fcntl.LOCK_EX)

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        fcntl.flock(self.handle, fcntl.LOCK_UN)


class Host:
    """A process's part in its host. `first` says that no other process lives: then tell it what was before."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self._life = os.open(directory / "host.lock", os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(self._life, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.first = True
            for path in [*directory.glob(f"{SEEN}-*.bin"), *directory.glob(f"{USED}.bin")]:
                path.unlink(missing_ok=True)
        except BlockingIOError:
            self.first = False
            # Waits until the first has read the journals.
            fcntl.flock(self._life, fcntl.LOCK_SH)

    def begun(self) -> None:
        """Let the others in."""
        if self.first:
            fcntl.flock(self._life, fcntl.LOCK_SH)

    def close(self) -> None:
        os.close(self._life)


def mapped(path: Path, words: int, kind: str) -> memoryview:
    """A file of 64-bit words, mapped; made when it is not there. Raises JournalFailed when the disk has no room for it.

    Its room is taken at once: to write a mapped page for which the disk has none left would end the process.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        if os.fstat(handle).st_size < words * 8:
            os.posix_fallocate(handle, 0, words * 8)
        return memoryview(mmap.mmap(handle, words * 8)).cast(kind)  # type: ignore[call-overload, no-any-return]
    except OSError as fault:
        raise JournalFailed(fault=str(fault)) from fault
    finally:
        os.close(handle)


def fingerprint(text: str) -> int:
    """63 bits of BLAKE2b, never 0."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1 | 1


def find(view: memoryview, slots: int, mark: int, *, start: int, step: int) -> tuple[int, bool]:
    """(word, whether the mark is there) by linear probing; the word is a free one when it is not."""
    slot = mark % slots
    while True:
        word = start + slot * step
        held = view[word]
        if held == mark:
            return word, True
        if held == 0:
            return word, False
        slot = (slot + 1) % slots


class SharedReplay:
    """Signatures seen on this host. Each span of ten minutes has tables of its own, each twice the one before."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = Lock(directory / f"{SEEN}.lock")
        self._tables: dict[int, list[memoryview]] = {}

    def check(self, signed: signing.SignedHeaders, *, now_ms: int) -> None:
        """Remember the signature; Replayed when any process of this host has seen it."""
        if not self.add(signed.sign, now_ms=now_ms):
            raise signing.Replayed

    def remember(self, sign: str, *, now_ms: int) -> None:
        """Take up a signature seen before."""
        self.add(sign, now_ms=now_ms)

    def add(self, sign: str, *, now_ms: int) -> bool:
        """Remember a signature; False when it is there already."""
        mark, span = fingerprint(sign), now_ms // SPAN_MS
        with self._lock:
            for view in self._of(span - 1):
                if find(view, len(view) - 1, mark, start=1, step=1)[1]:
                    return False
            tables = self._of(span)
            for view in tables:
                word, there = find(view, len(view) - 1, mark, start=1, step=1)
                if there:
                    return False
            view[word] = mark
            view[0] += 1
        return True

    def _of(self, span: int) -> list[memoryview]:
        """The tables of a span, the last with room; older spans are let go of."""
        tables = self._tables.get(span)
        if tables is None:
            tables = self._tables[span] = []
            self._clear(span)
        while not tables or tables[-1][0] >= FULL * (len(tables[-1]) - 1):
            path = self.directory / f"{SEEN}-{span}-{len(tables)}.bin"
            tables.append(mapped(path, 1 + (FIRST_SLOTS << len(tables)), "Q"))
        return tables

    def _clear(self, span: int) -> None:
        for old in [known for known in self._tables if known < span - 1]:
            del self._tables[old]
        for path in self.directory.glob(f"{SEEN}-*.bin"):
            if int(path.stem.split("-")[1]) < span - 2:
                path.unlink(missing_ok=True)


class Use:
    """Words kept of each grant on this host: see `limits` for what they mean. Change them under the lock alone.

    Those of another name are of other things, and stay when the host's processes have ended.
    """

    def __init__(self, directory: Path, name: str = USED) -> None:
        self.lock = Lock(directory / f"{name}.lock")
        self.words = mapped(directory / f"{name}.bin", (MOST_GRANTS + 1) * WORDS, "q")
        self._places: dict[str, int] = {}

    def place(self, grant_uid: str) -> int:
        """Where the grant's words begin; the first is taken, the others are 0 at first. Hold the lock."""
        place = self._places.get(grant_uid)
        if place is None:
            place, there = find(self.words, MOST_GRANTS, fingerprint(grant_uid), start=WORDS, step=WORDS)
            if not there:
                if self.words[0] >= FULL * MOST_GRANTS:
                    raise TooManyGrants
                self.words[place] = fingerprint(grant_uid)
                self.words[0] += 1
            self._places[grant_uid] = place
        return place
