"""The import contracts hold, and each of them catches a violation planted in a copy of the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VIOLATIONS = {
    "Floors import downwards only": ("kernel/planted.py", "import quanshu.shared.access.api\n"),
    "Kernel, lake and gateway know no Django": ("lake/planted.py", "import django\n"),
    "Only the lake touches table files": ("supply/intake/planted.py", "import deltalake\n"),
    "Supply: each room above what it builds on": (
        "supply/catalogue/planted.py",
        "import quanshu.supply.intake.api\n",
    ),
    "Sharing: each room above what it builds on": (
        "sharing/services/planted.py",
        "import quanshu.sharing.demands.api\n",
    ),
    "City: each room above what it builds on": ("city/vault/planted.py", "import quanshu.city.codes.api\n"),
    "Rooms are entered by their api.py": ("portal/planted.py", "import quanshu.supply.catalogue.models\n"),
    "Rules and types know no rows": ("supply/intake/rules.py", "import quanshu.supply.intake.models\n"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter over the package that lies in `folder`."""
    environment = {**os.environ, "PYTHONPATH": f"{folder / 'src'}{os.pathsep}{ROOT / 'tools'}", "COLUMNS": "200"}
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    ignored = shutil.ignore_patterns("__pycache__", "static", "locale", "data", "*.sqlite*")
    shutil.copytree(ROOT / "src/quanshu", folder / "src/quanshu", ignore=ignored)
    shutil.copy(ROOT / ".importlinter", folder / ".importlinter")
    return folder


def test_the_tree_keeps_every_contract(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


def test_every_contract_has_a_planted_violation() -> None:
    text = (ROOT / ".importlinter").read_text(encoding="utf-8")
    names = {line.partition("=")[2].strip() for line in text.splitlines() if line.startswith("name =")}
    assert names == set(VIOLATIONS)


def test_every_contract_says_why() -> None:
    sections = (ROOT / ".importlinter").read_text(encoding="utf-8").split("[importlinter:contract:")[1:]
    for section in sections:
        assert section.splitlines()[1].startswith("# "), section.splitlines()[0]


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_a_planted_violation_is_caught(copy: Path, contract: str) -> None:
    name, line = VIOLATIONS[contract]
    path = copy / "src/quanshu" / name
    before = path.read_text(encoding="utf-8") if path.exists() else None
    path.write_text((before or "") + line, encoding="utf-8")
    try:
        done = lint(copy)
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert f"{contract} BROKEN" in done.stdout
