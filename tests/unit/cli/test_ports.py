"""A node does not begin where another program would answer in its place."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import click
import pytest

from quanshu.cli.city import WITNESS_BEYOND, identity_child, lend_a_witness
from quanshu.cli.node import check_ports
from quanshu.config.environment import read_environment


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    ("name", "setting"),
    [("QUANSHU_WEB", "QUANSHU_WEB_PORT"), ("QUANSHU_GATEWAY", "QUANSHU_GATEWAY_PORT"), ("QUANSHU_WITNESSES",) * 2],
)
def test_a_taken_port_is_told_with_its_setting(settings: Any, taken: int, name: str, setting: str) -> None:
    settings.QUANSHU_WEB, settings.QUANSHU_GATEWAY = ("127.0.0.1", free()), ("127.0.0.1", free())
    settings.QUANSHU_WITNESSES = []
    check_ports()
    setattr(settings, name, [f"witness:{taken}"] if name == "QUANSHU_WITNESSES" else ("127.0.0.1", taken))
    with pytest.raises(click.UsageError, match=rf"{taken} .* set {setting} anew"):
        check_ports()


def test_ports_named_twice_are_told(settings: Any) -> None:
    settings.QUANSHU_WEB = settings.QUANSHU_GATEWAY = ("127.0.0.1", free())
    settings.QUANSHU_WITNESSES = []
    with pytest.raises(click.UsageError, match="named twice"):
        check_ports()


@pytest.mark.parametrize("given", ["", "the witness's"])
def test_the_demo_s_processes_have_ports_of_their_own(
    settings: Any, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    for name in ("RESIDENT_OIDC_ISSUER", "RESIDENT_OIDC_CLIENT_ID"):
        monkeypatch.setenv(f"QUANSHU_{name}", "")
    # The witness's port is free, so that nothing but the rule keeps the identity provider off it.
    gateway = free() - WITNESS_BEYOND
    monkeypatch.setenv("QUANSHU_GATEWAY_PORT", str(gateway))
    settings.QUANSHU_GATEWAY, settings.QUANSHU_WITNESSES = ("127.0.0.1", gateway), []
    lend_a_witness()
    witness = int(settings.QUANSHU_WITNESSES[0].rpartition(":")[2])
    if given:
        monkeypatch.setenv("QUANSHU_DEMO_IDENTITY_PORT", str(witness))
    command = list(identity_child()[0].command)
    identity = int(command[command.index("--port") + 1])
    assert len({identity, witness, gateway, read_environment()["WEB_PORT"]}) == 4
