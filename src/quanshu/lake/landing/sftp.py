"""SFTP servers: files listed by a pattern and fetched whole; the server's key is known beforehand."""

import asyncio
import fnmatch
import hashlib
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from quanshu.kernel.errors import Invalid, Unavailable
from quanshu.lake.landing.network import Reach, check_host

_SECONDS = 20
_CHUNK = 1 << 18
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SftpSpec:
    """A server, an account with password or private key (OpenSSH text), and what to take from `folder`.

    `host_key` is the server's public key as OpenSSH writes it; without it nothing is sent to the server.
    """

    host: str
    port: int
    username: str
    folder: str
    pattern: str = "*"
    password: str = ""
    private_key: str = ""
    host_key: str = ""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the server: size in bytes, time of its last change in epoch seconds."""

    name: str
    size: int
    changed: int


class SftpFailed(Unavailable):
    """The server did not do what it was asked; carries no credentials."""

    code = "lake.sftp_failed"
    message = "The SFTP server %(host)s did not answer: %(fault)s"
    remedy = "Check the address, the account and the folder, then run again."


class HostKeyUnknown(Invalid):
    """The server's key has not been confirmed, or is another one now."""

    code = "lake.host_key_unknown"
    message = "The key of %(host)s is not the confirmed one; it may be another machine."
    remedy = "Compare the fingerprint with the server's owner and confirm it on the source's page."


class BadPrivateKey(Invalid):
    """The private key cannot be read."""

    code = "lake.bad_private_key"
    message = "The private key cannot be read."
    remedy = "Give an OpenSSH private key without a passphrase."


def fetch_host_key(host: str, port: int, reach: Reach) -> tuple[str, str]:
    """(public key, fingerprint) that the server shows now, to be compared and confirmed by a person."""
    address = check_host(host, port, reach)

    async def ask() -> str:
        key = await asyncssh.get_server_host_key(address, port)
        return key.export_public_key("openssh").decode().strip() if key else ""

    text = run_sftp(ask(), host)
    if not text:
        raise SftpFailed(host=host, fault="it shows no key")
    return text, fingerprint(text)


def fingerprint(host_key: str) -> str:
    """The SHA-256 fingerprint of a public key, as OpenSSH shows it."""
    return str(asyncssh.import_public_key(host_key).get_fingerprint("sha256"))


def list_sftp(spec: SftpSpec, reach: Reach) -> list[RemoteFile]:
    """Files in the folder that match the pattern, by name. Raises `lake.sftp_failed`, `lake.host_key_unknown`."""

    async def ask() -> list[RemoteFile]:
        async with connect_sftp(spec, reach) as connection, connection.start_sftp_client() as client:
            found = [
                RemoteFile(str(entry.filename), int(entry.attrs.size or 0), int(entry.attrs.mtime or 0))
                async for entry in client.scandir(spec.folder or ".")
                if entry.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
            ]
        return sorted(
            (file for file in found if fnmatch.fnmatchcase(file.name, spec.pattern)), key=lambda file: file.name
        )

    return run_sftp(ask(), spec.host)


def fetch_sftp(spec: SftpSpec, reach: Reach, name: str, target: Path, *, most: int) -> str:
    """Fetch a file of the folder into `target`; answers its SHA-256. Raises as `list_sftp`."""

    async def ask() -> str:
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as kept:
            async with (
                connect_sftp(spec, reach) as connection,
                connection.start_sftp_client() as client,
                client.open(f"{spec.folder or '.'}/{name}", "rb") as file,
            ):
                while chunk := await file.read(_CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise SftpFailed(host=spec.host, fault=f"{name} is larger than {most} bytes")
                    digest.update(chunk)
                    kept.write(chunk)
        return digest.hexdigest()

    return run_sftp(ask(), spec.host)


def connect_sftp(spec: SftpSpec, reach: Reach) -> Any:
    """A connection to a server with the confirmed key. Raises `lake.host_key_unknown`, `lake.bad_private_key`."""
    if not spec.host_key:
        raise HostKeyUnknown(host=spec.host)
    address = check_host(spec.host, spec.port, reach)
    try:
        keys = [asyncssh.import_private_key(spec.private_key)] if spec.private_key else None
        known = asyncssh.import_public_key(spec.host_key)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise BadPrivateKey from error
    return asyncssh.connect(
        address,
        spec.port,
        username=spec.username,
        password=spec.password or None,
        client_keys=keys,
        known_hosts=([known], [], []),
        agent_path=None,
        config=None,
        connect_timeout=_SECONDS,
        login_timeout=_SECONDS,
    )


def run_sftp(work: Coroutine[Any, Any, _T], host: str, runner: asyncio.Runner | None = None) -> _T:
    """Do the work on a server, in a loop of its own or that of `runner`; its faults are told as `lake.sftp_failed`."""
    try:
        return runner.run(work) if runner is not None else asyncio.run(work)
    except asyncssh.HostKeyNotVerifiable as error:
        raise HostKeyUnknown(host=host) from error
    except asyncssh.PermissionDenied as error:
        raise SftpFailed(host=host, fault="account or password refused") from error
    except (asyncssh.Error, OSError, TimeoutError) as error:
        fault = getattr(error, "reason", "") or type(error).__name__
        raise SftpFailed(host=host, fault=str(fault)[:200]) from None
