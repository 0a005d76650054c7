"""`make bench`: run every benchmark, or those named, write benchmarks/results.json and docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from benchmarks import (
    batch_verify,
    bulk_read,
    catalogue_search,
    code_issue,
    consent_check,
    csv_landing,
    gateway_datasette,
    gateway_lookup,
    gateway_mixed,
    gateway_postgresql,
    ledger_integrate,
    ledger_proof,
    linking,
    merkle_tree,
    quality_peer,
    quality_rules,
)

ROOT = Path(__file__).resolve().parent.parent
HEAD = """# Performance

Measured by `make bench` on {cores} cores with Python {python}. Each figure stands beside a named peer, or the bare
engine doing the same work, measured in the same run, turn by turn; the middle of three rounds is shown.

| what | ours | against | theirs | ratio | target | held |
| --- | --- | --- | --- | --- | --- | --- |
"""


def line(row: dict[str, Any]) -> str:
    """One row of the page."""
    unit = row["unit"]
    small = ".4f" if unit == "F1" else ",.3g"
    ours, theirs = (format(row[side], small if row[side] < 100 else ",.0f") for side in ("ours", "theirs"))
    held = "yes" if row["held"] else "no"
    cells = (row["name"], f"{ours} {unit}", row["against"], f"{theirs} {unit}", f"{row['ratio']:.2f}")
    return f"| {' | '.join(cells)} | {row['target']:.2f} | {held} |"


MODULES = (
    merkle_tree,
    ledger_integrate,
    ledger_proof,
    quality_rules,
    quality_peer,
    csv_landing,
    linking,
    catalogue_search,
    code_issue,
    consent_check,
    gateway_lookup,
    batch_verify,
    gateway_postgresql,
    gateway_datasette,
    gateway_mixed,
    bulk_read,
)
ORDER = [module.__name__.rpartition(".")[2] for module in MODULES]
RESULTS = ROOT / "benchmarks/results.json"


def main(words: list[str]) -> int:
    """Run the benchmarks named, or all; what is not run keeps its figures of before."""
    rows: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8")) if words else []
    for module in MODULES:
        part = module.__name__.rpartition(".")[2]
        if words and part not in words:
            continue
        found = [{"part": part, **result.row()} for result in module.run()]
        rows = sorted([row for row in rows if row["part"] != part] + found, key=lambda row: ORDER.index(row["part"]))
        for row in found:
            print(line(row), flush=True)
        write(rows)
    return 0


def write(rows: list[dict[str, Any]]) -> None:
    """The figures as JSON and as a page."""
    RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    head = HEAD.format(cores=os.cpu_count(), python=platform.python_version())
    (ROOT / "docs/performance.md").write_text(head + "\n".join(map(line, rows)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
