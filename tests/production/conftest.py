"""One small filled node for all tests that only look at it."""

from __future__ import annotations

import pytest

from support_node import Node


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Node, dict[str, str]]:
    """A node on SQLite that nobody runs."""
    node = Node(tmp_path_factory.mktemp("filled") / "home")
    return node, node.fill()
