"""The registry of identities: built, kept, merged, split, and not changed by a run that dies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from quanshu.supply.fusion.api import Run
from quanshu.supply.lake_store import get_lake
from support_catalogue import make_cast
from support_fusion import Registers, make_registers
from support_quality import MONDAY, own_lake


@pytest.fixture
def registers(db: None, settings: Any, tmp_path: Path) -> Iterator[Registers]:
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        yield make_registers(make_cast(), folder)


def identity_of(run: Run) -> dict[str, str]:
    """{record: identity} of a run."""
    rows = get_lake().read(f"fusion_person_links__{run.suffix}").to_pylist()
    return {row["record"]: row["identity"] for row in rows if not row["gone"]}


def golden_of(run: Run) -> list[dict[str, Any]]:
    """The golden records of a run."""
    return get_lake().read(f"fusion_person_golden__{run.suffix}").to_pylist()


def test_records_of_a_person_are_one_identity(registers: Registers) -> None:
    registers.enforce()
    run = registers.run()
    assert run.state == "done", run.error
    found = identity_of(run)
    print(found, run.figures)
    assert len(set(found.values())) == 5
    assert found["register:P0"] == found["insurance:I0"]
    assert found["register:P1"] == found["insurance:I1"] == found["death:D1"]
    print(golden_of(run))
    print(get_lake().read(f"fusion_person_life__{run.suffix}").to_pylist())
