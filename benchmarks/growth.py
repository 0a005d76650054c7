"""How the work grows with the rows, one machine: `python -m benchmarks.growth` writes the table of docs/scaling.md.

For each size: rows of CSV to a checked table, thirty rules with failing keys kept, and a build of a library's kind (a
join of persons with their households, grouped by division). Each runs in a process of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.csv_landing import ours as land
from benchmarks.csv_landing import write_file
from benchmarks.quality_rules import SPECS, TODAY, filled
from benchmarks.result import Measured, apart
from quanshu.lake import Lake, engine
from quanshu.lake.checks import run_checks

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000_000, 3_000_000, 10_000_000, 30_000_000)
MEMORY = "2GB"
BEGIN, END = "<!-- measured: python -m benchmarks.growth -->\n", "<!-- end of measured -->"
BUILD = """
SELECT p.division, p.sex, count(*) AS persons, count(DISTINCT p.household) AS households, min(p.born) AS oldest,
    avg(p.age) AS age, max(h.members) AS largest
FROM people p JOIN (SELECT household, count(*) AS members FROM people GROUP BY household) h USING (household)
GROUP BY p.division, p.sex
"""


def check(folder: str, rows: int) -> float:
    """Seconds of thirty rules."""
    lake = Lake(Path(folder), memory_limit=MEMORY, threads=2)
    began = time.perf_counter()
    report = run_checks(lake, "people", SPECS, keys=["id"], today=TODAY)
    assert report.rows == rows
    return time.perf_counter() - began


def build(folder: str, rows: int) -> float:
    """Seconds of a build."""
    lake = Lake(Path(folder), memory_limit=MEMORY, threads=2)
    began = time.perf_counter()
    with lake.connect() as connection:
        lake.register(connection, "people", alias="people")
        lake.overwrite("built", engine.reader(connection, BUILD))
    return time.perf_counter() - began


def landing(path: str, folder: str) -> float:
    """Seconds of a load."""
    return land(path, folder)[0]


def measure(rows: int) -> list[Measured]:
    """One line of the table."""
    folder = tempfile.mkdtemp(prefix="quanshu-growth-")
    try:
        path = f"{folder}/people.csv"
        apart(write_file, path, rows)
        landed = apart(landing, path, f"{folder}/landed")
        os.unlink(path)
        shutil.rmtree(f"{folder}/landed")
        apart(fill, f"{folder}/lake", rows)
        works: list[Callable[..., Any]] = [check, build]
        return [landed, *(apart(work, f"{folder}/lake", rows) for work in works)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(folder: str, rows: int) -> None:
    """The persons and their households."""
    filled(Path(folder), rows)


def main(sizes: list[int]) -> int:
    lines = [
        "| rows | CSV to a checked table | 30 rules | a build with a join | most memory |",
        "| ---: | ---: | ---: | ---: | ---: |",
    ]
    for rows in sizes:
        found = measure(rows)
        seconds = " | ".join(f"{part.value:,.1f} s" for part in found)
        lines.append(f"| {rows:,} | {seconds} | {max(part.peak_mib for part in found):,} MiB |")
        print(lines[-1], flush=True)
    page = ROOT / "docs/scaling.md"
    text = page.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    page.write_text(head + BEGIN + "\n".join(lines) + "\n" + END + rest.split(END)[1], encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main([int(word) for word in sys.argv[1:]] or list(SIZES)))
