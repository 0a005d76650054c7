"""A published table with rules, for tests of data quality."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import Rule, RuleData, create_rule
from support_quality import MONDAY, Cast, load, make_cast, published

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
    """A lake and a drop folder of the test's own."""
    settings.QUANSHU_LAKE_DIR = tmp_path / "lake"
    settings.QUANSHU_DROP_FOLDERS = [tmp_path]
    settings.QUANSHU_SERVING_DIR = tmp_path / "serving"
    # Nobody signs in with a password here; the slow hash would only cost time.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    get_lake.cache_clear()
    yield tmp_path
    get_lake.cache_clear()


@pytest.fixture
def table(db: None, folder: Path) -> Checked:
    cast = make_cast()
    entry = published(cast)
    rules = {data.kind: create_rule(actor=SYSTEM, now=MONDAY, entry=entry, data=data) for data in RULES}
    return Checked(cast, entry, rules, folder)
