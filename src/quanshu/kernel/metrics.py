"""Figures of a process for Prometheus: plain numbers while it works, written to a file that any process can read.

Each process of a kind (web, worker, gateway) writes `<type>_<pid>.db` files of prometheus_client's multiprocess
form into one folder; whichever of them is asked adds up all of them. Counting takes well under a microsecond, as
nothing is written until `flush`. Names follow Prometheus' conventions (base units, `_total`); labels come from
closed sets, so that their number is bounded.
"""

from __future__ import annotations

import fcntl
import os
import threading
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
DEAD = "0"
ROOM = 1 << 18
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Named:
    """A metric: its name without a counter's `_total`, what it means, its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()


class Counter:
    """Numbers that only grow, by label values. Of several threads one may count at a time: see `Metrics.lock`."""

    kind = "counter"

    def __init__(self, named: Named) -> None:
        self.named = named
        self.values: dict[tuple[str, ...], float] = {}

    def add(self, *labels: str, by: float = 1) -> None:
        """Count."""
        self.values[labels] = self.values.get(labels, 0) + by

    def rows(self) -> Iterator[tuple[str, dict[str, str], float]]:
        """(sample name, labels, value) as they are kept in files."""
        for labels, value in list(self.values.items()):
            yield f"{self.named.name}_total", dict(zip(self.named.labels, labels, strict=True)), value


class Gauge(Counter):
    """A number that goes up and down; of several processes the newest, or the sum."""

    def __init__(self, named: Named, *, mode: str = "livesum") -> None:
        super().__init__(named)
        self.kind = f"gauge_{mode}"

    def set(self, *labels: str, to: float) -> None:
        """What it is now."""
        self.values[labels] = to

    def rows(self) -> Iterator[tuple[str, dict[str, str], float]]:
        for labels, value in list(self.values.items()):
            yield self.named.name, dict(zip(self.named.labels, labels, strict=True)), value


class Histogram:
    """How long things took, in seconds."""

    kind = "histogram"

    def __init__(self, named: Named, bounds: Sequence[float] = SECONDS) -> None:
        self.named, self.bounds = named, tuple(bounds)
        self.values: dict[tuple[str, ...], list[float]] = {}

    def observe(self, *labels: str, seconds: float) -> None:
        """Take in one duration."""
        counts = self.values.get(labels)
        if counts is None:
            counts = self.values[labels] = [0.0] * (len(self.bounds) + 2)
        counts[bisect_left(self.bounds, seconds)] += 1
        counts[-1] += seconds

    def rows(self) -> Iterator[tuple[str, dict[str, str], float]]:
        for labels, counts in list(self.values.items()):
            given = dict(zip(self.named.labels, labels, strict=True))
            yield f"{self.named.name}_sum", given, counts[-1]
            for bound, count in zip((*self.bounds, float("inf")), counts, strict=False):
                yield f"{self.named.name}_bucket", {**given, "le": bound_text(bound)}, count


def bound_text(bound: float) -> str:
    """A bucket's bound as the format writes it."""
    return "+Inf" if bound == float("inf") else repr(float(bound))


Family = TypeVar("Family", Counter, Gauge, Histogram)


