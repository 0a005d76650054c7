"""Names and public keys that credentials, status lists and proofs are known by."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from quanshu.city.vault.models import SigningKey, StatusList
from quanshu.kernel.sd_jwt import jwk_of
from quanshu.organisation.api import Unit

LIST_BITS = 2


def origin() -> str:
    """The node's public address."""
    given = next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://{}:{}".format(*settings.QUANSHU_WEB))
    return str(given).rstrip("/")


def issuer_url(unit: Unit) -> str:
    """What a credential names as its issuer (`iss`)."""
    return f"{origin()}/vault/issuers/{unit.uid}"


def list_url(row: StatusList) -> str:
    """Where a status list is found; it is also its name (`sub`)."""
    return f"{origin()}/vault/status/{row.uid}/"


def public_of(key: SigningKey) -> Ed25519PublicKey:
    """The public part of a credential key."""
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public))


def jwk(key: SigningKey) -> dict[str, str]:
    """A credential key as it is published."""
    return {**jwk_of(public_of(key)), "kid": key.kid, "use": "sig", "alg": "EdDSA"}
