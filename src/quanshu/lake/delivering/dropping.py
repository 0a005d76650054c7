"""A file put on an SFTP server: under a temporary name until it is whole, taken up where a break left it."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from quanshu.lake.delivering.types import TargetNotAllowed
from quanshu.lake.landing.network import HostNotAllowed, PrivateAddress, Reach
from quanshu.lake.landing.sftp import SftpSpec, connect_sftp, run_sftp

_PIECE = 1 << 21


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was put where; `resumed_at` is the byte that an earlier attempt had reached."""

    name: str
    resumed_at: int


def drop_file(
    spec: SftpSpec, reach: Reach, path: Path, name: str, manifest: Mapping[str, Any], *, still: Callable[[], None]
) -> Dropped:
    """Put `path` as `name` in the folder, then its manifest as `name.manifest.json`.

    The manifest's `sha256` names the content, so that only a part of the same content is taken up. `still` is asked
    before every piece and ends the work by raising; a part is left to be taken up. Safe to run again.
    Raises `lake.target_not_allowed`, `lake.sftp_failed`, `lake.host_key_unknown`, `lake.bad_private_key`, and what
    `still` raises.
    """
    with asyncio.Runner() as runner:
        session = _Session(spec, reach)
        try:
            run_sftp(session.open(), spec.host, runner)
            at = run_sftp(session.reached(name, str(manifest["sha256"]), path), spec.host, runner)
            size = path.stat().st_size
            with path.open("rb") as local:
                local.seek(at)
                offset = at
                while offset < size and (piece := local.read(_PIECE)):
                    still()
                    run_sftp(session.send(piece, offset), spec.host, runner)
                    offset += len(piece)
            still()
            run_sftp(session.finish(name, size, manifest), spec.host, runner)
        except (HostNotAllowed, PrivateAddress) as fault:
            raise TargetNotAllowed(host=f"{spec.host}:{spec.port}") from fault
        finally:
            runner.run(session.close())
    return Dropped(name, at)


class _Session:
    """A connection to the server, used step by step."""

    def __init__(self, spec: SftpSpec, reach: Reach) -> None:
        self.spec, self.reach, self.folder = spec, reach, spec.folder or "."
        self.stack = AsyncExitStack()
        self.client: Any = None
        self.partial = ""

    async def open(self) -> None:
        """Connect and see to the folder."""
        connection = await self.stack.enter_async_context(connect_sftp(self.spec, self.reach))
        self.client = await self.stack.enter_async_context(connection.start_sftp_client())
        await self.client.makedirs(self.folder, exist_ok=True)

    async def close(self) -> None:
        """Leave the server."""
        try:
            await self.stack.aclose()
        except (asyncssh.Error, OSError):
            return

    async def reached(self, name: str, digest: str, path: Path) -> int:
        """From which byte on the content is still to be sent; all of it may be there under its name already."""
        self.partial = f"{self.folder}/.{name}.{digest[:16]}.part"
        size = path.stat().st_size
        if await self.client.exists(f"{self.folder}/{name}.manifest.json"):
            return size
        if not await self.client.exists(self.partial):
            async with self.client.open(self.partial, "wb"):
                return 0
        there = int(await self.client.getsize(self.partial) or 0)
        # The last piece may have been cut off in the middle, or not have reached the disk.
        return max(0, min(there, size) // _PIECE - 1) * _PIECE

    async def send(self, piece: bytes, offset: int) -> None:
        """One piece at its place."""
        async with self.client.open(self.partial, "r+b") as remote:
            await remote.write(piece, offset)

    async def finish(self, name: str, size: int, manifest: Mapping[str, Any]) -> None:
        """Give the whole file its name, then put the manifest beside it, which says that it is whole."""
        if await self.client.exists(self.partial):
            await self.client.truncate(self.partial, size)
            await self.client.posix_rename(self.partial, f"{self.folder}/{name}")
        told = f"{self.folder}/.{name}.manifest.part"
        async with self.client.open(told, "wb") as file:
            await file.write(json.dumps(dict(manifest), ensure_ascii=False, indent=2).encode())
        await self.client.posix_rename(told, f"{self.folder}/{name}.manifest.json")
