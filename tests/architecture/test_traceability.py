"""Pages made from the code and the tests say what is so."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("tool", ["traceability", "reference"])
def test_generated_pages_are_up_to_date(tool: str) -> None:
    command = [sys.executable, str(ROOT / f"tools/{tool}.py"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"run `make docs`: {done.stdout}{done.stderr}"


def test_every_clause_of_the_plan_is_named_once() -> None:
    clauses = tomllib.loads((ROOT / "docs/traceability.toml").read_text(encoding="utf-8"))["clause"]
    numbers = [clause["number"] for clause in clauses]
    assert len(numbers) == len(set(numbers))
    assert all(clause.get("works") or clause.get("not_yet") for clause in clauses)