class Metrics:
    """The metrics of one process, in the folder of its kind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = threading.Lock()
        self._families: list[Counter | Histogram] = []
        self._pid = 0

    def counter(self, name: str, help: str, *labels: str) -> Counter:
        """A new counter; `name` without `_total`."""
        return self._keep(Counter(Named(name, help, labels)))

    def gauge(self, name: str, help: str, *labels: str, mode: str = "livesum") -> Gauge:
        """A new gauge; `mode` as in prometheus_client's multiprocess mode."""
        return self._keep(Gauge(Named(name, help, labels), mode=mode))

    def histogram(self, name: str, help: str, *labels: str) -> Histogram:
        """A new histogram of seconds."""
        return self._keep(Histogram(Named(name, help, labels)))

    def _keep(self, family: Family) -> Family:
        self._families.append(family)
        return family

    @property
    def families(self) -> Sequence[Counter | Histogram]:
        """Every metric there is."""
        return tuple(self._families)

    def flush(self) -> None:
        """Write what has been counted where other processes can read it. A full disk costs figures, not work."""
        with suppress(OSError), self.lock:
            self._begin()
            kinds: dict[str, list[Counter | Histogram]] = {}
            for family in self._families:
                kinds.setdefault(family.kind, []).append(family)
            for kind, families in kinds.items():
                self._write(kind, families)

    def _begin(self) -> None:
        """In a new process (also a forked one): fold what the dead left."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            self.folder.mkdir(parents=True, exist_ok=True)
            fold_dead(self.folder, own=self._pid)

    def _write(self, kind: str, families: Sequence[Counter | Histogram]) -> None:
        from prometheus_client.mmap_dict import mmap_key

        file = file_class()(with_room(self.folder / f"{kind}_{self._pid}.db"))
        try:
            for family in families:
                for name, labels, value in family.rows():
                    key = mmap_key(family.named.name, name, list(labels), list(labels.values()), family.named.help)
                    file.write_value(key, value, 0.0)
        finally:
            file.close()

    def text(self, more: Iterable[Any] = ()) -> bytes:
        """The exposition of all processes of the kind on this machine, and of the collectors given."""
        self.flush()
        return exposition(self.folder, more)


def with_room(path: Path) -> str:
    """The path, its file made with room on the disk: to write a mapped page without would end the process.

    Raises OSError when the disk is full; no file is left then.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if os.fstat(handle).st_size == 0:
            os.posix_fallocate(handle, 0, ROOM)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)
    return str(path)


def file_class() -> Any:
    """The file of numbers of prometheus_client's multiprocess mode, which has no types."""
    from prometheus_client import mmap_dict

    return mmap_dict.MmapedDict


def exposition(folder: Path, more: Iterable[Any] = ()) -> bytes:
    """What the processes of a kind have written, as Prometheus reads it."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if folder.is_dir():
        # On a full disk the dead wait for the next time.
        with suppress(OSError), folding(folder):
            fold_gone(folder)
        collector: Any = MultiProcessCollector
        collector(registry, path=str(folder))
    for other in more:
        registry.register(other)
    return bytes(generate_latest(registry))


@contextmanager
def folding(folder: Path) -> Iterator[None]:
    """One process at a time folds."""
    with (folder / "folding.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fold_dead(folder: Path, *, own: int) -> None:
    """Fold the files of processes that have ended, and one that had our number before us."""
    with folding(folder):
        fold_gone(folder, own=own)


def fold_gone(folder: Path, own: int = 0) -> None:
    """Add what ended processes counted to the files of process 0, so that counters never fall; drop their gauges."""
    file = file_class()
    for path in folder.glob("*.db"):
        kind, _mark, pid = path.stem.rpartition("_")
        if pid == DEAD or not pid.isdigit() or (int(pid) != own and alive(int(pid))):
            continue
        if not kind.startswith("gauge"):
            kept = file(with_room(folder / f"{kind}_{DEAD}.db"))
            for key, value, _stamp, _place in file.read_all_values_from_file(str(path)):
                kept.write_value(key, kept.read_value(key)[0] + value, 0.0)
            kept.close()
        path.unlink(missing_ok=True)


def alive(pid: int) -> bool:
    """Whether a process of this number runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def may_scrape(address: str, headers: Mapping[str, str], *, token: str, networks: Sequence[str]) -> bool:
    """Whether a caller may read metrics: by the bearer token, or directly from an allowed network.

    A call that a proxy has handed on never counts as coming from the proxy's own address.
    """
    import hmac
    from ipaddress import ip_address, ip_network

    given = headers.get("authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    if any(headers.get(name) for name in ("x-forwarded-for", "forwarded", "x-real-ip")):
        return False
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network) for network in networks)
