"""Where a gateway finds what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from quanshu.gateway.signing.certificates import Edge


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Folders and keys of a gateway. `directory` holds snapshot, revocation feed and journals."""

    directory: Path
    serving_directory: Path
    public_key_file: Path
    seal_key_file: Path
    host: str = "127.0.0.1"
    port: int = 8100
    poll_seconds: float = 0.2
    edge: Edge = field(default_factory=Edge)
