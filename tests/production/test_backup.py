"""Backup and restore of a whole node by one command each, on both databases, while it works."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.journal import read_after
from quanshu.lake import Lake
from support_installation import Node, answers, database_of_its_own, wait_until

pytestmark = pytest.mark.timeout(900)
LOADER = """
import os, sys, time, django
django.setup()
import pyarrow as pa
from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
from quanshu.supply.lake_store import get_lake
number = 0
while not os.path.exists(sys.argv[2]):
    texts = {"citizen_id": f"{number:018d}", "name": "某", "born": "2000-01-01", "street": "街", "informant": ""}
    version = get_lake().append(sys.argv[1], pa.table({name: [text] for name, text in texts.items()}))
    audit.record(actor=SYSTEM, action="test.loaded", kind="test", uid=str(version), now=now())
    number += 1
    time.sleep(0.02)
print(number)
"""
SETTINGS = {"DJANGO_SETTINGS_MODULE": "quanshu.config.settings"}


@pytest.fixture(scope="session")
def kept(filled: tuple[Node, dict[str, str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it, in a folder."""
    target = tmp_path_factory.mktemp("kept")
    done = filled[0].run("backup", str(target))
    assert done.returncode == 0, done.stderr
    assert "unsealed" in done.stderr
    return target


def newest(target: Path) -> Path:
    return sorted(target.glob("quanshu-*"))[-1]


def manifest_of(folder: Path) -> dict[str, object]:
    return dict(json.loads(json.loads((folder / "manifest.json").read_bytes())["manifest"]))


def left_in(home: Path) -> list[str]:
    """Files of a home folder but for the secret every command makes."""
    return [str(path) for path in home.rglob("*") if path.is_file() and path.name != "django-secret"]


@contextmanager
def node_on(kind: str, home: Path) -> Iterator[Node]:
    """A node on an empty database of a kind; its processes are ended."""
    with ExitStack() as stack:
        url = stack.enter_context(database_of_its_own()) if kind == "postgresql" else ""
        node = Node(home, url)
        stack.callback(node.stop)
        yield node


@contextmanager
def under_load(node: Node, facts: dict[str, str], folder: Path) -> Iterator[Counter[int]]:
    """Gateway and worker run, calls are made and rows are loaded for as long as the context lives."""
    node.start("gateway")
    node.start("worker")
    wait_until(lambda: answers(f"{node.gateway}/health"), "the gateway answers")
    stop, counts = folder / "stop", Counter[int]()

    def call() -> None:
        with GatewayClient(node.gateway, facts["rid"], facts["secret"]) as client:
            while not stop.exists():
                counts[client.call(facts["sid"], {"citizen_id": facts["person"]}).status] += 1
                time.sleep(0.05)

    caller = threading.Thread(target=call)
    caller.start()
    loader = subprocess.Popen(
        [sys.executable, "-c", LOADER, facts["table"], str(stop)],
        env={**node.environment, **SETTINGS},
        stdout=subprocess.PIPE,
    )
    try:
        wait_until(lambda: counts[200] > 20, "calls are answered")
        yield counts
    finally:
        stop.touch()
        caller.join()
        told, _nothing = loader.communicate(timeout=30)
        node.stop()
    assert int(told) > 5


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_node_under_load_is_backed_up_and_restored_elsewhere(
    kind: str, a_copy: Callable[[str], tuple[Node, dict[str, str]]], tmp_path: Path
) -> None:
    node, facts = a_copy(kind)
    with node_on(kind, tmp_path / "new") as other:
        with under_load(node, facts, tmp_path) as counts:
            done = node.run("backup", str(tmp_path / "backups"))
        assert done.returncode == 0, done.stderr
        assert set(counts) == {200}
        folder = newest(tmp_path / "backups")
        manifest = manifest_of(folder)

        done = other.run("restore", str(tmp_path / "backups"))
        assert done.returncode == 0, done.stderr + done.stdout
        assert "The node is what the backup says" in done.stdout
        compare_rows(other, manifest)
        compare_lake(node, other, facts["table"], manifest)
        compare_audit(other, manifest)

        other.start("gateway")
        wait_until(lambda: answers(f"{other.gateway}/health"), "the restored gateway answers")
        with GatewayClient(other.gateway, facts["rid"], facts["secret"]) as client:
            answer = client.call(facts["sid"], {"citizen_id": facts["person"]})
        assert answer.status == 200
        assert answer.body["data"][0]["street"] == "千佛山街道"
        assert (other.home / "files" / facts["digest"][:2] / facts["digest"]).exists()
        reconcile(other, facts["rid"])


