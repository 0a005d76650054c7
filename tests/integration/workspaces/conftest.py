"""A workspace over a loaded table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quanshu.kernel.clock import freeze
from support_catalogue import make_cast
from support_quality import GOOD, MONDAY, load, own_lake, published
from support_workspaces import Space, make_space


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Iterator[Path]:
    with own_lake(settings, tmp_path) as own:
        yield own


@pytest.fixture
def ready(db: None, folder: Path) -> Iterator[Space]:
    """Monday morning: the table is loaded and granted."""
    cast = make_cast()
    entry = published(cast)
    load(entry, folder, GOOD, MONDAY)
    entry.refresh_from_db()
    with freeze(MONDAY):
        yield make_space(cast, entry)
