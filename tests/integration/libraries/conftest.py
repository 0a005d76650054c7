"""A library over two loaded tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from support_catalogue import make_cast
from support_libraries import Shelf, make_shelf
from support_quality import GOOD, MONDAY, load, own_lake


@pytest.fixture
def shelf(db: None, settings: Any, tmp_path: Path) -> Iterator[Shelf]:
    with own_lake(settings, tmp_path) as folder, freeze(MONDAY):
        made = make_shelf(make_cast(), folder)
        load(made.people, folder, GOOD, MONDAY)
        made.people.refresh_from_db()
        yield made
