"""The log of a table read as it lies in its place: which files make up a version, and which tell of its changes.

Plain JSON, so that a process which only hands files out need not open the table. Follows the Delta transaction
log protocol as far as the lake's own writers use it: no deletion vectors, no column mapping, logs never cleaned.
"""

import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from quanshu.lake.errors import NoTable, NoVersion

if TYPE_CHECKING:
    from quanshu.lake.storage import Storage


@dataclass(frozen=True, slots=True)
class TableVersion:
    """One version of a table: when it was written, by which operation, and the writer's own notes."""

    version: int
    at: datetime
    operation: str
    commit: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file named in the log; `path` is relative to the table's folder, `stats` the log's own JSON."""

    path: str
    size: int
    partition_values: Mapping[str, str | None] = field(default_factory=dict)
    stats: str = ""

    @property
    def rows(self) -> int:
        """Number of rows, 0 when the writer left none."""
        return int(json.loads(self.stats).get("numRecords", 0)) if self.stats else 0


@dataclass(frozen=True, slots=True)
class Commit:
    """One version: what it added and removed. `changes` are files of the change feed, there when rows were rewritten.

    `data_change` is false for versions that only move rows between files. `at_ms` is epoch milliseconds.
    """

    version: int
    at_ms: int
    added: tuple[LogFile, ...]
    removed: tuple[LogFile, ...]
    changes: tuple[LogFile, ...]
    data_change: bool
    metadata: Mapping[str, Any] | None
    protocol: Mapping[str, Any] | None

    @property
    def feed(self) -> tuple[tuple[str, LogFile], ...]:
        """The files that tell this version's changes: kind `cdf`, or `add` and `remove` where whole files changed."""
        if self.changes:
            return tuple(("cdf", file) for file in self.changes)
        if not self.data_change:
            return ()
        return (*(("add", file) for file in self.added), *(("remove", file) for file in self.removed))


@dataclass(frozen=True, slots=True)
class TableState:
    """A table at one version."""

    version: int
    at_ms: int
    files: tuple[LogFile, ...]
    metadata: Mapping[str, Any]
    protocol: Mapping[str, Any]

    @property
    def rows(self) -> int:
        return sum(file.rows for file in self.files)


def state_after(commits: Sequence[Commit]) -> TableState:
    """The table that all commits from the first on lead to."""
    files: dict[str, LogFile] = {}
    metadata: Mapping[str, Any] = {}
    protocol: Mapping[str, Any] = {}
    for commit in commits:
        for file in commit.removed:
            files.pop(file.path, None)
        files.update({file.path: file for file in commit.added})
        metadata = commit.metadata or metadata
        protocol = commit.protocol or protocol
    return TableState(commits[-1].version, commits[-1].at_ms, tuple(files.values()), metadata, protocol)


class TableLog:
    """The commits of one table. Safe to share among threads; reads on when it is asked to."""

    def __init__(self, storage: "Storage", table: str) -> None:
        self.storage = storage
        self.table = table
        self._lock = threading.Lock()
        self._commits: list[Commit] = []
        self._identity = ""

    def follow(self) -> Sequence[Commit]:
        """All commits, oldest first, with those written since the last time. Raises `lake.no_table`."""
        with self._lock:
            first = self.storage.mark(self.table, _name(0))
            if first is None:
                raise NoTable(table=self.table)
            if first.identity != self._identity:
                # Another table has taken the name.
                self._commits, self._identity = [], first.identity
            while mark := self.storage.mark(self.table, _name(len(self._commits))):
                self._commits.append(self._read(len(self._commits), mark.written_ms))
            return tuple(self._commits)

    def _read(self, version: int, written_ms: float) -> Commit:
        """One commit; a file of the log appears whole or not at all."""
        text = b"".join(self.storage.chunks(self.table, _name(version))).decode()
        return read_commit(text, version, written_ms)

    def state(self, version: int | None = None) -> TableState:
        """The table at a version, the newest by default. Raises `lake.no_version`."""
        commits = self.follow()
        newest = len(commits) - 1
        wanted = newest if version is None else version
        if not 0 <= wanted <= newest:
            raise NoVersion(table=self.table, version=wanted, newest=newest)
        return state_after(commits[: wanted + 1])

    def needed(self, oldest: int) -> set[str]:
        """Paths that the versions from `oldest` on, and their changes, are read from."""
        commits = self.follow()
        paths = {file.path for file in self.state(oldest).files}
        for commit in commits[oldest:]:
            paths |= {file.path for file in (*commit.added, *commit.removed, *commit.changes)}
        return paths

    def forget(self, keep: int) -> int:
        """Remove the files that only versions before the newest `keep` need, and those of writers that died.

        Answers how many. The caller holds other writers off.
        """
        needed = self.needed(max(0, len(self.follow()) - keep))
        there = self.storage.files(self.table)
        gone = [
            path for path in there if path.endswith(".parquet") and "_delta_log/" not in path and path not in needed
        ]
        self.storage.erase(self.table, gone)
        return len(gone)


def _name(version: int) -> str:
    return f"_delta_log/{version:020d}.json"


def _file(action: Mapping[str, Any]) -> LogFile:
    return LogFile(
        path=str(action["path"]),
        size=int(action.get("size") or 0),
        partition_values=action.get("partitionValues") or {},
        stats=action.get("stats") or "",
    )


def read_commit(text: str, version: int, written_ms: float) -> Commit:
    """One commit from the text of its file in the log; `written_ms` is when that was written, if it does not say."""
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for line in text.splitlines():
        if line.strip():
            for kind, action in json.loads(line).items():
                parts.setdefault(kind, []).append(action)
    moved = [*parts.get("add", ()), *parts.get("remove", ())]
    told = parts.get("commitInfo", [{}])[0].get("timestamp")
    return Commit(
        version=version,
        at_ms=int(told if told is not None else written_ms),
        added=tuple(_file(action) for action in parts.get("add", ())),
        removed=tuple(_file(action) for action in parts.get("remove", ())),
        changes=tuple(_file(action) for action in parts.get("cdc", ())),
        data_change=any(action.get("dataChange") for action in moved),
        metadata=parts["metaData"][0] if "metaData" in parts else None,
        protocol=parts["protocol"][0] if "protocol" in parts else None,
    )
