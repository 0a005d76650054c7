"""Real deletion: what only old versions of a table hold is taken away for good.

A row deleted or replaced lives on in the files of the versions before, in the change feed, and with its least and
greatest values in the log. All of that goes, for versions superseded before a moment; versions stay listed, and
reading one that was erased is refused by name. Copies of a node (`quanshu keep`) are of their day and are not
reached from here.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quanshu.lake import storage
from quanshu.lake.errors import NoTable, NoVersion, VersionErased
from quanshu.lake.log import Commit, read_commit, state_after
from quanshu.lake.schema import check_table_name
from quanshu.lake.storage import LOG, Storage

if TYPE_CHECKING:
    from quanshu.lake.tables import Lake

MARK = "_erased.json"
BLOT = "***"
COMMIT_FILE = re.compile(rf"{LOG}(\d{{20}})\.json")
CHECKPOINT_FILE = re.compile(rf"{LOG}(\d{{20}})\.checkpoint.*\.parquet")


@dataclass(frozen=True, slots=True)
class Superseded:
    """Versions of a table whose rows can go: from `first` up to, not with, `oldest`; `since`: end of the first."""

    first: int
    oldest: int
    since: datetime | None

    @property
    def versions(self) -> range:
        return range(self.first, self.oldest)


def oldest_kept(where: Storage, name: str) -> int:
    """The oldest version of a table that has not been erased."""
    try:
        return int(json.loads(b"".join(where.chunks(name, MARK)))["oldest"])
    except FileNotFoundError:
        return 0


def check_kept(where: Storage, name: str, version: int) -> None:
    """Raises `lake.version_erased`."""
    oldest = oldest_kept(where, name)
    if version < oldest:
        raise VersionErased(table=name, version=version, oldest=oldest)


def superseded(lake: Lake, name: str, before: datetime) -> Superseded:
    """Which versions of a table were superseded before a moment and not erased yet. Raises `lake.no_table`."""
    commits, first = _commits(lake.storage, check_table_name(name)), oldest_kept(lake.storage, name)
    limit = before.timestamp() * 1000
    reached = [commit.version for commit in commits if commit.at_ms < limit]
    oldest = max(first, reached[-1] if reached else 0)
    since = datetime.fromtimestamp(commits[first + 1].at_ms / 1000, UTC) if oldest > first else None
    return Superseded(first, oldest, since)


def erase_versions(lake: Lake, name: str, oldest: int) -> None:
    """Take away what only versions before `oldest` need. Safe to do again after a fall.

    Files of rows and of the change feed are removed, values that the log keeps of them are blotted out, and old
    checkpoints of the log go. Other writers of the table are held off. Raises `lake.no_table`, `lake.no_version`.
    """
    where = lake.storage
    with lake.hold(check_table_name(name)):
        commits = _commits(where, name)
        if not 0 <= oldest < len(commits):
            raise NoVersion(table=name, version=oldest, newest=len(commits) - 1)
        # The mark first: from here on a reader is refused by name rather than by a file that is missing.
        mark = json.dumps({"oldest": max(oldest, oldest_kept(where, name))})
        where.put_back(name, MARK, io.BytesIO(mark.encode()))
        needed = {file.path for file in state_after(commits[: oldest + 1]).files}
        for commit in commits[oldest + 1 :]:
            needed |= {file.path for file in (*commit.added, *commit.removed, *commit.changes)}
        there = where.files(name)
        gone = [path for path in there if path.endswith(".parquet") and not path.startswith(LOG) and path not in needed]
        where.erase(name, gone)
        for version in range(oldest + 1):
            _blot(where, name, f"{LOG}{version:020d}.json", needed)
        _renew_checkpoint(where, name, there)


def _commits(where: Storage, name: str) -> list[Commit]:
    if not storage.exists(where, name):
        raise NoTable(table=name)
    files = sorted(path for path in where.files(name) if COMMIT_FILE.fullmatch(path))
    return [read_commit(_text(where, name, path), number, 0) for number, path in enumerate(files)]


def _text(where: Storage, name: str, path: str) -> str:
    return b"".join(where.chunks(name, path)).decode()


def _blot(where: Storage, name: str, path: str, needed: set[str]) -> None:
    """Leave of the log's words on files that are gone only how many rows they had, and no condition of a deletion."""
    lines = [json.loads(line) for line in _text(where, name, path).splitlines() if line.strip()]
    # Every action is looked at, not only up to the first that had values.
    changed = [_without_values(kind, action, needed) for line in lines for kind, action in line.items()]
    if any(changed):
        content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
        where.put_back(name, path, io.BytesIO(content.encode()))


def _without_values(kind: str, action: dict[str, Any], needed: set[str]) -> bool:
    """Take values of rows out of one action of the log; whether there were any."""
    if kind == "commitInfo":
        told = action.get("operationParameters") or {}
        there = bool(told.get("predicate")) and told["predicate"] != BLOT
        if there:
            told["predicate"] = BLOT
        return there
    if kind not in {"add", "remove"} or action["path"] in needed:
        return False
    told = json.loads(action.get("stats") or "{}")
    if not told.keys() - {"numRecords"}:
        return False
    action["stats"] = json.dumps({"numRecords": told.get("numRecords", 0)})
    return True


def _renew_checkpoint(where: Storage, name: str, there: dict[str, int]) -> None:
    """A checkpoint repeats what the log says of files; those of before the erasure go, and a new one is written."""
    old = [path for path in there if CHECKPOINT_FILE.fullmatch(path)]
    if not old:
        return
    table = storage.open_table(where, name)
    table.create_checkpoint()
    where.erase(name, [path for path in old if int(CHECKPOINT_FILE.fullmatch(path)[1]) != table.version()])  # type: ignore[index]
