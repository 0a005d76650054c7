"""The electronic seal on a PDF: a PAdES signature (ETSI EN 319 142-1, level B-B) by the issuing unit's key."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from asn1crypto import keys, pem  # type: ignore[import-untyped]
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from quanshu.city.vault.models import SigningKey
from quanshu.city.vault.queries.sealed import load
from quanshu.city.vault.services.drawing import SEAL_BOX, draw_seal
from quanshu.city.vault.services.signing import FAMILY
from quanshu.shared.keys import open_text

FIELD = "Seal"


def seal_pdf(page: bytes, *, key: SigningKey, authority: SigningKey, unit: str, use: str) -> bytes:
    """The page with the unit's seal; from then on no change to the file leaves the signature valid."""
    private = keys.PrivateKeyInfo.load(pem.unarmor(open_text(FAMILY, key.sealed, key.kid).encode())[2])
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register(load(authority.certificate))
    signer = signers.SimpleSigner(signing_cert=load(key.certificate), signing_key=private, cert_registry=store)
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        name=unit,
        reason=use,
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )
    spec = fields.SigFieldSpec(FIELD, on_page=0, box=SEAL_BOX)
    with tempfile.TemporaryDirectory() as folder:
        drawing = Path(folder) / "seal.pdf"
        drawing.write_bytes(draw_seal(unit, use))
        style = StaticStampStyle.from_pdf_file(str(drawing), border_width=0)
        pdf_signer = signers.PdfSigner(meta, signer=signer, stamp_style=style, new_field_spec=spec)
        out = BytesIO()
        pdf_signer.sign_pdf(IncrementalPdfFileWriter(BytesIO(page)), output=out)
    return out.getvalue()
