"""docs/traceability.md: which clause of the plan is served by what, and which tests show it.

python tools/traceability.py           writes the page
python tools/traceability.py --check   fails when the page on disk is not what it should be
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/traceability.md"
DATA = ROOT / "docs/traceability.toml"
NAME = re.compile(r"test_c(\d+)_\w+\.py")
HEAD = """# Traceability

What of each clause of 济政办字〔2021〕41号 works, and the acceptance tests that show it. Made by `make docs` from
`docs/traceability.toml` and `tests/acceptance/`.

| clause | works | not yet | tests |
| --- | --- | --- | --- |
"""


def tests_by_clause() -> dict[str, list[tuple[str, int]]]:
    """{clause digits: [(file, number of tests)]}."""
    found: dict[str, list[tuple[str, int]]] = {}
    for path in sorted((ROOT / "tests/acceptance").glob("test_c*.py")):
        match = NAME.fullmatch(path.name)
        if match:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            count = sum(isinstance(node, ast.FunctionDef) and node.name.startswith("test_") for node in ast.walk(tree))
            found.setdefault(match.group(1), []).append((path.name, count))
    return found


def row(clause: dict[str, Any], tests: dict[str, list[tuple[str, int]]]) -> str:
    """One line of the table."""
    shown = tests.get(clause["number"].replace(".", ""), [])
    files = "<br>".join(f"[{name}](../tests/acceptance/{name}) ({count})" for name, count in shown)
    parts = [f"{clause['number']} {clause['name']}", clause.get("works", "—"), clause.get("not_yet", "—"), files or "—"]
    return "| " + " | ".join(parts) + " |"


def page() -> str:
    """The page's text."""
    clauses = tomllib.loads(DATA.read_text(encoding="utf-8"))["clause"]
    tests = tests_by_clause()
    known = {clause["number"].replace(".", "") for clause in clauses}
    stray = sorted(set(tests) - known)
    if stray:
        raise SystemExit(f"tests name clauses that {DATA.name} does not: {', '.join(stray)}")
    return HEAD + "\n".join(row(clause, tests) for clause in clauses) + "\n"


def main(words: list[str]) -> int:
    text = page()
    if "--check" in words:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
