"""The shipped model of 生存状态 reads what fusion gives, and follows its runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.demo.play.libraries import FOLDER, shipped
from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import dispatch
from quanshu.supply.lake_store import get_lake
from quanshu.supply.libraries.api import (
    Build,
    LibraryData,
    ModelData,
    build_now,
    create_library,
    publish_model,
    save_model,
    start_build,
    submit_model,
)
from support_catalogue import make_cast
from support_fusion import Registers, citizen_id, make_registers
from support_quality import MONDAY, own_lake


@pytest.fixture
def registers(db: None, settings: Any, tmp_path: Path) -> Iterator[Registers]:
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        made = make_registers(make_cast(), folder)
        made.enforce()
        made.run()
        yield made


def test_the_survival_library_reads_the_fused_records_and_follows_them(registers: Registers) -> None:
    given = next(model for model in shipped()["model"] if model["code"] == "survival")
    entries = {"golden": registers.scheme.golden_entry, "life": registers.scheme.life_entry}
    library = create_library(
        actor=SYSTEM,
        now=MONDAY,
        unit=registers.cast.units["bureau"],
        data=LibraryData("alive", "application", "生存状态库", classification_code="101001"),
    )
    data = ModelData(
        code="survival",
        title="生存状态",
        sql=FOLDER.joinpath("survival.sql").read_text(encoding="utf-8"),
        references="\n".join(f"{name} = {entry.code}" for name, entry in entries.items() if entry),
        keys=given["keys"],
        columns=given["columns"],
        tests=given["tests"].strip(),
    )
    version = save_model(actor=SYSTEM, now=MONDAY, library=library, data=data)
    submit_model(actor=SYSTEM, now=MONDAY, model=version.model)
    publish_model(actor=registers.cast.actor("officer"), now=MONDAY, model=version.model)
    build = build_now(start_build(actor=SYSTEM, now=MONDAY, model=version.model).uid, MONDAY)
    assert build.state == "done", build.error
    rows = {row["citizen_id"]: row for row in get_lake().read(build.lake_table).to_pylist()}
    assert rows[citizen_id(102, "1951-06-07")]["status"] == "dead"
    assert rows[citizen_id(101)]["status"] == "alive"
    # What is inferred of a death is graded, and the number keeps its mask.
    entry = version.model.__class__.objects.get(pk=version.model.pk).entry
    assert entry is not None
    items = {item.name: item for item in entry.items.all()}
    assert (items["citizen_id"].mask, items["status"].personal) == ("citizen_id", True)
    run = registers.run()
    with freeze(registers.at):
        dispatch(registers.at)
    assert run.state == "done"
    assert Build.objects.filter(model=version.model, cause="followed", state="queued").count() == 1
