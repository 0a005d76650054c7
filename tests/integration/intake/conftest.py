"""A supply for tests of intake, in folders of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.supply.lake_store import get_lake
from support_intake import Supply, make_supply, use_folders


@pytest.fixture
def supply(db: None, settings: Any, tmp_path: Path) -> Iterator[Supply]:
    use_folders(settings, tmp_path)
    yield make_supply(tmp_path)
    get_lake.cache_clear()
