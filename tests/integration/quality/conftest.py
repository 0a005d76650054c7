"""A published table with rules, for tests of data quality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.quality.api import Rule, RuleData, create_rule
from support_catalogue import Cast, make_cast
from support_quality import MONDAY, load, own_lake, published

RULES = (
    RuleData("身份号码有效", "citizen_id", ("person_id",)),
    RuleData("姓名必填", "required", ("name",)),
    RuleData("性别代码有效", "code_list", ("sex",), {"codes": ["1", "2"]}),
    RuleData("迁入不晚于迁出", "date_order", ("moved_in", "moved_out")),
)


@dataclass
class Checked:
    """A table under rules, and the folder its source reads."""

    cast: Cast
    entry: Entry
    rules: dict[str, Rule]
    folder: Path

    def load(self, rows: list[list[str]], at: Any = MONDAY) -> None:
        load(self.entry, self.folder, rows, at)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    with own_lake(settings, tmp_path) as own:
        yield own


@pytest.fixture
def table(db: None, folder: Path) -> Checked:
    cast = make_cast()
    entry = published(cast)
    rules = {data.kind: create_rule(actor=SYSTEM, now=MONDAY, entry=entry, data=data) for data in RULES}
    return Checked(cast, entry, rules, folder)
