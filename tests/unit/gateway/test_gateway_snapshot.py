"""The snapshot: only the control plane's own, never an older one; and the feed of what ended since."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.snapshot import (
    KEPT,
    BadSnapshot,
    ClientSpec,
    Feed,
    FieldSpec,
    GrantSpec,
    KeySpec,
    ParameterSpec,
    ServiceSpec,
    Snapshot,
    append_revocation,
    current_version,
    decode,
    encode,
    load_snapshot,
    read_revocations,
    write_snapshot,
)
from quanshu.gateway.state import State, seal_secret
from quanshu.kernel.ciphers import suite

SUITE = suite("intl")
PAIR = SUITE.generate_key_pair()
SEAL = SUITE.generate_key()
SEALED = seal_secret(SEAL, "app", "k1", "s")


def a_snapshot(version: int = 1) -> Snapshot:
    service = ServiceSpec(
        sid="jn-person",
        version=3,
        name="人口信息查询",
        shape="query",
        table_file="ga.person.sqlite",
        table="ga_person",
        parameters=(ParameterSpec("id", "身份证号", pattern=r"\d{17}[0-9X]", max_length=18),),
        fields=(FieldSpec("name", "姓名", grade="general-3", mask="name"),),
    )
    client = ClientSpec("app", "社保应用", "人社局", (KeySpec("k1", SEALED, 0, 9e9),))
    grant = GrantSpec("g1", "app", "jn-person", ("name",), "社保待遇认证", 60, None, 0, 9e9)
    return Snapshot(version, "2026-01-05T08:00:00+00:00", "jinan", (service,), (client,), (grant,))


@pytest.fixture
def config(tmp_path: Path) -> GatewayConfig:
    (tmp_path / "snapshot.pub").write_bytes(PAIR.public)
    (tmp_path / "gateway.seal").write_bytes(SEAL)
    return GatewayConfig(
        tmp_path / "gateway", tmp_path / "serving", tmp_path / "snapshot.pub", tmp_path / "gateway.seal"
    )


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_snapshot(tmp_path, a_snapshot(7), PAIR.private)
    assert load_snapshot(tmp_path, PAIR.public) == a_snapshot(7)
    assert decode(encode(a_snapshot())) == a_snapshot()


def test_none_is_told_as_none(tmp_path: Path) -> None:
    with pytest.raises(BadSnapshot, match="there is none"):
        load_snapshot(tmp_path, PAIR.public)


@pytest.mark.parametrize(("old", "new"), [("general-3", "general-1"), ('"name"', '"none"'), ("60", "90")])
def test_a_changed_byte_is_refused(tmp_path: Path, old: str, new: str) -> None:
    write_snapshot(tmp_path, a_snapshot(), PAIR.private)
    path = tmp_path / "snapshot-1.json"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadSnapshot, match="signature"):
        load_snapshot(tmp_path, PAIR.public)


def test_another_key_s_signature_is_refused(tmp_path: Path) -> None:
    write_snapshot(tmp_path, a_snapshot(), SUITE.generate_key_pair().private)
    with pytest.raises(BadSnapshot, match="signature"):
        load_snapshot(tmp_path, PAIR.public)


def test_an_older_one_is_refused_also_when_it_is_well_signed(tmp_path: Path) -> None:
    write_snapshot(tmp_path, a_snapshot(4), PAIR.private)
    with pytest.raises(BadSnapshot, match="older"):
        load_snapshot(tmp_path, PAIR.public, newer_than=5)


def test_an_old_one_under_a_new_number_is_refused(tmp_path: Path) -> None:
    write_snapshot(tmp_path, a_snapshot(4), PAIR.private)
    for ending in ("json", "sig"):
        (tmp_path / f"snapshot-4.{ending}").rename(tmp_path / f"snapshot-9.{ending}")
    (tmp_path / "current").write_text("9")
    with pytest.raises(BadSnapshot, match="calls itself version 4"):
        load_snapshot(tmp_path, PAIR.public)


@pytest.mark.parametrize("body", [b"[]", b"{}", b'{"version": 1}', b"\xff", b'{"version":1,"services":[{"a":1}]}'])
def test_a_misshapen_one_is_refused_also_when_signed(tmp_path: Path, body: bytes) -> None:
    write_snapshot(tmp_path, a_snapshot(), PAIR.private)
    (tmp_path / "snapshot-1.json").write_bytes(body)
    (tmp_path / "snapshot-1.sig").write_bytes(SUITE.sign(PAIR.private, body))
    with pytest.raises(BadSnapshot, match="form"):
        load_snapshot(tmp_path, PAIR.public)


def test_old_files_are_cleared(tmp_path: Path) -> None:
    for version in range(1, 12):
        write_snapshot(tmp_path, a_snapshot(version), PAIR.private)
    assert len(list(tmp_path.glob("snapshot-*.json"))) == len(list(tmp_path.glob("snapshot-*.sig"))) == KEPT
    assert current_version(tmp_path) == 11
    assert not list(tmp_path.glob(".writing-*"))


def test_the_gateway_keeps_the_one_before_when_the_next_is_bad(config: GatewayConfig) -> None:
    state = State(config)
    state.refresh()
    assert state.loaded is None
    assert "there is none" in state.fault
    write_snapshot(config.directory, a_snapshot(2), PAIR.private)
    state.refresh()
    assert state.loaded is not None
    assert (state.loaded.snapshot.version, state.fault) == (2, "")
    assert state.loaded.keys["app"][0].secret == "s"
    write_snapshot(config.directory, a_snapshot(3), SUITE.generate_key_pair().private)
    state.refresh()
    assert (state.loaded.snapshot.version, "signature" in state.fault) == (2, True)
    write_snapshot(config.directory, a_snapshot(1), PAIR.private)
    state.refresh()
    assert (state.loaded.snapshot.version, "older" in state.fault) == (2, True)
    write_snapshot(config.directory, a_snapshot(4), PAIR.private)
    state.refresh()
    assert (state.loaded.snapshot.version, state.fault) == (4, "")


def test_a_secret_sealed_for_another_client_is_refused(config: GatewayConfig) -> None:
    snapshot = a_snapshot()
    thief = dataclasses.replace(snapshot.clients[0], rid="thief")
    write_snapshot(config.directory, dataclasses.replace(snapshot, clients=(thief,)), PAIR.private)
    state = State(config)
    state.refresh()
    assert state.loaded is None
    assert "a key of thief cannot be opened" in state.fault


def test_the_feed_is_read_on_from_where_it_was(tmp_path: Path) -> None:
    assert read_revocations(tmp_path, Feed()) == Feed()
    append_revocation(tmp_path, "grant", "g1", "2026-01-05T08:00:00+00:00")
    first = read_revocations(tmp_path, Feed())
    assert first.ended == {("grant", "g1")}
    assert read_revocations(tmp_path, first) is first
    append_revocation(tmp_path, "client", "应用", "2026-01-05T08:00:01+00:00")
    second = read_revocations(tmp_path, first)
    assert second.ended == {("grant", "g1"), ("client", "应用")}
    assert second.position == (tmp_path / "revocations.jsonl").stat().st_size


def test_a_torn_line_waits_and_swallows_nothing(tmp_path: Path) -> None:
    path = tmp_path / "revocations.jsonl"
    append_revocation(tmp_path, "grant", "g1", "t")
    with path.open("ab") as file:
        file.write(b'{"kind": "grant", "ui')
    feed = read_revocations(tmp_path, Feed())
    assert feed.ended == {("grant", "g1")}
    append_revocation(tmp_path, "grant", "g2", "t")
    assert read_revocations(tmp_path, feed).ended == {("grant", "g1"), ("grant", "g2")}
    assert read_revocations(tmp_path, Feed()).ended == {("grant", "g1"), ("grant", "g2")}


def test_half_a_line_is_read_when_its_rest_comes(tmp_path: Path) -> None:
    path = tmp_path / "revocations.jsonl"
    line = json.dumps({"kind": "service", "uid": "s@1", "at": "t"}).encode() + b"\n"
    path.write_bytes(line[:10])
    feed = read_revocations(tmp_path, Feed())
    assert feed.ended == set()
    path.write_bytes(line)
    assert read_revocations(tmp_path, feed).ended == {("service", "s@1")}


def test_a_grant_s_masks_come_back_and_an_unknown_one_is_refused() -> None:
    snapshot = a_snapshot()
    masked = dataclasses.replace(snapshot.grants[0], masks=(("name", "full"),))
    assert decode(encode(dataclasses.replace(snapshot, grants=(masked,)))).grants == (masked,)
    body = json.loads(encode(snapshot))
    del body["grants"][0]["masks"]
    assert decode(json.dumps(body).encode()).grants == snapshot.grants
    body["grants"][0]["masks"] = [["name", "stars"]]
    with pytest.raises(BadSnapshot):
        decode(json.dumps(body).encode())
