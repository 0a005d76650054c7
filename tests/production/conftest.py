"""One small filled node of each kind of database; tests that change it take a copy."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from support_installation import Node, database_of_its_own

Filled = tuple[Node, dict[str, str]]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Filled:
    """A node on SQLite that nobody runs."""
    node = Node(tmp_path_factory.mktemp("filled") / "home")
    return node, node.fill()


@pytest.fixture(scope="session")
def filled_on_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    """A node on PostgreSQL that nobody runs."""
    with database_of_its_own() as url:
        node = Node(tmp_path_factory.mktemp("served") / "home", url)
        yield node, node.fill()


@pytest.fixture
def a_copy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Filled]]:
    """Makes a copy of the filled node on a kind of database; its processes are ended."""
    with ExitStack() as stack:

        def make(kind: str) -> Filled:
            before, facts = request.getfixturevalue("filled" if kind == "sqlite" else "filled_on_server")
            shutil.copytree(before.home, tmp_path / "home")
            template = before.database.rpartition("/")[2]
            url = stack.enter_context(database_of_its_own(template)) if kind == "postgresql" else ""
            node = Node(tmp_path / "home", url)
            stack.callback(node.stop)
            return node, facts

        yield make
