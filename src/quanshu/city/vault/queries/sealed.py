"""What a PDF under an electronic seal proves, by the authority and the records of this node."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

from asn1crypto import pem  # type: ignore[import-untyped]
from asn1crypto.x509 import Certificate as Asn1Certificate  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.x509.oid import NameOID
from django.utils.translation import gettext
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from quanshu.city.vault import rules
from quanshu.city.vault.models import Certificate, SigningKey
from quanshu.city.vault.queries.judging import unit_name
from quanshu.city.vault.types import NotInForce, Purpose, SealBroken, Unreadable, Verdict

PDF_START = b"%PDF-"
# A file made to confuse leads the reader into objects of the wrong kind.
UNREADABLE = (PdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError, NotImplementedError)


def judge_pdf(content: bytes, *, now: datetime, language: str) -> Verdict:
    """The verdict on a certificate's PDF: whether the seal holds over every byte, whose it is, the state today.

    Raises `vault.unreadable` for a file that is no PDF with one seal.
    """
    status, number = _read(content, now)
    if not status.bottom_line:
        return Verdict(state="unknown", fault=SealBroken.message, code=SealBroken.code)
    signer = x509.load_der_x509_certificate(status.signing_cert.dump())
    codes = signer.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    rows = Certificate.objects.select_related("issuer__unit")
    found = rows.filter(uid=number, issuer__unit__code=codes[0].value if codes else "").first()
    if found is None:
        return Verdict(state="unknown", fault=SealBroken.message, code=SealBroken.code)
    state = rules.state_on(found.state, found.valid_until, now)
    in_force = state == "valid"
    return Verdict(
        state=state,
        type_code=found.type_code,
        issuer=unit_name(found.issuer.unit, language),
        issued_at=int(found.issued_at.timestamp()),
        fault="" if in_force else NotInForce.message,
        code="" if in_force else NotInForce.code,
    )


def load(certificate: str) -> Asn1Certificate:
    """A certificate in PEM as signers and validators of PDF files take it."""
    return Asn1Certificate.load(pem.unarmor(certificate.encode())[2])


def _read(content: bytes, now: datetime) -> tuple[PdfSignatureStatus, str]:
    roots = [load(row.certificate) for row in SigningKey.objects.filter(purpose=Purpose.AUTHORITY)]
    try:
        reader = PdfFileReader(BytesIO(content))
        (seal,) = reader.embedded_signatures
        info = reader.trailer_view["/Info"]
        number = str(info["/Subject"]) if "/Subject" in info else ""
        return validate_pdf_signature(seal, ValidationContext(trust_roots=roots, moment=now)), number
    except UNREADABLE as fault:
        raise Unreadable(fault=gettext("it is no PDF with an electronic seal.")) from fault
