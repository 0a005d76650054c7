"""Refusals of signed requests; their texts are in `quanshu.gateway.messages`."""

from __future__ import annotations

from quanshu.kernel.errors import Forbidden, Unauthenticated


class BadSignatureInput(Unauthenticated):
    """Signature-Input, Signature or Content-Digest has not the form asked for."""

    code = "gateway.bad_signature_input"


class Uncovered(Unauthenticated):
    """Parts of the request that the signature must cover are not covered."""

    code = "gateway.signature_uncovered"


class Expired(Unauthenticated):
    """The time the signature holds until has passed."""

    code = "gateway.signature_expired"


class UnknownKey(Unauthenticated):
    """The key is unknown, does not hold yet, or has ended."""

    code = "gateway.unknown_key"


class BadHttpSignature(Unauthenticated):
    """The signature is not the key's over this request."""

    code = "gateway.bad_http_signature"


class DigestMismatch(Unauthenticated):
    """The body has not the digest that was signed."""

    code = "gateway.digest_mismatch"


class WrongProfile(Forbidden):
    """The application signs by another profile than it may."""

    code = "gateway.wrong_profile"


class CertificateRequired(Forbidden):
    """The application is bound to certificates and came without one."""

    code = "gateway.certificate_required"


class WrongCertificate(Forbidden):
    """The application came with a certificate it is not bound to."""

    code = "gateway.wrong_certificate"
