"""What a holder does: choose what to show, and prove that the key is theirs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quanshu.kernel.sd_jwt.errors import Malformed
from quanshu.kernel.sd_jwt.issuing import fits, leads, spelt
from quanshu.kernel.sd_jwt.jws import open_jws, sign_jws
from quanshu.kernel.sd_jwt.parts import Disclosure, Path, SdJwt, restore

BINDING_TYPE = "kb+jwt"


def disclosable(token: SdJwt) -> list[Path]:
    """Where the claims stand that may be shown or kept back, outermost first. Raises as `verify` does, unverified."""
    return sorted((path for path, _, _ in _walked(token)[0]), key=len)


def present(token: SdJwt, *, show: Iterable[Path]) -> SdJwt:
    """The token with only the disclosures that show these claims, with whatever encloses them.

    A path to a whole shows its parts too. The holder's proof falls away. Raises Malformed for a path to nothing
    that is there.
    """
    walked, claims = _walked(token)
    kept: set[str] = set()
    for wanted in show:
        if not leads(claims, wanted):
            raise Malformed(fault=f"there is no {spelt(wanted)} to show")
        for path, disclosure, above in walked:
            # A part needs what encloses it, a whole takes its parts along.
            if fits(wanted, path):
                kept |= {disclosure.encoded, *above}
    return SdJwt(token.jwt, tuple(item for item in token.disclosures if item in kept))


def bind(token: SdJwt, *, key: Ed25519PrivateKey, audience: str, nonce: str, now: datetime) -> SdJwt:
    """The token with the holder's proof for this audience and nonce (RFC 9901, 4.3)."""
    payload = {"iat": int(now.timestamp()), "aud": audience, "nonce": nonce, "sd_hash": token.sd_hash}
    return replace(token, binding=sign_jws(payload, key=key, header={"typ": BINDING_TYPE}))


def _walked(token: SdJwt) -> tuple[list[tuple[Path, Disclosure, tuple[str, ...]]], dict[str, Any]]:
    """Each disclosure with its path and the encoded disclosures that enclose it; and the claims."""
    _, payload = open_jws(token.jwt)
    by_digest = {item.digest: item.encoded for item in map(Disclosure.parse, token.disclosures)}
    found: list[tuple[Path, Disclosure, tuple[str, ...]]] = []

    def keep(path: Path, disclosure: Disclosure, above: tuple[str, ...]) -> None:
        found.append((path, disclosure, tuple(by_digest[item] for item in above)))

    claims = restore(payload, token.disclosures, keep)
    return found, claims
