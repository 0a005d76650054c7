"""Secret keys of the node: files with owner-only rights in the keys folder, made on first use; texts sealed under them.

A sealed text begins with the number of its key, so that a new key can take over while old texts still open.
"""

from __future__ import annotations

import base64
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


def numbered_key(family: str, number: int) -> bytes:
    """The node's key of a family with this number; the first has none in its name."""
    return node_key(family if number <= 1 else f"{family}-{number}")


def newest_key(family: str) -> int:
    """The number of the family's key in use."""
    folder = settings.QUANSHU_KEYS_DIR
    numbers = [path.stem.rpartition("-")[2] for path in folder.glob(f"{family}-*.key")] if folder.is_dir() else []
    return max([1, *(int(number) for number in numbers if number.isdigit())])


def seal_text(family: str, text: str, context: str) -> str:
    """The text encrypted under the family's newest key, bound to its context (a uid)."""
    number = newest_key(family)
    sealed = suite("intl").seal(numbered_key(family, number), text.encode(), context.encode())
    return f"{number}:{base64.b64encode(sealed).decode('ascii')}"


def open_text(family: str, sealed: str, context: str) -> str:
    """The text; one without a number is of the first key."""
    number, mark, body = sealed.rpartition(":")
    key = numbered_key(family, int(number) if mark else 1)
    return suite("intl").open(key, base64.b64decode(body), context.encode()).decode()
