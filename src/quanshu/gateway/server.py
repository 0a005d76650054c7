"""Serving the gateway with granian."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from starlette.applications import Starlette

from quanshu.gateway.app import create_app
from quanshu.gateway.config import GatewayConfig

# How the configuration reaches granian's worker processes.
PATHS = ("directory", "serving_directory", "public_key_file", "seal_key_file")
VARIABLE = "QUANSHU_GATEWAY_PROCESS"
# The refresher's thread must not wait five milliseconds for its turn.
SWITCH_SECONDS = 0.0002


def serve(config: GatewayConfig) -> None:
    """Serve until SIGTERM or SIGINT; calls under way are answered first. SIGHUP starts new workers before the old
    ones end."""
    os.environ[VARIABLE] = json.dumps(asdict(config), default=str)
    Granian(
        "quanshu.gateway.server:build",
        factory=True,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        workers=config.workers,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


def build() -> Starlette:
    """The application in granian's worker process."""
    sys.setswitchinterval(SWITCH_SECONDS)
    values = json.loads(os.environ[VARIABLE])
    values |= {name: Path(values[name]) for name in PATHS}
    return create_app(GatewayConfig(**{**values, "trusted_proxies": tuple(values["trusted_proxies"])}))
