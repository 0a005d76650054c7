"""An upgrade backs up, migrates and says how to go back; processes refuse a database of another version."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from support_installation import Node

pytestmark = pytest.mark.timeout(900)
MIGRATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [{after}]
    operations = [migrations.CreateModel("{name}", [("id", models.BigAutoField(primary_key=True))])]
"""


def with_a_room(folder: Path, home: Path) -> Node:
    """A node whose code has one more room, in the settings."""
    room = folder / "upgraded_room" / "migrations"
    room.mkdir(parents=True)
    for path in (room.parent / "__init__.py", room / "__init__.py"):
        path.touch()
    lines = ["from quanshu.config.settings import *", "INSTALLED_APPS = [*INSTALLED_APPS, 'upgraded_room']"]
    (folder / "upgraded_settings.py").write_text("\n".join(lines))
    add_migration(folder, "0001_first", "First", "")
    node = Node(home, DJANGO_SETTINGS_MODULE="upgraded_settings")
    node.environment["PYTHONPATH"] = os.pathsep.join([str(folder), node.environment["PYTHONPATH"]])
    return node


def add_migration(folder: Path, file: str, name: str, after: str) -> Path:
    path = folder / "upgraded_room" / "migrations" / f"{file}.py"
    path.write_text(MIGRATION.format(name=name, after=after))
    return path


def test_an_upgrade_there_and_back(filled: tuple[Node, dict[str, str]], tmp_path: Path) -> None:
    shutil.copytree(filled[0].home, tmp_path / "home")
    node = with_a_room(tmp_path, tmp_path / "home")
    done = node.run("worker")
    assert done.returncode == 1
    assert "node.database_older" in done.stderr
    assert "upgraded_room.0001_first" in done.stderr
    assert "quanshu upgrade" in done.stderr

    done = node.run("upgrade", "--backup", str(tmp_path / "backups"))
    assert done.returncode == 0, done.stderr
    kept = next((tmp_path / "backups").glob("quanshu-*"))
    assert f"quanshu restore {kept}" in done.stdout
    assert "whole" in done.stdout

    second = add_migration(tmp_path, "0002_second", "Second", '("upgraded_room", "0001_first")')
    assert node.run("upgrade", "--no-backup").returncode == 0
    second.unlink()
    done = node.run("web")
    assert done.returncode == 1
    assert "node.database_newer" in done.stderr
    assert "upgraded_room.0002_second" in done.stderr
    assert node.run("setup").returncode == 1

    back = Node(tmp_path / "back")
    assert back.run("restore", str(kept)).returncode == 0
    assert back.rows("SELECT count(*) FROM django_migrations WHERE app = 'upgraded_room'") == [[0]]


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    done = Node(tmp_path / "home", "postgresql://quanshu@127.0.0.1:9/quanshu").run("worker")
    assert done.returncode == 1
    assert "node.database_silent" in done.stderr
    assert "QUANSHU_DATABASE_URL" in done.stderr
