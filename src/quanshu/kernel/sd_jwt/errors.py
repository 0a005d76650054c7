"""Why a token is refused; each cause has its own name."""

from __future__ import annotations

from quanshu.kernel.errors import Invalid


class SdJwtError(Invalid):
    """Any refusal of a token."""

    code = "sd_jwt.refused"
    message = "The token was refused."
    remedy = "Ask its holder for a fresh one."


class Malformed(SdJwtError):
    """The text is no token of this kind, or lacks what its kind must have."""

    code = "sd_jwt.malformed"
    message = "This is no token that can be read: %(fault)s."
    remedy = "Send the whole token as it was issued."


class Forged(SdJwtError):
    """The issuer's signature does not fit what is said."""

    code = "sd_jwt.forged"
    message = "The token does not carry the issuer's signature."
    remedy = "Accept it only from its issuer; report a forgery."


class DisclosureWrong(SdJwtError):
    """A disclosure that the issuer did not make, or made twice (RFC 9901, 7.1)."""

    code = "sd_jwt.disclosure"
    message = "A part shown does not belong to the token: %(fault)s."
    remedy = "Show parts of this token alone, each once."


class NotYetValid(SdJwtError):
    code = "sd_jwt.not_yet_valid"
    message = "The token is not valid yet."
    remedy = "Use it from the time it states."


class Expired(SdJwtError):
    code = "sd_jwt.expired"
    message = "The token has expired."
    remedy = "Ask its issuer for a new one."


class BindingMissing(SdJwtError):
    """No proof that who presents it holds the key it was issued to."""

    code = "sd_jwt.binding_missing"
    message = "The proof by the holder's key is missing."
    remedy = "Present the token with a key-binding JWT."


class BindingForged(SdJwtError):
    """The proof is by another key, or for other content."""

    code = "sd_jwt.binding_forged"
    message = "The proof by the holder's key does not fit: %(fault)s."
    remedy = "Sign what is presented with the key that the token was issued to."


class BindingStale(SdJwtError):
    code = "sd_jwt.binding_stale"
    message = "The proof by the holder's key was made too long ago or in the future."
    remedy = "Make a new proof for this presentation."


class WrongAudience(SdJwtError):
    code = "sd_jwt.wrong_audience"
    message = "The proof by the holder's key was made for someone else."
    remedy = "Make the proof for who verifies it."


class WrongNonce(SdJwtError):
    code = "sd_jwt.wrong_nonce"
    message = "The proof by the holder's key answers another question."
    remedy = "Use the nonce of this presentation."


class Revoked(SdJwtError):
    code = "sd_jwt.revoked"
    message = "The token has been revoked."
    remedy = "Ask its issuer for a new one."


class Suspended(SdJwtError):
    code = "sd_jwt.suspended"
    message = "The token is suspended."
    remedy = "Ask its issuer when it will be valid again."


class StatusUnknown(SdJwtError):
    """The status list is not at hand, too old, or has no such entry: nothing can be said, so it is refused."""

    code = "sd_jwt.status_unknown"
    message = "Whether the token still holds cannot be found out."
    remedy = "Fetch the issuer's status list and try again."
