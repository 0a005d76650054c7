"""Where a gateway finds what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from quanshu.gateway.signing.certificates import Edge


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Folders and keys of a gateway. `directory` holds snapshot, revocation feed and journals.

    `serving_url` is the PostgreSQL server that holds serving tables; empty when all are files. `shared_url` is the
    PostgreSQL server through which gateways of several hosts share limits and signatures; empty for one host.
    """

    directory: Path
    serving_directory: Path
    public_key_file: Path
    seal_key_file: Path
    host: str = "127.0.0.1"
    port: int = 8100
    poll_seconds: float = 0.2
    serving_url: str = ""
    shared_url: str = ""
    workers: int = 1
    edge: Edge = field(default_factory=Edge)
