"""Files on an SFTP server: taken up after a break, and never seen half."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from quanshu.lake.delivering import Dropped, drop_file
from quanshu.lake.delivering.files import digest_of
from quanshu.lake.landing import Reach, SftpSpec, fetch_host_key
from support_sources import sftp_server

REACH = Reach(("127.0.0.1",), ("127.0.0.0/8",))


class Broken(Exception):
    """The line broke."""


def test_a_broken_drop_is_taken_up_where_it_stopped(tmp_path: Path) -> None:
    """A part under another name at first; then the rest alone; then nothing more."""
    folder, file = tmp_path / "server", tmp_path / "file"
    folder.mkdir()
    file.write_bytes(os.urandom(9 << 20))
    with sftp_server(folder) as server:
        key, _print = fetch_host_key("127.0.0.1", server.port, REACH)
        spec = SftpSpec("127.0.0.1", server.port, "unit", "/in/deep", password="secret", host_key=key)
        manifest = {"sha256": digest_of(file), "rows": 3}

        def drop(most: int) -> Dropped:
            asked = iter(range(100))

            def still() -> None:
                if next(asked) >= most:
                    raise Broken

            return drop_file(spec, REACH, file, "data.csv", manifest, still=still)

        with pytest.raises(Broken):
            drop(3)
        names = [found.name for found in (folder / "in/deep").iterdir()]
        assert len(names) == 1
        assert names[0].startswith(".data.csv.")
        done = drop(100)
        assert done.resumed_at == 4 << 20
        there: Any = {found.name: found for found in (folder / "in/deep").iterdir()}
        assert set(there) == {"data.csv", "data.csv.manifest.json"}
        assert there["data.csv"].read_bytes() == file.read_bytes()
        assert json.loads(there["data.csv.manifest.json"].read_text()) == manifest
        assert drop(100).resumed_at == 9 << 20


def test_a_part_of_other_content_is_not_taken_up(tmp_path: Path) -> None:
    folder, file = tmp_path / "server", tmp_path / "file"
    folder.mkdir()
    file.write_bytes(b"new content")
    (folder / ".data.csv.0123456789abcdef.part").write_bytes(b"old")
    with sftp_server(folder) as server:
        key, _print = fetch_host_key("127.0.0.1", server.port, REACH)
        spec = SftpSpec("127.0.0.1", server.port, "unit", "", private_key=server.key, host_key=key)
        drop_file(spec, REACH, file, "data.csv", {"sha256": digest_of(file)}, still=lambda: None)
    assert (folder / "data.csv").read_bytes() == b"new content"
