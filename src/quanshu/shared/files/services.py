"""Keeping and finding files."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.db import transaction

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.types import ALLOWED, FileEmpty, FileNotFound, FileTooLarge, FileTypeRefused

DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Chunked(Protocol):
    """An upload that can be read piece by piece."""

    def chunks(self) -> Iterable[bytes]: ...


@transaction.atomic
def store(*, actor: Actor, name: str, stream: Chunked, now: datetime, most: int | None = None) -> StoredFile:
    """Keep an uploaded file; the same content is kept once. `most` bytes instead of what a person may upload.

    Raises FileTypeRefused, FileTooLarge or FileEmpty, and leaves nothing behind then. The room that
    takes the file has asked for permission.
    """
    name = Path(name).name[-200:]
    ending = Path(name).suffix.lower()
    if ending not in ALLOWED:
        raise FileTypeRefused(name=name, allowed=", ".join(sorted(ALLOWED)))
    digest, size, temporary = receive(stream, name, most or settings.QUANSHU_UPLOAD_MAX_BYTES)
    target = path_for(digest)
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(temporary, target)
    row, made = StoredFile.objects.update_or_create(
        digest=digest,
        # Handed in again, a file is as young as any other, however long its content has been there.
        defaults={"stored_at": now},
        create_defaults={
            "name": name,
            "size": size,
            "media_type": ALLOWED[ending],
            "stored_at": now,
            "stored_by": actor.uid,
        },
    )
    if made:
        audit.record(
            actor=actor,
            action="files.file.stored",
            kind="files.file",
            uid=digest,
            label=name,
            details={"size": size},
            now=now,
        )
    return row


def receive(stream: Chunked, name: str, most: int) -> tuple[str, int, Path]:
    """Write the stream to a temporary file beside the store: (digest, size, path)."""
    folder = settings.QUANSHU_FILES_DIR
    folder.mkdir(parents=True, exist_ok=True)
    handle, text = tempfile.mkstemp(dir=folder, prefix=".incoming-")
    temporary = Path(text)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file:
            for chunk in stream.chunks():
                size += len(chunk)
                if size > most:
                    raise FileTooLarge(name=name, most=most // 1024 // 1024)
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if size == 0:
            raise FileEmpty(name=name)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size, temporary


def path_for(digest: str) -> Path:
    """Where a file with this digest lies."""
    folder: Path = settings.QUANSHU_FILES_DIR
    return folder / digest[:2] / digest


def path_of(digest: str) -> Path:
    """The stored file's path; FileNotFound when it is not there."""
    path = path_for(digest)
    if not DIGEST.fullmatch(digest) or not path.is_file():
        raise FileNotFound(digest=digest)
    return path


def read_up_to(stream: Chunked, most: int) -> bytes:
    """The stream's content; of a larger one only so much that it shows."""
    content = bytearray()
    for chunk in stream.chunks():
        content += chunk
        if len(content) > most:
            break
    return bytes(content[: most + 1])
