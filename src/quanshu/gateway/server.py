"""Serving the gateway with granian."""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import fields
from pathlib import Path

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]
from granian.server.mp import MPServer
from starlette.applications import Starlette

from quanshu.gateway.app import create_app
from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.host import ask_to_drain
from quanshu.gateway.signing.certificates import read_edge
from quanshu.kernel.logs import server_logging, set_up_logs

# How the configuration reaches granian's worker processes.
PATHS = ("directory", "serving_directory", "public_key_file", "seal_key_file", "journal_directory", "lake_directory")
VARIABLE = "QUANSHU_GATEWAY_PROCESS"
# The refresher's thread must not wait five milliseconds for its turn.
SWITCH_SECONDS = 0.0002
COLLECT = (20_000, 20, 20)
# How long an old worker answers beside the new one before it ends.
DRAIN_SECONDS = 3.0


class OneSocket(MPServer):
    """Granian whose workers take calls from one listening socket, so that none waits in the queue of a worker that
    ends."""

    def _init_shared_socket(self) -> None:
        self._ssp = self._sso = None
        self._shd = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()  # type: ignore[assignment]


def serve(config: GatewayConfig) -> None:
    """Serve until SIGTERM or SIGINT; calls under way are answered first.

    SIGHUP starts new workers beside the old ones, which answer on, ask their callers to connect anew, and end.
    """
    # The edge is read from the environment by each process.
    values = {part.name: getattr(config, part.name) for part in fields(config) if part.name != "edge"}
    os.environ[VARIABLE] = json.dumps(values, default=str)
    server = OneSocket(
        "quanshu.gateway.server:build",
        factory=True,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        workers=config.workers,
        log_access=False,
        log_level=LogLevels.warning,
        log_dictconfig=server_logging(),
        respawn_failed_workers=True,
        respawn_interval=DRAIN_SECONDS,
        **config.edge.options(),
    )
    server.on_reload(lambda: ask_to_drain(config.journals))
    server.serve()


def build() -> Starlette:
    """The application in granian's worker process."""
    set_up_logs("gateway")
    sys.setswitchinterval(SWITCH_SECONDS)
    # What was imported stays for good; a call makes little that needs collecting.
    gc.freeze()
    gc.set_threshold(*COLLECT)
    values = json.loads(os.environ[VARIABLE])
    values |= {name: Path(values[name]) for name in PATHS if values[name]}
    return create_app(GatewayConfig(**values, edge=read_edge()))
