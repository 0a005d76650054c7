"""Keys over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quanshu.gateway.signing.keys import fingerprint
from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of
from quanshu.sharing.keys.queries import key_of, public_part
from quanshu.sharing.keys.types import NaiveTime
from quanshu.sharing.services.api import (
    Consumer,
    ConsumerKey,
    ServicePermission,
    end_key,
    get_consumer,
    register_key,
    rotate_key,
    set_signing,
)

router = Router()


class KeyBody(Schema):
    """A public key in PEM or Base64; `replaces` names the key that gives way to it at `ends_at`."""

    scheme: str
    public_key: str
    not_after: datetime | None = None
    replaces: str = ""
    ends_at: datetime | None = None


class SecretBody(Schema):
    """When the present secrets end."""

    ends_at: datetime | None = None


class SigningBody(Schema):
    """How an application signs: profiles, and client certificates by SHA-256 or in PEM."""

    profiles: list[str]
    fingerprints: list[str] = []


def key_row(key: ConsumerKey) -> dict[str, Any]:
    """A key; of a secret nothing but its id and dates."""
    return {
        "kid": key.kid,
        "keyid": f"{key.consumer.rid}:{key.kid}",
        "scheme": key.scheme,
        "public_key": key.public_key,
        "fingerprint": fingerprint(public_part(key)) if key.public_key else "",
        "state": "valid" if key.not_after > now() else "ended",
        "not_before": key.not_before,
        "not_after": key.not_after,
        "created_by": key.created_by,
        "first_used_at": key.first_used_at,
        "last_used_at": key.last_used_at,
        "warned_days": [warning.days for warning in key.warnings.all()],
    }


def signing_row(consumer: Consumer) -> dict[str, Any]:
    """How an application signs, and its keys, newest first."""
    keys = consumer.keys.select_related("consumer").prefetch_related("warnings")
    return {
        "uid": consumer.uid,
        "rid": consumer.rid,
        "profiles": consumer.profiles,
        "fingerprints": consumer.fingerprints,
        "keys": [key_row(key) for key in keys],
    }


def check_zones(**moments: datetime | None) -> None:
    """A moment without its offset would mean another one elsewhere. Raises NaiveTime."""
    for name, moment in moments.items():
        if moment is not None and moment.tzinfo is None:
            raise NaiveTime(name=name)


def of(request: HttpRequest, uid: str) -> Consumer:
    """The application, by uid or requester id."""
    actor = actor_of(request, ServicePermission.CONSUMER_VIEW)
    return get_consumer(actor=actor, uid=uid)


@router.get("/{uid}")
def get_signing(request: HttpRequest, uid: str) -> dict[str, Any]:
    """How an application signs: profiles, certificates, keys with their first and last use."""
    return signing_row(of(request, uid))


@router.put("/{uid}/signing")
def put_signing(request: HttpRequest, uid: str, body: SigningBody) -> dict[str, Any]:
    """Set profiles and certificates; gateways follow within a second."""
    actor = actor_of(request)
    consumer = set_signing(
        actor=actor, now=now(), consumer=of(request, uid), profiles=body.profiles, fingerprints=body.fingerprints
    )
    return signing_row(consumer)


@router.post("/{uid}/keys", response={201: dict[str, Any]})
def post_key(request: HttpRequest, uid: str, body: KeyBody) -> Status[dict[str, Any]]:
    """Register a public key, beside the others or in place of one."""
    actor = actor_of(request)
    check_zones(not_after=body.not_after, ends_at=body.ends_at)
    key = register_key(actor=actor, now=now(), consumer=of(request, uid), **body.dict())
    return Status(201, key_row(key))


@router.post("/{uid}/secret")
def post_secret(request: HttpRequest, uid: str, body: SecretBody) -> dict[str, Any]:
    """Make a new secret, which is in this answer and in no other; the present ones hold until `ends_at`."""
    actor = actor_of(request)
    check_zones(ends_at=body.ends_at)
    consumer = of(request, uid)
    secret = rotate_key(actor=actor, now=now(), consumer=consumer, ends_at=body.ends_at)
    return signing_row(consumer) | {"secret": secret}


@router.get("/{uid}/keys/{kid}")
def get_one(request: HttpRequest, uid: str, kid: str) -> dict[str, Any]:
    """One key."""
    of(request, uid)
    return key_row(key_of(actor=actor_of(request), uid=uid, kid=kid))


@router.post("/{uid}/keys/{kid}/end")
def post_end(request: HttpRequest, uid: str, kid: str) -> dict[str, Any]:
    """End a key at once; gateways refuse it within a second."""
    actor = actor_of(request)
    return key_row(end_key(actor=actor, now=now(), consumer=of(request, uid), kid=kid))
