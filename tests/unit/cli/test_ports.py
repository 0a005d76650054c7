"""A node does not begin where another program would answer in its place."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import click
import pytest

from quanshu.cli.node import check_ports


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
