"""The page that traces clauses to tests says what is so."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "tools/traceability.py"), "--check"]
    assert subprocess.run(command, check=False).returncode == 0, "run `make docs`"


def test_every_clause_of_the_plan_is_named_once() -> None:
    clauses = tomllib.loads((ROOT / "docs/traceability.toml").read_text(encoding="utf-8"))["clause"]
    numbers = [clause["number"] for clause in clauses]
    assert len(numbers) == len(set(numbers))
    assert all(clause.get("works") or clause.get("not_yet") for clause in clauses)
