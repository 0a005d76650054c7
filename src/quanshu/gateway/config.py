"""Where a gateway finds what it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from quanshu.gateway.signing.certificates import Edge


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Folders and keys of a gateway. `directory` holds snapshot, revocation feed and pushed files.

    `journal_directory` holds what is this machine's own, journals and what its processes share: a disk of it, also
    where `directory` is shared by several machines. The same folder when it is None. `serving_url` is the PostgreSQL
    server that holds serving tables; empty when all are files. `shared_url` is the PostgreSQL server through which
    gateways of several hosts share limits and signatures; empty for one host.

    `accel_prefix`: where a web server in front serves the lake's tables from (X-Accel-Redirect). `public_url`: the
    address readers know the gateway by, when it is not the one they are seen to call.
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
    journal_directory: Path | None = None
    lake_directory: Path | None = None
    accel_prefix: str = ""
    public_url: str = ""

    @property
    def journals(self) -> Path:
        """Where the journals lie."""
        return self.journal_directory or self.directory

    @property
    def lake(self) -> Path:
        """The lake's folder, beside the gateway's own unless it is set."""
        return self.lake_directory or self.directory.parent / "lake"
