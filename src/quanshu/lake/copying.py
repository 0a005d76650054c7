"""The files of a table as it was at a moment, for copying it elsewhere with all its versions up to then."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote

from quanshu.lake.storage import LOG
from quanshu.lake.tables import Lake

_VERSION = re.compile(r"_delta_log/(\d{20})\.")
# Actions that name a file of the table.
_NAMING = ("add", "cdc")


@dataclass(frozen=True, slots=True)
class TableFiles:
    """A table up to `version`: its files by path below it with their sizes, and the rows of that version.

    Data files have names of their own and never change; those in `_delta_log/` may have another content in a table
    that was made anew under the name.
    """

    name: str
    version: int
    rows: int
    files: dict[str, int]


def table_files(lake: Lake, name: str, *, until: datetime) -> TableFiles | None:
    """The files of every version written up to a moment; None when the table is younger, or gone meanwhile.

    Raises FileNotFoundError when a file that a version names is not there.
    """
    there = lake.storage.files(name)
    last, wanted = -1, set[str]()
    for version, file in sorted(commits(there).items()):
        actions = [json.loads(line) for line in b"".join(lake.storage.chunks(name, file)).splitlines() if line.strip()]
        if version != last + 1 or written_at(actions) > until.timestamp():
            break
        last = version
        wanted |= {file, *named(actions)}
    if last < 0:
        return None
    wanted |= {
        file
        for file in there
        if ".checkpoint" in file and (found := _VERSION.match(file)) and int(found.group(1)) <= last
    }
    missing = sorted(wanted - there.keys())
    if missing:
        raise FileNotFoundError(f"{name}: {missing[0]}")
    return TableFiles(name, last, lake.count(name, last), {file: there[file] for file in sorted(wanted)})


def commits(files: dict[str, int]) -> dict[int, str]:
    """The commit file of each version."""
    found = {}
    for file in files:
        match = _VERSION.match(file)
        if match and file == f"{LOG}{match.group(1)}.json":
            found[int(match.group(1))] = file
    return found


def written_at(actions: list[dict[str, dict[str, object]]]) -> float:
    """When a commit was written, in epoch seconds; 0 when it does not say."""
    notes = [action["commitInfo"] for action in actions if "commitInfo" in action]
    return float(str(notes[0].get("timestamp", 0))) / 1000 if notes else 0.0


def named(actions: list[dict[str, dict[str, object]]]) -> set[str]:
    """Files that a commit adds."""
    return {unquote(str(action[kind]["path"])) for action in actions for kind in _NAMING if kind in action}
