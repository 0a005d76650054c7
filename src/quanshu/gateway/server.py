"""Serving the gateway with granian."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from starlette.applications import Starlette

from quanshu.gateway.app import create_app
from quanshu.gateway.config import GatewayConfig

# How the configuration reaches granian's worker process.
NAMES = ("directory", "serving_directory", "public_key_file", "seal_key_file")
PREFIX = "QUANSHU_GATEWAY_PROCESS_"
# A lake that is not beside the gateway's folder.
LAKE = "QUANSHU_GATEWAY_LAKE"
# The journal's thread must not wait five milliseconds for its turn: every answer waits for it.
SWITCH_SECONDS = 0.0002


def serve(config: GatewayConfig) -> None:
    """Serve until SIGTERM or SIGINT; calls under way are answered first."""
    for name in NAMES:
        os.environ[PREFIX + name.upper()] = str(getattr(config, name))
    Granian(
        "quanshu.gateway.server:build",
        factory=True,
        address=config.host,
        port=config.port,
        interface=Interfaces.ASGI,
        workers=1,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


def build() -> Starlette:
    """The application in granian's worker process."""
    sys.setswitchinterval(SWITCH_SECONDS)
    paths = {name: Path(os.environ[PREFIX + name.upper()]) for name in NAMES}
    return create_app(
        GatewayConfig(
            directory=paths["directory"],
            serving_directory=paths["serving_directory"],
            public_key_file=paths["public_key_file"],
            seal_key_file=paths["seal_key_file"],
            lake_directory=Path(os.environ[LAKE]) if os.environ.get(LAKE) else None,
            accel_prefix=os.environ.get("QUANSHU_GATEWAY_ACCEL", ""),
            public_url=os.environ.get("QUANSHU_GATEWAY_PUBLIC_URL", "").rstrip("/"),
        )
    )
