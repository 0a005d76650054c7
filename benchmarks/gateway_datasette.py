"""A signed look-up with grant, mask and durable receipt, against Datasette's row page on the same table."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.gateway_lookup import (
    RID,
    ROUNDS,
    SECRET,
    SID,
    asked,
    check_refused,
    fire_floor,
    fire_ours,
    free_port,
    prepare,
    serving,
)
from benchmarks.load import Heard, Shot, fire
from benchmarks.result import Result, median


def fire_datasette(table: Path) -> Heard:
    """A turn of Datasette in immutable mode."""
    port = free_port()
    command = [sys.executable, "-m", "datasette", "serve", "-i", str(table), "--port", str(port)]
    with serving(command, port, {}):
        return fire(Shot(port, "/", RID, SID, SECRET, asked(), get="/person/person/{id}.json"))


def run() -> list[Result]:
    """Rates, turn by turn."""
    with tempfile.TemporaryDirectory(prefix="quanshu-bench-") as folder:
        home = Path(folder)
        prepare(home)
        ours: list[Heard] = []
        theirs: list[Heard] = []
        bare: list[Heard] = []
        for turn in range(ROUNDS):
            ours.append(fire_ours(home, turn))
            theirs.append(fire_datasette(home / "serving" / "person.sqlite"))
            bare.append(fire_floor("benchmarks.floor_app:app", FLOOR_TABLE=str(home / "serving" / "person.sqlite")))
    check_refused([*ours, *theirs, *bare])
    rate, peer, floor = (median([heard.rate for heard in turns]) for turns in (ours, theirs, bare))
    against = "Datasette, immutable, one row as JSON; neither signed, masked nor receipted"
    return [
        Result("signed look-up against Datasette, 1 M rows", rate, against, peer, 15.0, "calls/s"),
        # How far anything that answers by this server can get.
        Result("the bare floor of a look-up against Datasette", floor, against, peer, 15.0, "calls/s"),
    ]
