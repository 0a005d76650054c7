"""The identity provider as a relying party sees it: OpenID Connect Core 1.0, discovery, code flow with PKCE.

An ID token is believed when its signature fits a key the provider publishes, and issuer, audience, nonce and times
are right. Nothing of a fault's detail is shown to the caller but a word.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]
from django.conf import settings
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError
from joserfc.jwk import KeySet

from quanshu.sharing.subjects.types import Pending, ProviderMissing, ProviderSilent, SignInFailed

ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519"]
SCOPE = "openid profile"
SECONDS = 10.0
KEPT_SECONDS = 600.0
LEEWAY = 60
LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Provider:
    """What the provider says of itself."""

    issuer: str
    authorize: str
    token: str
    userinfo: str
    keys: str


_kept: dict[str, tuple[float, Provider]] = {}
_keys: dict[str, tuple[float, KeySet]] = {}


def configured() -> tuple[str, str, str]:
    """(issuer, client id, client secret). Raises `subjects.provider_missing`."""
    issuer, client, secret = settings.QUANSHU_RESIDENT_OIDC
    if not issuer or not client:
        raise ProviderMissing
    return issuer.rstrip("/"), client, secret


def fetch(url: str, **more: Any) -> dict[str, Any]:
    """A JSON object from the provider. Raises `subjects.provider_silent`."""
    try:
        answer = httpx.get(url, timeout=SECONDS, **more)
        answer.raise_for_status()
        body = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        raise ProviderSilent from fault
    if not isinstance(body, dict):
        raise ProviderSilent
    return body


def is_safe(url: str) -> bool:
    """Whether an address of the provider may be used: over TLS, or on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def provider() -> Provider:
    """The provider by its discovery document, kept for ten minutes.

    Raises `subjects.provider_missing`, `.provider_silent` (also for one that names another issuer, or addresses
    without TLS off this machine).
    """
    issuer, _client, _secret = configured()
    at, found = _kept.get(issuer, (0.0, None))
    if found is not None and time.monotonic() - at < KEPT_SECONDS:
        return found
    said = fetch(f"{issuer}/.well-known/openid-configuration")
    names = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
    values = [str(said.get(name, "")) for name in names]
    if values[0].rstrip("/") != issuer or not all(is_safe(url) for url in values[1:]):
        raise ProviderSilent
    found = Provider(*values)
    _kept[issuer] = (time.monotonic(), found)
    return found


def keys_of(known: Provider, *, fresh: bool = False) -> KeySet:
    """The provider's public keys, kept for ten minutes unless `fresh`. Raises `subjects.provider_silent`."""
    at, found = _keys.get(known.keys, (0.0, None))
    if found is not None and not fresh and time.monotonic() - at < KEPT_SECONDS:
        return found
    try:
        found = KeySet.import_key_set(fetch(known.keys))  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError) as fault:
        raise ProviderSilent from fault
    _keys[known.keys] = (time.monotonic(), found)
    return found


def client_for(redirect_uri: str) -> OAuth2Client:
    """The client of this node."""
    _issuer, client, secret = configured()
    return OAuth2Client(
        client_id=client,
        client_secret=secret or None,
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        timeout=SECONDS,
    )


def authorize_url(pending: Pending, redirect_uri: str) -> str:
    """Where the browser goes to sign in (OpenID Connect Core 1.0, section 3.1.2.1; RFC 7636)."""
    known = provider()
    with client_for(redirect_uri) as client:
        url, _state = client.create_authorization_url(
            known.authorize, state=pending.state, code_verifier=pending.verifier, nonce=pending.nonce
        )
    return str(url)


def exchange(code: str, pending: Pending, redirect_uri: str) -> Mapping[str, Any]:
    """The tokens for a code. Raises `subjects.sign_in_failed` for one that is refused, as a replayed one."""
    known = provider()
    try:
        with client_for(redirect_uri) as client:
            found: Mapping[str, Any] = client.fetch_token(
                known.token, grant_type="authorization_code", code=code, code_verifier=pending.verifier
            )
    except AuthlibBaseError as fault:
        raise SignInFailed(why="code") from fault
    except (httpx.HTTPError, ValueError) as fault:
        raise ProviderSilent from fault
    return found


def read_id_token(text: str, *, nonce: str, now: datetime) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core 1.0, section 3.1.3.7).

    Raises `subjects.sign_in_failed` with a word of what is wrong: signature, issuer, audience, nonce, expired, claims.
    """
    _issuer, client, _secret = configured()
    known = provider()
    token = decode(text, known)
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": known.issuer},
        aud={"essential": True, "value": client},
        exp={"essential": True},
        iat={"essential": True},
        sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    words = {"iss": "issuer", "aud": "audience", "nonce": "nonce"}
    try:
        registry.validate(token.claims)
    except ExpiredTokenError as fault:
        raise SignInFailed(why="expired") from fault
    except (MissingClaimError, InvalidClaimError) as fault:
        raise SignInFailed(why=words.get(str(getattr(fault, "claim", "")), "claims")) from fault
    claims: dict[str, Any] = dict(token.claims)
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client:
        raise SignInFailed(why="audience")
    return claims


def decode(text: str, known: Provider) -> jwt.Token:
    """The token with its signature checked; the keys are asked for anew once, as they may have been changed."""
    for fresh in (False, True):
        try:
            return jwt.decode(text, keys_of(known, fresh=fresh), algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError):
            continue
    raise SignInFailed(why="signature")


def userinfo(access_token: str, sub: str) -> dict[str, Any]:
    """What the provider says of the person, who must be the token's (section 5.3.2)."""
    said = fetch(provider().userinfo, headers={"Authorization": f"Bearer {access_token}"})
    if said.get("sub") != sub:
        raise SignInFailed(why="claims")
    return said
