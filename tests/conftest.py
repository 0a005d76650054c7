"""Settings every test shares: a scratch home folder for each test process and real databases."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

# How long an example takes tells of the machine, not of the code.
hypothesis_settings.register_profile("quanshu", deadline=None)
hypothesis_settings.load_profile("quanshu")

# Folders of tests that take minutes.
LONG = frozenset({"faults", "production"})
HOME = Path(tempfile.mkdtemp(prefix="quanshu-test-"))
os.environ["QUANSHU_HOME"] = str(HOME)
os.environ["DJANGO_SETTINGS_MODULE"] = "quanshu.config.settings"


def pytest_configure() -> None:
    """Accounts by the hundred: a password's cost is one test's matter."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start nodes first: begun last, the longest of them would keep one process busy and the others idle."""
    items.sort(key=lambda item: not (item.path.parent.name in LONG and not empties_tables(item)))


def empties_tables(item: pytest.Item) -> bool:
    """Whether the test leaves the database empty: those stay last, where pytest-django puts them."""
    marks = [mark for mark in item.iter_markers("django_db") if mark.kwargs.get("transaction")]
    return bool(marks) or bool({"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """SQLite as a node has it: a file with a write-ahead log, so that threads meet the locks they meet there."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(HOME / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Transactional tests empty every table after them: the audit trail's triggers step aside for that alone."""
    from django.core.management.commands import flush
    from django.db import connection

    from quanshu.shared.audit import append_only

    empty_tables = flush.Command.handle

    def run(statements: list[str]) -> None:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def handle(self: flush.Command, **options: object) -> None:
        run(append_only.remove_statements(connection.vendor))
        try:
            empty_tables(self, **options)
        finally:
            run(append_only.install_statements(connection.vendor))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flush.Command, "handle", handle)
        yield
