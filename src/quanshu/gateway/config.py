"""Where a gateway finds what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Folders and keys of a gateway. `directory` holds snapshot, revocation feed and journals.

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
    lake_directory: Path | None = None
    accel_prefix: str = ""
    public_url: str = ""

    @property
    def lake(self) -> Path:
        """The lake's folder, beside the gateway's own unless it is set."""
        return self.lake_directory or self.directory.parent / "lake"
