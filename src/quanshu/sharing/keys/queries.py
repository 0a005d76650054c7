"""Reads of keys."""

from __future__ import annotations

import base64

from quanshu.shared.access.api import Actor
from quanshu.sharing.services.api import ConsumerKey, get_consumer, get_key


def key_of(*, actor: Actor, uid: str, kid: str) -> ConsumerKey:
    """A key of an application the actor may see. Raises ConsumerNotFound, KeyNotFound."""
    return get_key(get_consumer(actor=actor, uid=uid), kid)


def public_part(key: ConsumerKey) -> bytes:
    """The raw public key; empty for a secret."""
    return base64.b64decode(key.public_key)
