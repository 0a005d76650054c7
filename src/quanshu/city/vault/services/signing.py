"""Keys of issuing units and of the node: credentials and status lists (Ed25519), seals on PDF files (X.509, P-256)."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction

from quanshu.city.vault.models import SigningKey, StatusList
from quanshu.city.vault.queries.naming import LIST_BITS, list_url
from quanshu.city.vault.rules import STATUS_MINUTES
from quanshu.city.vault.types import Purpose
from quanshu.kernel.sd_jwt import StatusList as Statuses
from quanshu.kernel.sd_jwt import issue_status, jwk_of, thumbprint
from quanshu.organisation.api import Unit
from quanshu.shared.keys import open_text, seal_text

FAMILY = "vault-issuer"
AUTHORITY_YEARS, SEAL_YEARS = 10, 3
# A list has room for this many certificates, of which at most half are taken: places are drawn at random, so that
# a place tells nothing of when a certificate was issued.
LIST_SIZE = 1 << 16


def credential_key(unit: Unit, *, now: datetime) -> SigningKey:
    """The unit's key for credentials, made on first use."""
    found = SigningKey.objects.filter(unit=unit, purpose=Purpose.CREDENTIAL, retired_at__isnull=True).first()
    if found is not None:
        return found
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    kid = thumbprint(jwk_of(public))
    return SigningKey.objects.create(
        unit=unit,
        purpose=Purpose.CREDENTIAL,
        kid=kid,
        public=public.public_bytes_raw().hex(),
        sealed=seal_text(FAMILY, private.private_bytes_raw().hex(), kid),
        created_at=now,
    )


def private_of(key: SigningKey) -> Ed25519PrivateKey:
    """The private part of a credential key."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(open_text(FAMILY, key.sealed, key.kid)))


def status_token(row: StatusList, *, now: datetime) -> str:
    """A status list as signed now; good for a quarter of an hour."""
    key = credential_key(row.unit, now=now)
    return issue_status(
        Statuses(row.size, bits=LIST_BITS, data=bytes(row.bits)),
        key=private_of(key),
        uri=list_url(row),
        now=now,
        good_for=timedelta(minutes=STATUS_MINUTES),
        ttl=60,
        kid=key.kid,
    )


def list_with_room(unit: Unit, *, now: datetime) -> StatusList:
    """The unit's status list that takes new certificates, locked."""
    row = StatusList.objects.select_for_update().filter(unit=unit, taken__lt=LIST_SIZE // 2).first()
    if row is not None:
        return row
    empty = Statuses(LIST_SIZE, bits=LIST_BITS).data
    return StatusList.objects.create(unit=unit, size=LIST_SIZE, bits=empty, changed_at=now)


def set_status(row: StatusList, index: int, status: int, *, now: datetime) -> None:
    """Change one place of a list; the token is signed from it at the next request."""
    row = StatusList.objects.select_for_update().get(pk=row.pk)
    bits = Statuses(row.size, bits=LIST_BITS, data=bytes(row.bits))
    bits[index] = status
    row.bits, row.version, row.changed_at = bits.data, row.version + 1, now
    row.save(update_fields=["bits", "version", "changed_at"])


def name_of(common: str, organisation: str, code: str) -> x509.Name:
    """A distinguished name; its parts are cut to what X.520 allows."""
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
        x509.NameAttribute(NameOID.COMMON_NAME, common[:64]),
    ]
    if code:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, code))
    return x509.Name(parts)


def usage(*, authority: bool) -> x509.KeyUsage:
    """An authority signs certificates; a seal signs documents."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=not authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def build(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    signed_by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None,
    years: int,
    now: datetime,
) -> x509.Certificate:
    """A certificate for a key; self-signed without `signed_by` (RFC 5280)."""
    issuer, signer = (signed_by[0].subject, signed_by[1]) if signed_by else (subject, key)
    authority = signed_by is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
        .add_extension(usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    return builder.sign(signer, hashes.SHA256())


def pem_key(key: ec.EllipticCurvePrivateKey) -> str:
    """A private key as PKCS #8 in PEM; it is sealed before it is kept."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def ec_key(row: SigningKey) -> ec.EllipticCurvePrivateKey:
    """The private key of an authority or a seal."""
    found = serialization.load_pem_private_key(open_text(FAMILY, row.sealed, row.kid).encode(), password=None)
    assert isinstance(found, ec.EllipticCurvePrivateKey)  # noqa: S101
    return found


def keep(
    purpose: Purpose,
    unit: Unit | None,
    key: ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    now: datetime,
) -> SigningKey:
    """Keep a key with its certificate."""
    kid = certificate.fingerprint(hashes.SHA256()).hex()
    return SigningKey.objects.create(
        unit=unit,
        purpose=purpose,
        kid=kid,
        certificate=certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"),
        sealed=seal_text(FAMILY, pem_key(key), kid),
        created_at=now,
    )


@transaction.atomic
def authority_key(*, now: datetime) -> SigningKey:
    """The node's authority for certificates of seals, made on first use."""
    found = SigningKey.objects.filter(unit=None, purpose=Purpose.AUTHORITY, retired_at__isnull=True).first()
    if found is not None:
        return found
    key = ec.generate_private_key(ec.SECP256R1())
    node = settings.QUANSHU_NODE_NAME
    subject = name_of(f"{node} Quanshu seal authority", str(node), "")
    certificate = build(subject, key, signed_by=None, years=AUTHORITY_YEARS, now=now)
    return keep(Purpose.AUTHORITY, None, key, certificate, now)


@transaction.atomic
def seal_key(unit: Unit, *, now: datetime) -> SigningKey:
    """The unit's key of seals, made on first use and anew when its certificate has ended."""
    rows = SigningKey.objects.filter(unit=unit, purpose=Purpose.SEAL, retired_at__isnull=True)
    found = rows.first()
    if found is not None:
        if x509.load_pem_x509_certificate(found.certificate.encode()).not_valid_after_utc > now:
            return found
        rows.update(retired_at=now)
    authority = authority_key(now=now)
    above = x509.load_pem_x509_certificate(authority.certificate.encode())
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name_of(unit.name, unit.name, unit.code)
    certificate = build(subject, key, signed_by=(above, ec_key(authority)), years=SEAL_YEARS, now=now)
    return keep(Purpose.SEAL, unit, key, certificate, now)
