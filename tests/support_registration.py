"""Files as an applicant would attach them: a PDF of a line, a Word file, an image, each the smallest that is one."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.kernel.clock import freeze

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 16
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16


def pdf(text: str = "") -> bytes:
    """A PDF with `text` in it."""
    return b"%PDF-1.4\n% " + text.encode() + b"\ntrailer <</Root 1 0 R>>\n%%EOF\n"


def office(*parts: str) -> bytes:
    """An Office file of the newer kind with these parts."""
    kept = BytesIO()
    with ZipFile(kept, "w") as archive:
        for part in ("[Content_Types].xml", *parts):
            archive.writestr(part, "<x/>")
    return kept.getvalue()


def attach(client: Client, page: str, kind: str, name: str = "", content: bytes | None = None, *, at: Any) -> Any:
    """Attach a file to the application whose page is given, through its form."""
    file = SimpleUploadedFile(name or f"{kind}.pdf", pdf(kind) if content is None else content)
    with freeze(at):
        return client.post(f"{page}materials/", {"kind": kind, "file": file})
