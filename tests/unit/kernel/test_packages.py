"""Signed packages: whatever is changed in one is found."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.kernel.packages import BadPackage, key_id, make_package, pair_of, published_key, read_keys, verify_package

PAIR = pair_of(bytes(range(32)))
PUBLICS = read_keys({"keys": [published_key(PAIR.public)]})
FILES = {"a.json": b'{"a": 1}', "b.csv": "甲,乙".encode()}


def parts(package: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_a_package_holds_by_its_key() -> None:
    package = make_package(FILES, {"node": "济南市"}, PAIR)
    said = verify_package(package, PUBLICS)
    assert said["node"] == "济南市"
    assert [row["name"] for row in said["files"]] == ["a.json", "b.csv"]
    assert set(PUBLICS) == {key_id(PAIR.public)}


@given(st.sampled_from(["a.json", "b.csv", "manifest.json", "manifest.sig.json"]), st.integers(0, 10_000))
def test_a_changed_byte_is_found(name: str, place: int) -> None:
    files = parts(make_package(FILES, {}, PAIR))
    content = bytearray(files[name])
    content[place % len(content)] ^= 1
    files[name] = bytes(content)
    with pytest.raises(BadPackage):
        verify_package(packed(files), PUBLICS)


@given(st.data())
def test_a_damaged_zip_is_refused_or_says_the_same(data: st.DataObject) -> None:
    """What is not compressed or named may change; nothing else, and never is it another fault."""
    content = bytearray(make_package({"a.json": bytes(range(256)) * 40}, {"node": "济南市"}, PAIR))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        assert verify_package(bytes(content), PUBLICS)["node"] == "济南市"
    except BadPackage:
        return


def test_what_nobody_signed_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    whole = zipfile.ZipFile.read

    def noted(self: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
        read.append(part.filename)
        return whole(self, part)

    monkeypatch.setattr(zipfile.ZipFile, "read", noted)
    with pytest.raises(BadPackage):
        verify_package(make_package(FILES, {}, pair_of(b"\x07" * 32)), PUBLICS)
    assert set(read) == {"manifest.json", "manifest.sig.json"}
    with pytest.raises(BadPackage, match="large"):
        verify_package(packed({"manifest.json": b"0" * 5_000_000, "manifest.sig.json": b"{}"}), PUBLICS)


def test_files_added_dropped_or_signed_by_another_are_found() -> None:
    files = parts(make_package(FILES, {}, PAIR))
    for wrong in (
        {**files, "c.txt": b"x"},
        {name: content for name, content in files.items() if name != "a.json"},
        {name: content for name, content in files.items() if name != "manifest.sig.json"},
        parts(make_package(FILES, {}, pair_of(b"\x07" * 32))),
        {**files, "manifest.sig.json": json.dumps({"key": 1}).encode()},
    ):
        with pytest.raises(BadPackage):
            verify_package(packed(wrong), PUBLICS)
    with pytest.raises(BadPackage):
        verify_package(b"PK\x03\x04 no zip", PUBLICS)
    with pytest.raises(BadPackage):
        read_keys({"keys": [{"public": "***"}]})
