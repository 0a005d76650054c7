"""Consents as gateways know them: a feed beside the snapshot, so that granting and revoking take effect at once.

A line is a MAC (HMAC-SHA256, hex), a blank and a JSON object; each MAC covers the one before it, so that a line can be
neither forged nor taken out. The last line of a consent counts. Writers take turns by a lock; a torn last line is cut
off by the next writer and left alone by readers. A feed that does not hold is refused whole until it is written anew.
"""

from __future__ import annotations

import fcntl
import hmac
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from quanshu.gateway.snapshot import write_whole

CONSENTS, LOCK = "consents.jsonl", "consents.lock"
MAC_DIGITS = 64
# A line is far shorter; what is read to find the last one.
TAIL = 64 * 1024
# Number, size and time of change of a file that has not been read.
NEVER = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Consented:
    """One consent: who may ask which service for which fields of whom, for what, how often; times are epoch seconds.

    `subject` is the digest of the subject's number. `used` counts the uses that receipts tell of.
    """

    uid: str
    rid: str
    sid: str
    fields: tuple[str, ...]
    purpose: str
    subject: str
    state: str
    valid_from: float
    valid_until: float
    most_uses: int | None = None
    per_day: int | None = None
    used: int = 0


@dataclass(slots=True)
class ConsentFeed:
    """What has been read of the feed so far, and where to read on. `fault` says why none of it may be believed."""

    rows: dict[str, Consented] = field(default_factory=dict)
    seen: tuple[int, int, int] = NEVER
    position: int = 0
    mac: bytes = b""
    fault: str = ""


def feed_key(seal_key: bytes) -> bytes:
    """The key of the feed's MACs (32 bytes), derived from the gateway's seal key."""
    return hmac.digest(seal_key, b"consent feed", "sha256")


def lines_of(rows: Iterable[Consented], key: bytes, mac: bytes) -> Iterator[bytes]:
    """The lines of some consents after a MAC."""
    for row in rows:
        body = json.dumps(asdict(row), ensure_ascii=False, separators=(",", ":")).encode()
        mac = hmac.digest(key, mac + body, "sha256")
        yield b"%b %b\n" % (mac.hex().encode(), body)


@contextmanager
def writing(directory: Path) -> Iterator[None]:
    """One writer at a time."""
    directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(directory / LOCK, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def append_consents(directory: Path, key: bytes, rows: Iterable[Consented]) -> None:
    """Add lines; durable on return."""
    with writing(directory):
        handle = os.open(directory / CONSENTS, os.O_RDWR | os.O_CREAT, 0o640)
        try:
            end, mac = last_mac(handle)
            os.ftruncate(handle, end)
            os.lseek(handle, end, os.SEEK_SET)
            data = b"".join(lines_of(rows, key, mac))
            if os.write(handle, data) != len(data):
                raise OSError("the disk took a part only")
            os.fsync(handle)
        finally:
            os.close(handle)


def last_mac(handle: int) -> tuple[int, bytes]:
    """(end of the last whole line, its MAC); the MAC is empty in an empty file."""
    size = os.fstat(handle).st_size
    tail = os.pread(handle, TAIL, max(0, size - TAIL))
    whole = tail[: tail.rfind(b"\n") + 1]
    if not whole:
        return 0, b""
    last = whole[:-1].rpartition(b"\n")[2]
    return size - len(tail) + len(whole), unhex(last[:MAC_DIGITS])


def unhex(text: bytes) -> bytes:
    """The bytes of hex digits; empty for anything else, which no MAC follows from."""
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return b""


def write_consents(directory: Path, key: bytes, rows: Iterable[Consented]) -> None:
    """Write the feed anew with these consents alone."""
    with writing(directory):
        write_whole(directory / CONSENTS, b"".join(lines_of(rows, key, b"")))


def read_consents(directory: Path, key: bytes, feed: ConsentFeed) -> ConsentFeed:
    """Read on in the feed, from its start where it was written anew; the feed given is changed or replaced."""
    try:
        with (directory / CONSENTS).open("rb") as file:
            found = os.fstat(file.fileno())
            seen = (found.st_ino, found.st_size, found.st_mtime_ns)
            if seen == feed.seen:
                return feed
            # A file written anew may have the number of the one before it: then its lines do not follow.
            if not feed.fault and found.st_ino == feed.seen[0] and found.st_size > feed.position:
                file.seek(feed.position)
                read_on(feed, file.read(), key)
                if not feed.fault:
                    feed.seen = seen
                    return feed
            file.seek(0)
            feed = ConsentFeed(seen=seen)
            read_on(feed, file.read(), key)
    except FileNotFoundError:
        return feed if feed.seen == NEVER else ConsentFeed(fault="the feed is gone")
    return feed


def read_on(feed: ConsentFeed, data: bytes, key: bytes) -> None:
    """Take up lines that follow; a last one without its end is left for the next time."""
    for line in data[: data.rfind(b"\n") + 1].splitlines(keepends=True):
        row, mac = read_line(line, key, feed.mac)
        if row is None:
            feed.fault = f"the line of the feed at byte {feed.position} is not the control plane's"
            return
        feed.rows[row.uid] = row
        feed.mac, feed.position = mac, feed.position + len(line)


def read_line(line: bytes, key: bytes, mac: bytes) -> tuple[Consented | None, bytes]:
    """(consent, its line's MAC); None for a line that does not follow."""
    body = line[MAC_DIGITS + 1 : -1]
    wanted = hmac.digest(key, mac + body, "sha256")
    if not hmac.compare_digest(wanted.hex().encode() + b" ", line[: MAC_DIGITS + 1]):
        return None, b""
    try:
        row = json.loads(body)
        return Consented(**{**row, "fields": tuple(row["fields"])}), wanted
    except (ValueError, KeyError, TypeError):
        return None, b""
