"""Tokens whose holder shows a part: SD-JWT (RFC 9901), key binding, and Token Status List; signed by Ed25519.

token = issue(claims, key=issuer, hide=[("name",), ("addresses", None)], holder=holder_public)
shown = present(token, show=[("name",)])
bound = bind(shown, key=holder, audience="https://verifier", nonce="…", now=now)
seen = verify(bound.text, issuer=issuer_public, audience="https://verifier", nonce="…", now=now)
"""

from quanshu.kernel.sd_jwt.errors import (
    BindingForged,
    BindingMissing,
    BindingStale,
    DisclosureWrong,
    Expired,
    Forged,
    Malformed,
    NotYetValid,
    Revoked,
    SdJwtError,
    StatusUnknown,
    Suspended,
    WrongAudience,
    WrongNonce,
)
from quanshu.kernel.sd_jwt.issuing import issue
from quanshu.kernel.sd_jwt.jws import jwk_of, public_key, read_jws, sign_jws, thumbprint
from quanshu.kernel.sd_jwt.parts import Path, SdJwt
from quanshu.kernel.sd_jwt.presenting import bind, disclosable, present
from quanshu.kernel.sd_jwt.status import Status, StatusList, check_status, issue_status, read_status, status_claim
from quanshu.kernel.sd_jwt.verifying import (
    Verified,
    check_times,
    holder_key,
    open_token,
    verify,
    verify_opened,
)

__all__ = [
    "BindingForged",
    "BindingMissing",
    "BindingStale",
    "DisclosureWrong",
    "Expired",
    "Forged",
    "Malformed",
    "NotYetValid",
    "Path",
    "Revoked",
    "SdJwt",
    "SdJwtError",
    "Status",
    "StatusList",
    "StatusUnknown",
    "Suspended",
    "Verified",
    "WrongAudience",
    "WrongNonce",
    "bind",
    "check_status",
    "check_times",
    "disclosable",
    "holder_key",
    "issue",
    "issue_status",
    "jwk_of",
    "open_token",
    "present",
    "public_key",
    "read_jws",
    "read_status",
    "sign_jws",
    "status_claim",
    "thumbprint",
    "verify",
    "verify_opened",
]
