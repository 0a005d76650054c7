"""What a verifier calls: one code on line, or those taken off line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from ninja import Field, Router, Schema

from quanshu.city.codes import queries, services
from quanshu.city.codes.models import Scan, Verifier
from quanshu.city.codes.rest.proof import VerifierProof
from quanshu.city.codes.services.batching import MOST_AT_ONCE
from quanshu.city.codes.services.scanning import MOST_UPLOADED, Scanned
from quanshu.city.codes.types import Told, Upload
from quanshu.kernel.clock import now
from quanshu.kernel.errors import QuanshuError

scanning = Router(auth=VerifierProof())


class ScanBody(Schema):
    """A code as scanned, or its twelve digits; the device's time in seconds since 1970, where it tells it."""

    code: str
    device_time: int | None = None


class BatchBody(Schema):
    """Codes as scanned, and the device's time, where it tells it."""

    codes: list[str] = Field(min_length=1, max_length=MOST_AT_ONCE)
    device_time: int | None = None


class UploadRow(Schema):
    """A code taken off line, and when by the device's clock in seconds since 1970."""

    code: str
    at: int


class UploadBody(Schema):
    """Codes taken off line, and the device's time as it sends them."""

    device_time: int
    scans: list[UploadRow] = Field(max_length=MOST_UPLOADED)


def told_row(told: Told) -> dict[str, Any]:
    """A field as a verifier gets it."""
    return {
        "source": told.read.source,
        "service": told.read.of,
        "field": told.read.field,
        "least": told.read.least or None,
        "title": told.read.title,
        "title_en": told.read.title_en,
        "value": told.value,
        "fault": told.fault,
        "receipt": told.receipt,
    }


def scan_row(scan: Scan) -> dict[str, Any]:
    """A scan, without anything that tells whose it is."""
    return {
        "uid": scan.uid,
        "at": scan.at,
        "scene": scan.scene.name,
        "scene_uid": scan.scene.uid,
        "unit": scan.scene.unit.name,
        "verifier": scan.verifier.name,
        "place": scan.verifier.place,
        "offline": scan.offline,
        "ok": scan.ok,
        "reason": scan.reason,
        "told": scan.told,
        "receipts": scan.receipts,
    }


def scanned_row(found: Scanned) -> dict[str, Any]:
    """A scan with what was told."""
    return {**scan_row(found.scan), "values": [told_row(row) for row in found.told]}


def verifier_of(request: HttpRequest) -> Verifier:
    """Who called."""
    found: Verifier = request.auth  # type: ignore[attr-defined]
    return found


@scanning.post("/scan")
def scan(request: HttpRequest, body: ScanBody) -> dict[str, Any]:
    """Take a code for the verifier's scene, and get what the scene may read."""
    verifier = verifier_of(request)
    found = services.scan_code(
        actor=queries.actor_of_verifier(verifier),
        now=now(),
        verifier=verifier,
        text=body.code,
        device_time=moment(body.device_time) if body.device_time is not None else None,
    )
    return scanned_row(found)


@scanning.post("/batch")
def scan_batch(request: HttpRequest, body: BatchBody) -> dict[str, Any]:
    """Take up to 100 codes at once, as a hub of many gates does; each is answered as it would be alone."""
    verifier = verifier_of(request)
    found = services.scan_codes(
        actor=queries.actor_of_verifier(verifier),
        now=now(),
        verifier=verifier,
        texts=body.codes,
        device_time=moment(body.device_time) if body.device_time is not None else None,
    )
    return {
        "answers": [
            {"ok": False, **row.as_dict(gettext)} if isinstance(row, QuanshuError) else scanned_row(row)
            for row in found
        ]
    }


@scanning.post("/uploads")
def upload(request: HttpRequest, body: UploadBody) -> dict[str, Any]:
    """Hand in codes taken off line; each is answered accepted, known, double or refused."""
    verifier = verifier_of(request)
    answers = services.upload_scans(
        actor=queries.actor_of_verifier(verifier),
        now=now(),
        verifier=verifier,
        rows=[Upload(row.code, row.at) for row in body.scans],
        sent_at=moment(body.device_time),
    )
    return {"answers": [{"outcome": row.outcome, "code": row.code} for row in answers]}


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a moment; what no clock shows becomes its beginning, which is out of every bound."""
    return datetime.fromtimestamp(seconds if 0 <= seconds < 1 << 32 else 0, UTC)