def compare_rows(other: Node, manifest: dict[str, object]) -> None:
    """Every table has the rows it had, but for what publishing anew has added."""
    tables = manifest["tables"]
    assert isinstance(tables, dict)
    assert len(tables) > 100
    union = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in tables)
    differing = {name for name, count in other.rows(union) if count != tables[name]}
    # A load may be ahead of its serving table at the backup's moment: the restored node builds that table at once.
    assert differing <= {"jobs_job", "services_serving"}


def compare_lake(node: Node, other: Node, table: str, manifest: dict[str, object]) -> None:
    """The table's rows are those of the version at the database's moment; all versions before are readable."""
    version = manifest["lake"][table]["version"]  # type: ignore[index]
    old, new = Lake(node.home / "lake"), Lake(other.home / "lake")
    assert new.version(table) == version
    assert old.version(table) > version
    assert version >= max(int(row[0]) for row in other.rows(LOADED))
    for number in (0, version // 2, version):
        assert new.read(table, version=number).sort_by("citizen_id") == old.read(table, version=number).sort_by(
            "citizen_id"
        )


LOADED = "SELECT coalesce(max(cast(object_uid as integer)), 0) FROM audit_auditentry WHERE action = 'test.loaded'"


def compare_audit(other: Node, manifest: dict[str, object]) -> None:
    """The tree has the head it had, and every entry proves to be in it."""
    kept = manifest["audit"]
    assert isinstance(kept, dict)
    assert other.run("ledger", "check").returncode == 0
    assert kept["size"] > 0
    size = kept["size"]
    root = other.rows(f"SELECT root FROM audit_treehead WHERE size = {size}")[0][0]
    assert bytes(root).hex() == kept["root"]


def reconcile(other: Node, rid: str) -> None:
    """A worker carries what the journals hold beyond the database's cursors: each receipt once."""
    found = read_after(other.home / "gateway", {}, 1_000_000)
    receipts = {receipt.receipt_id for _file, _number, receipt in found if receipt.rid == rid}
    other.start("worker")
    sql = "SELECT receipt_id FROM services_exchange WHERE NOT probe ORDER BY receipt_id"
    wait_until(lambda: [row[0] for row in other.rows(sql)] == sorted(receipts), "each receipt is carried, once")


def damaged(kept: Path, copy: Path) -> Path:
    shutil.copytree(newest(kept), copy)
    return copy


def test_a_part_that_is_corrupt_short_or_missing_is_named_and_nothing_restored(kept: Path, tmp_path: Path) -> None:
    folder = damaged(kept, tmp_path / "backup")
    parts = sorted(path for path in folder.glob("lake/*/*.parquet"))
    data = bytearray(parts[0].read_bytes())
    data[len(data) // 2] ^= 1
    parts[0].write_bytes(data)
    database = folder / "database" / "quanshu.sqlite3"
    database.write_bytes(database.read_bytes()[:-100])
    (folder / "keys" / "snapshot.key").unlink()
    done = Node(tmp_path / "new").run("restore", str(folder))
    assert done.returncode == 1
    for name in (parts[0].name, "database/quanshu.sqlite3 has", "keys/snapshot.key is missing"):
        assert name in done.stderr
    assert left_in(tmp_path / "new") == []


def test_a_manifest_that_was_changed_is_no_manifest(kept: Path, tmp_path: Path) -> None:
    folder = damaged(kept, tmp_path / "backup")
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace("sqlite3", "sqlite4"))
    done = Node(tmp_path / "new").run("check-backup", str(folder))
    assert done.returncode == 1
    assert "manifest.json has another SHA-256" in done.stderr


def test_an_archive_is_restored_and_one_cut_short_is_not(filled: tuple[Node, dict[str, str]], tmp_path: Path) -> None:
    target, phrase = tmp_path / "node.tar", tmp_path / "phrase"
    phrase.write_text("趵突泉 black tiger spring\n")
    done = filled[0].run("backup", str(target), "--passphrase-file", str(phrase))
    assert done.returncode == 0, done.stderr
    with tarfile.open(target) as archive:
        names = archive.getnames()
    assert "keys.sealed" in names
    assert not [name for name in names if name.startswith("keys/")]
    short = tmp_path / "short.tar"
    short.write_bytes(target.read_bytes()[: target.stat().st_size * 2 // 3])
    new = Node(tmp_path / "new")
    done = new.run("check-backup", str(short))
    assert (done.returncode, "short.tar is cut short" in done.stderr) == (1, True)
    done = new.run("restore", str(target))
    assert (done.returncode, "restore.passphrase_needed" in done.stderr) == (1, True)
    assert left_in(new.home) == []
    done = new.run("restore", str(target), environment={"QUANSHU_BACKUP_PASSPHRASE": "趵突泉 black tiger spring"})
    assert done.returncode == 0, done.stderr
    for name in ("gateway.seal", "django-secret", "snapshot.key"):
        assert (new.home / "keys" / name).read_bytes() == (filled[0].home / "keys" / name).read_bytes()
        assert (new.home / "keys" / name).stat().st_mode & 0o077 == 0


def test_a_node_that_is_not_empty_is_left_alone(kept: Path, tmp_path: Path) -> None:
    (tmp_path / "new" / "files").mkdir(parents=True)
    done = Node(tmp_path / "new").run("restore", str(kept))
    assert done.returncode == 1
    assert "restore.not_empty" in done.stderr
    assert "QUANSHU_HOME" in done.stderr
    assert not (tmp_path / "new" / "quanshu.sqlite3").exists()
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "restoring").touch()
    done = Node(tmp_path / "half").run("worker")
    assert (done.returncode, "node.restore_unfinished" in done.stderr) == (1, True)


def test_what_differs_from_the_backup_is_said_plainly(kept: Path, tmp_path: Path) -> None:
    new = Node(tmp_path / "new")
    assert new.run("restore", str(kept)).returncode == 0
    digest = new.rows("SELECT digest FROM files_storedfile")[0][0]
    (new.home / "files" / digest[:2] / digest).write_bytes(b"another content")
    (next((new.home / "serving").glob("*.sqlite"))).unlink()
    with sqlite3.connect(new.home / "quanshu.sqlite3") as database:
        database.execute("DROP TRIGGER IF EXISTS audit_auditentry_no_update")
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE audit_auditentry SET label = 'somebody else' WHERE id = 1")
    done = new.run("check-node")
    assert done.returncode == 1
    for words in ("has another content", "serving table", "audit trail"):
        assert words in done.stderr


def test_later_backups_share_files_and_old_ones_go(
    filled: tuple[Node, dict[str, str]], kept: Path, tmp_path: Path
) -> None:
    node, facts = filled
    target = tmp_path / "backups"
    for _number in range(2):
        assert node.run("backup", str(target)).returncode == 0
        time.sleep(1)
    first, second = sorted(target.glob("quanshu-*"))
    data = [path.relative_to(first) for path in first.glob("lake/*/*.parquet")]
    assert data
    assert all((first / path).stat().st_ino == (second / path).stat().st_ino for path in data)
    done = node.run("backup", str(target), "--keep", "2")
    assert (done.returncode, f"removed {first.name}" in done.stdout) == (0, True)
    assert not first.exists()
    assert node.run("check-backup", str(target)).returncode == 0
    assert Lake(node.home / "lake").exists(facts["table"])
    assert not list(target.glob(".partial-*"))


def test_a_full_disk_leaves_no_half_backup(filled: tuple[Node, dict[str, str]], tmp_path: Path) -> None:
    node, target = filled[0], tmp_path / "backups"
    assert node.run("backup", str(target)).returncode == 0
    before = sorted(target.iterdir())
    time.sleep(1)

    def little_room() -> None:
        size = (node.home / "quanshu.sqlite3").stat().st_size
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, size // 2))

    done = node.run("backup", str(target), preexec_fn=little_room)
    assert done.returncode == 1
    assert "backup.failed" in done.stderr
    assert sorted(target.iterdir()) == before
    done = node.run("backup", str(tmp_path / "one.tar"), preexec_fn=little_room)
    assert done.returncode == 1
    assert not (tmp_path / "one.tar").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes an administrator")
def test_a_disk_without_room_is_named(filled: tuple[Node, dict[str, str]], tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False).returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        done = filled[0].run("backup", str(disk / "backups"))
        assert done.returncode == 1
        assert "backup.failed" in done.stderr
        assert not list(disk.glob("backups/quanshu-*"))
        assert not list(disk.glob("backups/.partial-*"))
    finally:
        subprocess.run(["umount", str(disk)], check=True)
