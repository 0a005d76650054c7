"""The two-step form of the convention: the application's key opens a session key, the session key signs.

In the national platform's two-step form the caller asks for a call key with a request signed by its application key,
gets it enciphered under that key, opens it, and signs calls with it. Here a session key is derived from the node's
seal key, the application, its key and a slot of half an hour, so every gateway process knows it and none stores it.
It holds to the end of the slot after the one it was given in, and ends with the application key it stands on.
"""

from __future__ import annotations

import base64
import hmac

from quanshu.kernel.ciphers import suite

SID = "keys.session"
SLOT_MS = 30 * 60 * 1000


def session_root(seal_key: bytes) -> bytes:
    """The node's secret that session keys are derived from."""
    return hmac.digest(seal_key, b"session keys", "sha256")


def session_secret(root: bytes, *, rid: str, kid: str, slot: int) -> str:
    """The session key of a slot, as the text that signs."""
    digest = hmac.digest(root, f"{rid}\n{kid}\n{slot}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def secrets_now(root: bytes, *, rid: str, kid: str, now_ms: int) -> tuple[str, str]:
    """The session keys that hold now: of this slot and of the one before."""
    slot = now_ms // SLOT_MS
    return session_secret(root, rid=rid, kid=kid, slot=slot), session_secret(root, rid=rid, kid=kid, slot=slot - 1)


def expires_ms(now_ms: int) -> int:
    """When a key given now ends: the end of the next slot."""
    return (now_ms // SLOT_MS + 2) * SLOT_MS


def _cover(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"quanshu session key", "sha256")


def seal_session(secret: str, rid: str, session: str) -> str:
    """A session key as the answer carries it: Base64 of nonce (12), AES-256-GCM ciphertext and tag (16).

    The key is HMAC-SHA256(application secret, "quanshu session key"), the associated data the requester id.
    """
    return base64.b64encode(suite("intl").seal(_cover(secret), session.encode(), rid.encode())).decode("ascii")


def open_session(secret: str, rid: str, sealed: str) -> str:
    """A session key in clear. Raises OpenFailed, ValueError."""
    return suite("intl").open(_cover(secret), base64.b64decode(sealed, validate=True), rid.encode()).decode()
