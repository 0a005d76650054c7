"""Notes, keys, checkpoints, tiles and bundles: what is written is read, and nothing else is."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.tlog.checkpoints import Checkpoint
from quanshu.tlog.errors import BadKey, BadNote, BadSignature, BadTile, NotSigned
from quanshu.tlog.keys import COSIGNATURE, ED25519, SM2, SigningKey, VerifierKey, from_base64
from quanshu.tlog.notes import Note, Signature
from quanshu.tlog.tiles import (
    ENTRIES,
    TileName,
    index_path,
    pack_entries,
    pack_hashes,
    tiles_of,
    unpack_entries,
    unpack_hashes,
    width_in,
)

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
LINES = st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=40)
BODIES = st.lists(LINES, min_size=1, max_size=6).map(lambda lines: "\n".join(lines) + "\n")
NAMES = st.text(st.characters(codec="utf-8", min_codepoint=33, exclude_characters="+"), min_size=1).filter(
    lambda name: not any(sign.isspace() for sign in name)
)
HASHES = st.binary(min_size=32, max_size=32)
ED, COSIGNER, GM = (SigningKey.generate("log.example/a", kind) for kind in (ED25519, COSIGNATURE, SM2))


def test_the_specifications_own_example_verifies() -> None:
    key = VerifierKey.parse(VKEY)
    assert str(key) == VKEY
    assert Note.parse(NOTE).opened([key]) == (key,)
    assert str(Note.parse(NOTE)) == NOTE
    with pytest.raises(BadSignature):
        Note.parse(NOTE.replace("message", "massage")).opened([key])


@given(body=BODIES, stamp=st.integers(0, 2**63 - 1))
def test_a_signed_note_is_read_as_it_was_written(body: str, stamp: int) -> None:
    note = Note(body).signed(ED, timestamp=0).signed(COSIGNER, timestamp=stamp)
    again = Note.parse(str(note))
    assert again == note
    assert again.opened([ED.verifier, COSIGNER.verifier]) == (ED.verifier, COSIGNER.verifier)
    found = again.signature_by(COSIGNER.verifier)
    assert found is not None
    assert found.timestamp == stamp
    with pytest.raises(NotSigned):
        again.opened([GM.verifier])


def test_an_sm2_line_stands_beside_the_others_and_is_ignored_by_those_who_do_not_know_it() -> None:
    note = Note("a\n1\n").signed(ED, GM)
    assert note.opened([ED.verifier]) == (ED.verifier,)
    assert note.opened([ED.verifier, GM.verifier]) == (ED.verifier, GM.verifier)
    forged = Note("a\n2\n", (Note("a\n2\n").signed(ED).signatures[0], note.signatures[1]))
    assert forged.opened([ED.verifier])
    with pytest.raises(BadSignature, match=r"log\.example/a"):
        forged.opened([ED.verifier, GM.verifier])


@given(name=NAMES, kind=st.sampled_from([ED25519, COSIGNATURE, SM2]), raw=st.binary(min_size=64, max_size=64))
def test_keys_are_read_as_they_were_written(name: str, kind: bytes, raw: bytes) -> None:
    key = VerifierKey(name, kind, raw if kind == SM2 else raw[:32])
    assert VerifierKey.parse(str(key)) == key
    assert len(key.id) == 4


def test_a_signing_key_is_read_as_it_was_written() -> None:
    for key in (ED, COSIGNER, GM):
        assert SigningKey.parse(key.text()) == key
    assert len({ED.verifier.id, COSIGNER.verifier.id, GM.verifier.id}) == 3


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "a+b", VKEY.replace("530d903a", "530d903b"), VKEY.replace("foo", "fo o"), VKEY[:-4],
        VKEY.replace("Aeky", "Beky"), "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", f"{VKEY}=",
    ],
)  # fmt: skip
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "a\n", "a\n\n", NOTE[:-1], NOTE.replace("— ", "- "), NOTE.replace("Uw2Q", "Uw2"),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("example message", "example\tmessage"), NOTE.replace("example.com/foo U", "U"), "a\n\n— x AAAA\n",
        NOTE + "\x00",
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Note.parse(text)


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(BadNote, match="UTF-8"):
        Note.parse(b"\xff\n\n")


@given(origin=NAMES, size=st.integers(0, 2**63 - 1), root=HASHES, extension=st.lists(LINES.filter(bool), max_size=2))
def test_checkpoints_are_read_as_they_were_written(origin: str, size: int, root: bytes, extension: list[str]) -> None:
    found = Checkpoint(origin, size, root, tuple(extension))
    assert Checkpoint.parse(found.body) == found


@pytest.mark.parametrize(
    "body",
    ["a\n1\n", "a\n01\nx\n", "a\n-1\n" + "A" * 43 + "=\n", "\n1\n" + "A" * 43 + "=\n", "a\n1\nAAAA\n",
     f"a\n{2**63}\n" + "A" * 43 + "=\n", "a\n1\n" + "A" * 43 + "=\n\n", "a\n1\n" + "A" * 43 + "="],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(body: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(body)


@given(level=st.integers(-1, 63), index=st.integers(0, 2**55), width=st.integers(1, 256))
def test_tile_paths_are_read_as_they_were_written(level: int, index: int, width: int) -> None:
    name = TileName(level, index, width)
    assert TileName.parse(name.path) == name


def test_tile_paths_are_the_specifications() -> None:
    assert index_path(1234067) == "x001/x234/067"
    assert TileName(0, 0).path == "tile/0/000"
    assert TileName(ENTRIES, 273, 112).path == "tile/entries/273.p/112"
    names = {name.path for name in tiles_of(70_000)}
    assert names == {"tile/0/273.p/112", "tile/entries/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"}
    assert {name.path for name in tiles_of(256)} == {"tile/1/000.p/1"}
    assert [width_in(70_000, 0, index) for index in (0, 272, 273, 274)] == [256, 256, 112, 0]


@pytest.mark.parametrize(
    "path",
    ["tile/0/00", "tile/0/000.p/256", "tile/0/000.p/0", "tile/00/000", "tile/64/000", "tile/0/x000/000", "tile/0/1000",
     "tile/0/" + "x001/" * 2000 + "001",
     "tile/0/../../checkpoint", "tile/-1/000", "tile/0/000/", "tile/entries/000.p/01", "tile/0/x001/234/067"],
)  # fmt: skip
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(BadTile):
        TileName.parse(path)


@given(hashes=st.lists(HASHES, min_size=1, max_size=256))
def test_tiles_are_read_as_they_were_written(hashes: list[bytes]) -> None:
    assert unpack_hashes(pack_hashes(hashes), len(hashes)) == hashes
    with pytest.raises(BadTile):
        unpack_hashes(pack_hashes(hashes)[:-1], len(hashes))


@given(entries=st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_are_read_as_they_were_written(entries: list[bytes]) -> None:
    assert unpack_entries(pack_entries(entries)) == entries


@given(raw=st.binary(max_size=60))
def test_any_bytes_are_a_bundle_or_refused(raw: bytes) -> None:
    with contextlib.suppress(BadTile):
        assert pack_entries(unpack_entries(raw)) == raw


def test_an_entry_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(BadTile, match="65,535"):
        pack_entries([b"x" * 65_536])


@given(text=st.text(max_size=80))
def test_any_text_is_a_note_or_refused(text: str) -> None:
    with contextlib.suppress(BadNote):
        assert str(Note.parse(text)) == text


def test_base64_has_one_form() -> None:
    for text in ("AB==", "A===", "AA", " AA==", "AA=="[:-1]):
        with pytest.raises(ValueError, match="base64"):
            from_base64(text)
    assert from_base64("AA==") == b"\0"
    assert Signature.parse("— a AAAAAAA=").blob == b"\0"
