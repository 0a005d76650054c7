"""`make bench`: run every benchmark, write benchmarks/results.json and docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from typing import Any

from benchmarks import gateway_lookup, linking, merkle_tree, quality_checks

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


def main() -> int:
    rows = []
    for module in (merkle_tree, quality_checks, gateway_lookup, linking):
        for result in module.run():
            rows.append(result.row())
            print(line(rows[-1]), flush=True)
    (ROOT / "benchmarks/results.json").write_text(
        json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    head = HEAD.format(cores=os.cpu_count(), python=platform.python_version())
    (ROOT / "docs/performance.md").write_text(head + "\n".join(map(line, rows)) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
