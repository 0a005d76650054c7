"""A grant's view as a table of versions: which may be read, and which files make up an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from io import SEEK_CUR, SEEK_END, SEEK_SET, RawIOBase

from quanshu.gateway.delta_sharing.asking import Window
from quanshu.gateway.delta_sharing.faults import BadRequest, NoSuchVersion, RowLimit, StoreAway, ViewMissing
from quanshu.gateway.snapshot import BulkSpec
from quanshu.lake.errors import NoTable, NotReachable
from quanshu.lake.log import Commit, LogFile, TableLog, TableState
from quanshu.lake.storage import Storage


@dataclass(frozen=True, slots=True)
class SharedTable:
    """A view and the versions of it that its grant shows, oldest first."""

    spec: BulkSpec
    log: TableLog
    commits: tuple[Commit, ...]

    @property
    def newest(self) -> int:
        return self.commits[-1].version

    @property
    def oldest(self) -> int:
        """The oldest version that may be read."""
        return self.commits[0].version

    def known(self, version: int) -> int:
        """The version, when it may be read."""
        if not self.oldest <= version <= self.newest:
            raise NoSuchVersion(version=version, oldest=self.oldest, newest=self.newest)
        return version

    def at(self, at_ms: int) -> int:
        """The version in force at a moment."""
        found = [commit.version for commit in self.commits if commit.at_ms <= at_ms]
        if not found:
            raise NoSuchVersion(version="—", oldest=self.oldest, newest=self.newest)
        return found[-1]

    def from_moment(self, at_ms: int) -> int:
        """The earliest version at or after a moment."""
        found = next((commit.version for commit in self.commits if commit.at_ms >= at_ms), None)
        if found is None:
            raise NoSuchVersion(version="—", oldest=self.oldest, newest=self.newest)
        return found

    def state(self, version: int | None = None) -> TableState:
        """Files and metadata of a version, the newest by default."""
        return self.log.state(self.newest if version is None else self.known(version))

    def between(self, starting: int, ending: int | None) -> Sequence[Commit]:
        """The versions of a range, both ends included; an end beyond the newest is the newest."""
        self.known(starting)
        last = self.newest if ending is None else min(ending, self.newest)
        if last < starting:
            raise BadRequest(
                name="endingVersion", fault="早于起始版本", fault_en="lies before the version it starts with"
            )
        return [commit for commit in self.commits if starting <= commit.version <= last]

    def window(self, window: Window) -> Sequence[Commit]:
        """The versions a read of changes asks for."""
        starting = self.from_moment(window.starting_ms) if window.starting_ms is not None else window.starting or 0
        ending = self.at(window.ending_ms) if window.ending_ms is not None else window.ending
        return self.between(starting, ending)

    def pick(self, state: TableState, limit: int | None) -> Sequence[LogFile]:
        """The files of a read: all, or as many as hold `limit` rows. RowLimit when they have more than is granted."""
        files: list[LogFile] = []
        rows = 0
        for file in sorted(state.files, key=lambda file: file.path):
            if limit is not None and rows >= limit:
                break
            files.append(file)
            rows += file.rows
        self.check_rows(rows)
        return files

    def check_rows(self, rows: int) -> None:
        """RowLimit when a read has more rows than the grant allows at once."""
        if self.spec.row_limit is not None and rows > self.spec.row_limit:
            raise RowLimit(rows=rows, limit=self.spec.row_limit)


class Tables:
    """The views in the lake's place, their logs read once and followed."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._logs: dict[str, TableLog] = {}

    def open(self, spec: BulkSpec) -> SharedTable:
        """A grant's view with the versions it shows. ViewMissing while it is not built, StoreAway."""
        log = self._logs.setdefault(spec.lake_table, TableLog(self.storage, spec.lake_table))
        try:
            commits = log.follow()
        except NoTable as fault:
            raise ViewMissing(table=spec.table) from fault
        except NotReachable as fault:
            raise StoreAway from fault
        return SharedTable(spec, log, tuple(commits[-max(1, spec.versions_kept) :]))


def rows_of_change(table: Tables, spec: BulkSpec, kind: str, file: LogFile) -> int:
    """Rows of a file that tells of changes: the log counts those of data files, the file itself its own."""
    if kind != "cdf" and file.stats:
        return file.rows
    # Costs nothing more: the lake's masks, which every gateway uses, have loaded it already.
    from pyarrow.parquet import read_metadata

    try:
        return int(read_metadata(Ranged(table.storage, spec.lake_table, file)).num_rows)
    except NotReachable as fault:
        raise StoreAway from fault


class Ranged(RawIOBase):
    """A file of the lake that is read where it is asked to be; its foot tells what all of it holds."""

    def __init__(self, storage: Storage, name: str, file: LogFile) -> None:
        self._chunks = partial(storage.chunks, name, file.path)
        self._size = file.size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._at = {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: self._size}[whence] + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        found = b"".join(self._chunks(self._at, end)) if end > self._at else b""
        self._at += len(found)
        return found
