"""Reading a backup: each part is held against its digest before anything is restored."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from quanshu.cli.safekeeping.sinks import complete
from quanshu.cli.safekeeping.types import CHUNK, MANIFEST, BackupDamaged, Manifest, NoBackup, decode

SHOWN = 10


class Source(Protocol):
    """A backup whose manifest has been read."""

    manifest: Manifest

    def open(self, path: str) -> IO[bytes]:
        """A part's bytes. Raises KeyError or FileNotFoundError."""
        ...


class FolderSource:
    """A backup in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = decode((folder / MANIFEST).read_bytes(), str(folder))

    def open(self, path: str) -> IO[bytes]:
        return (self.folder / path).open("rb")


class TarSource:
    """A backup in an archive."""

    def __init__(self, archive: tarfile.TarFile, name: str) -> None:
        self.archive = archive
        try:
            # The manifest is the last member: an archive that was cut short has none.
            self.members = {member.name: member for member in archive.getmembers() if member.isfile()}
            self.manifest = decode(self.open(MANIFEST).read(), name)
        except (tarfile.TarError, EOFError) as fault:
            raise BackupDamaged(faults=f"{name} is cut short or no archive") from fault
        except KeyError as fault:
            raise BackupDamaged(faults=f"{name} is cut short: it has no {MANIFEST}") from fault

    def open(self, path: str) -> IO[bytes]:
        found = self.archive.extractfile(self.members[path])
        if found is None:
            raise KeyError(path)
        return found


@contextmanager
def open_source(source: Path) -> Iterator[Source]:
    """The backup at a place: an archive, a backup's folder, or the newest whole one in a folder of them.

    Raises `backup.none`, `backup.damaged`.
    """
    if source.is_dir():
        found = source if (source / MANIFEST).exists() else next(reversed(complete(source)), None)
        if found is None:
            raise NoBackup(source=source, fault=f"no {MANIFEST} is in it.")
        yield FolderSource(found)
        return
    try:
        archive = tarfile.open(source)  # noqa: SIM115 - closed below, after its faults were told apart
    except FileNotFoundError as fault:
        raise NoBackup(source=source, fault="nothing is there.") from fault
    except (tarfile.TarError, EOFError, OSError) as fault:
        raise BackupDamaged(faults=f"{source.name} is cut short or no archive") from fault
    with archive:
        yield TarSource(archive, source.name)


def check_parts(source: Source) -> None:
    """Hold every part against size and digest. Raises `backup.damaged` with what is wrong with which part."""
    faults = [fault for part in source.manifest.parts if (fault := fault_of(source, part.path, part.size, part.sha256))]
    if faults:
        more = f", and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise BackupDamaged(faults="; ".join(faults[:SHOWN]) + more)


def fault_of(source: Source, path: str, size: int, sha256: str) -> str:
    """What is wrong with a part; empty when nothing is."""
    digest, length = hashlib.sha256(), 0
    try:
        with source.open(path) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                length += len(chunk)
    except (KeyError, FileNotFoundError):
        return f"{path} is missing"
    except (tarfile.TarError, OSError, EOFError) as fault:
        return f"{path} cannot be read ({fault})"
    if length != size:
        return f"{path} has {length} bytes instead of {size}"
    return "" if digest.hexdigest() == sha256 else f"{path} has another SHA-256 than the manifest says"
