"""Serving a witness with granian."""

from __future__ import annotations

import os
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from starlette.applications import Starlette

from quanshu.kernel.logs import set_up_logs
from quanshu.tlog.witness.app import create_app
from quanshu.tlog.witness.keeping import WitnessHome

# How the folder reaches granian's worker process.
VARIABLE = "QUANSHU_WITNESS_FOLDER"


def serve(folder: Path, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT. Raises `tlog.no_witness` before anything is served."""
    WitnessHome(folder)
    os.environ[VARIABLE] = str(folder.resolve())
    Granian(
        "quanshu.tlog.witness.server:build",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        log_access=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
    ).serve()


def build() -> Starlette:
    """The application in granian's worker process."""
    set_up_logs("witness")
    return create_app(WitnessHome(Path(os.environ[VARIABLE])))
