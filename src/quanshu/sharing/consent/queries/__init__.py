"""Reads of consents."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, QuerySet

from quanshu.kernel import sd_jwt
from quanshu.shared.access.api import Actor, find_seen
from quanshu.shared.keys import node_key
from quanshu.sharing.consent.models import Consent, ConsentUse, DisplayOrder
from quanshu.sharing.consent.types import ConsentNotFound, ConsentState, OrderNotFound
from quanshu.sharing.services.api import Consumer, Exchange, Grant, Service, asks_consent, published_spec
from quanshu.sharing.subjects.api import Subject

KIND = "consent.consent"
STATUS_SIZE = 65_536
STATUS_BITS = 2
STATUS_TTL = 60
STATUSES = {
    ConsentState.REVOKED: sd_jwt.Status.INVALID,
    ConsentState.EXPIRED: sd_jwt.Status.INVALID,
    ConsentState.USED_UP: sd_jwt.Status.APPLICATION,
}
RELATED = ("consumer__unit", "service__unit", "subject")


def list_consents(actor: Actor, *, now: datetime) -> QuerySet[Consent]:
    """Consents the actor may see: a resident's own, or those of an officer's units."""
    return Consent.objects.visible_to(actor, now).select_related(*RELATED)


def get_consent(*, actor: Actor, uid: str, now: datetime) -> Consent:
    """One consent by uid or number. Raises ConsentNotFound."""
    rows = list_consents(actor, now=now)
    found = rows.filter(uid=uid).first() or rows.filter(number=uid).exclude(number="").first()
    if found is None:
        raise ConsentNotFound
    return found


def uses_of(consent: Consent, *, now: datetime, everything: bool = False) -> QuerySet[ConsentUse]:
    """Calls under a consent, the latest first; the subject is not shown those an order delays."""
    rows = ConsentUse.objects.filter(consent=consent)
    return rows if everything else rows.shown_at(now)


def delete_by(consent: Consent) -> datetime | None:
    """When the receiver must have deleted what it last received; None while it received nothing."""
    last = consent.last_used_at
    return last + timedelta(days=consent.retention_days) if last else None


def uses_since(subject: Subject, *, since: datetime) -> QuerySet[ConsentUse]:
    """Answered calls under a subject's consents, whichever rows they told of."""
    rows = ConsentUse.objects.filter(consent__subject=subject, answered=True, at__gte=since)
    return rows.select_related("consent__service")


def delayed_receipts(receipt_ids: Collection[str], *, now: datetime) -> set[str]:
    """Those of some receipts that a legal order keeps from display yet."""
    # By the calls themselves: a use is noted at its consent some moments after its receipt is here.
    orders = DisplayOrder.objects.delaying(now).filter(consent__uid=OuterRef("consent_uid"))
    calls = Exchange.objects.filter(receipt_id__in=receipt_ids).exclude(consent_uid="")
    return set(calls.filter(Exists(orders)).values_list("receipt_id", flat=True))


def shown_counts(consent: Consent, *, now: datetime) -> dict[str, Any]:
    """How often the subject is told that a consent was used, and when last: a count tells of a delayed use too."""
    rows = uses_of(consent, now=now).filter(answered=True)
    return rows.aggregate(uses=Count("pk"), last_used_at=Max("at"))


def list_orders(actor: Actor) -> QuerySet[DisplayOrder]:
    """Orders that delay the display of uses."""
    return DisplayOrder.objects.visible_to(actor).select_related("consent__service", "consent__consumer__unit")


def get_order(*, actor: Actor, uid: str) -> DisplayOrder:
    """One order. Raises OrderNotFound."""
    return find_seen(list_orders(actor), uid, OrderNotFound())


def grants_to_ask(actor: Actor, *, now: datetime) -> QuerySet[Grant]:
    """Grants in force, of applications the actor may see, for services that ask for consent."""
    rows = Grant.objects.filter(
        consumer__in=Consumer.objects.visible_to(actor).values("pk"),
        consumer__active=True,
        revoked_at__isnull=True,
        valid_until__gt=now,
        service__served_version__isnull=False,
    ).select_related("consumer__unit", "service__unit")
    uids = [grant.uid for grant in rows if asks_consent(grant.service)]
    return rows.filter(uid__in=uids)


def titles_of(service: Service) -> dict[str, tuple[str, str]]:
    """{item: (Chinese title, English title)} of a service."""
    spec = published_spec(service)
    return {part["name"]: (part["title"], part.get("title_en", "")) for part in [*spec["parameters"], *spec["fields"]]}


def issuer_key() -> Ed25519PrivateKey:
    """The key this node signs consents with; its 32 bytes lie in the keys folder."""
    return Ed25519PrivateKey.from_private_bytes(node_key("consent-issuer"))


def issuer_jwk() -> dict[str, str]:
    """The public part of that key as a JWK with its id."""
    jwk = sd_jwt.jwk_of(issuer_key().public_key())
    return {**jwk, "kid": sd_jwt.thumbprint(jwk), "alg": "EdDSA", "use": "sig"}


def holder_of(consumer: Consumer, *, now: datetime) -> Ed25519PublicKey | None:
    """The application's newest Ed25519 key that holds; None when it signs by a secret alone."""
    row = consumer.keys.filter(scheme="ed25519", not_before__lte=now, not_after__gt=now).first()
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(row.public_key)) if row else None


def is_bound(consent: Consent) -> bool:
    """Whether the consent's token is bound to a key of its application."""
    if not consent.token:
        return False
    claims = sd_jwt.read_jws(sd_jwt.SdJwt.parse(consent.token).jwt, key=issuer_key().public_key())
    return "cnf" in (claims or {})


def origin() -> str:
    """Where this node's pages are found from outside."""
    return str(next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://{}:{}".format(*settings.QUANSHU_WEB)))


def node_name() -> str:
    """What this node calls itself."""
    return str(settings.QUANSHU_NODE_NAME)


def status_uri(number: int) -> str:
    """Where a status list is found."""
    return f"{origin()}/consent/status/{number}/"


def status_token(number: int, *, now: datetime) -> str:
    """The status list with this number, signed: consents that were withdrawn, ran out or were used up."""
    statuses = sd_jwt.StatusList(STATUS_SIZE, bits=STATUS_BITS)
    rows = Consent.objects.filter(status_list=number, status_index__isnull=False, state__in=list(STATUSES))
    for index, state in rows.values_list("status_index", "state"):
        statuses[int(index or 0)] = STATUSES[ConsentState(state)]
    return sd_jwt.issue_status(
        statuses, key=issuer_key(), uri=status_uri(number), now=now, ttl=STATUS_TTL, kid=issuer_jwk()["kid"]
    )


def scope_of_consent(consent: Consent) -> dict[str, Any]:
    """What was asked or granted, as plain values."""
    names = ("fields", "purpose", "legal_basis", "retention_days", "starts_at", "ends_at", "most_uses", "per_day")
    return {name: getattr(consent, name) for name in names}


def waiting_for(actor: Actor, *, now: datetime) -> QuerySet[Consent]:
    """Requests that wait for the resident's answer."""
    return list_consents(actor, now=now).filter(state=ConsentState.ASKED, answer_until__gt=now)


def field_titles(consent: Consent, names: Sequence[str], *, english: bool) -> list[str]:
    """Titles of fields in one language; the name where there is none."""
    titles = titles_of(consent.service)
    return [(titles.get(name, ("", ""))[1] if english else "") or titles.get(name, (name, ""))[0] for name in names]
