"""Addresses of files that hold for a short time: the path, the end, the grant and the token under an HMAC."""

from __future__ import annotations

import base64
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlencode

LIFE_SECONDS = 15 * 60
FILE = re.compile(r"(_change_data/)?[A-Za-z0-9][A-Za-z0-9._=-]{0,199}\.parquet\Z")


@dataclass(frozen=True, slots=True)
class Link:
    """A file of a view, for one grant, read under one token. `table` is the lake's; `expires` is epoch seconds."""

    grant: str
    token: str
    table: str
    path: str
    expires: int


def link_key(seal_key: bytes) -> bytes:
    """The key that links are signed with, the same in every gateway of a node."""
    return hmac.digest(seal_key, b"bulk links", "sha256")


def sign_link(key: bytes, link: Link) -> str:
    """The signature of a link, in URL-safe Base64."""
    text = "\n".join((link.grant, link.token, link.table, link.path, str(link.expires)))
    return base64.urlsafe_b64encode(hmac.digest(key, text.encode(), "sha256")).decode().rstrip("=")


def link_url(key: bytes, link: Link, *, base: str) -> str:
    """The address of a file below `base`, the address of the sharing server."""
    # Readers built on the Delta kernel know an address that is signed already by such a key as `sp`.
    query = urlencode({"sp": "r", "token": link.token, "expires": link.expires, "signature": sign_link(key, link)})
    return f"{base}/files/{link.grant}/{link.path}?{query}"


def link_holds(key: bytes, link: Link, signature: str, *, now: float) -> bool:
    """Whether the signature is ours and the end lies ahead; compared in constant time."""
    good = hmac.compare_digest(sign_link(key, link).encode(), signature.encode(errors="replace"))
    return good and now < link.expires and FILE.match(link.path) is not None
