"""Secret keys of the node: files with owner-only rights in the keys folder, made on first use."""

from __future__ import annotations

import os
from functools import cache

from django.conf import settings

from quanshu.kernel.ciphers import suite


@cache
def node_key(name: str) -> bytes:
    """The node's symmetric key called `name` (AES-256), made once and kept with rights 0600."""
    folder = settings.QUANSHU_KEYS_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return bytes(path.read_bytes())
    with os.fdopen(handle, "wb") as file:
        file.write(suite("intl").generate_key())
        file.flush()
        os.fsync(file.fileno())
    return bytes(path.read_bytes())
