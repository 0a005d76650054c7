"""Where a gateway finds what it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Folders and keys of a gateway. `directory` holds snapshot, revocation feed and pushed files.

    `journal_directory` holds the journals: a disk of this machine, also where `directory` is shared by several. The
    same folder when it is None.
    """

    directory: Path
    serving_directory: Path
    public_key_file: Path
    seal_key_file: Path
    host: str = "127.0.0.1"
    port: int = 8100
    poll_seconds: float = 0.2
    journal_directory: Path | None = None

    @property
    def journals(self) -> Path:
        """Where the journals lie."""
        return self.journal_directory or self.directory
