"""Which verifier sends a request: by its token, or by an HTTP message signature (RFC 9421) with its registered key."""

from __future__ import annotations

import base64

from django.http import HttpRequest

from quanshu.city.codes import queries
from quanshu.city.codes.models import Verifier
from quanshu.city.codes.types import ClockSkewed, UnknownVerifier
from quanshu.gateway.signing import http_signatures
from quanshu.gateway.signing.digest import FIELD, check_digest
from quanshu.gateway.signing.keys import verify
from quanshu.gateway.signing.profiles import ED25519
from quanshu.kernel.clock import now
from quanshu.kernel.codes import SKEW_OFFLINE
from quanshu.kernel.errors import QuanshuError


class VerifierProof:
    """Ninja's way to ask who calls. What a verifier may then do is asked by the services, with its own refusals."""

    def __call__(self, request: HttpRequest) -> Verifier:
        bearer = request.headers.get("Authorization", "")
        if bearer.startswith("Bearer "):
            found = queries.verifier_by_token(bearer.removeprefix("Bearer ").strip())
        else:
            found = by_signature(request)
        if found is None:
            raise UnknownVerifier
        return found


def message_of(request: HttpRequest) -> http_signatures.Request:
    """The request as signatures see it."""
    return http_signatures.Request(
        method=request.method or "",
        scheme=request.scheme or "",
        authority=request.get_host(),
        path=request.path,
        query=request.META.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
    )


def by_signature(request: HttpRequest) -> Verifier | None:
    """The verifier whose key signed the request, None for no right signature.

    A code is taken once, so that a request sent again gains nothing. Raises ClockSkewed.
    """
    message = message_of(request)
    try:
        signature = http_signatures.read_signature(message.headers)
        http_signatures.check_covered(signature, message, body=request.body)
        base = http_signatures.signature_base(signature.covered, message)
        if request.body:
            check_digest(message.headers.get(FIELD.lower(), ""), request.body)
    except QuanshuError:
        return None
    verifier = queries.verifier_by_uid(signature.keyid.partition(":")[0])
    if verifier is None or not verify(ED25519, base64.b64decode(verifier.public_key), base, signature.value):
        return None
    apart = abs(int(now().timestamp()) - signature.created)
    if apart > SKEW_OFFLINE:
        raise ClockSkewed(seconds=apart, most=SKEW_OFFLINE)
    return verifier
