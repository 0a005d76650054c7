"""Units and people for tests of the catalogue."""

from __future__ import annotations

import pytest

from support_catalogue import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()
