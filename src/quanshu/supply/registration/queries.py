"""Reads of registration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from quanshu.kernel.certificates import check_number
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, find_seen
from quanshu.supply.catalogue.api import Entry, list_entries
from quanshu.supply.registration.models import Application, Certificate, Material
from quanshu.supply.registration.rules import UNDER_WAY
from quanshu.supply.registration.types import (
    ApplicationState,
    CertificateState,
    MaterialKept,
    MaterialNotFound,
    RegistrationNotFound,
)

KEY_FILES: Mapping[str, str] = {"Ed25519": "registration-ed25519", "SM2-SM3": "registration-sm2"}


def list_applications(actor: Actor) -> QuerySet[Application]:
    """Applications the actor may see."""
    return Application.objects.visible_to(actor).select_related("entry__unit", "unit", "receiver", "certificate")


def get_application(*, actor: Actor, uid: str) -> Application:
    """Raises `registration.not_found`."""
    return find_seen(list_applications(actor), uid, RegistrationNotFound())


def get_material(*, actor: Actor, application: str, uid: str) -> Material:
    """A material of an application the actor may see. Raises `registration.material_not_found`."""
    rows = Material.objects.filter(application__in=Application.objects.visible_to(actor), application__uid=application)
    return find_seen(rows.select_related("application__entry", "application__unit"), uid, MaterialNotFound())


def kept_by(application: Application) -> list[MaterialKept]:
    """An application's materials as the rules take them."""
    return [MaterialKept(row.kind, row.name, row.verdict) for row in application.materials.all()]


def list_certificates() -> QuerySet[Certificate]:
    """Certificates: they are public."""
    return Certificate.objects.select_related("entry", "holder", "previous", "application")


def get_certificate(*, number: str, code: str | None = None) -> Certificate:
    """A certificate by its number, and by the code printed on it when given.

    Raises `kernel.bad_certificate_number`, `registration.not_found`.
    """
    rows = list_certificates().filter(number=check_number(number))
    if code is not None:
        rows = rows.filter(code=code.strip().upper())
    found = rows.first()
    if found is None:
        raise RegistrationNotFound
    return found


def state_of(certificate: Certificate, today: date) -> str:
    """valid, expired, replaced or cancelled."""
    if certificate.state == CertificateState.VALID and certificate.expires_on < today:
        return "expired"
    return certificate.state


def list_public() -> QuerySet[Application]:
    """Applications in their publicity period: open to everyone."""
    rows = Application.objects.filter(state=ApplicationState.PUBLICITY).select_related("entry__unit", "unit")
    return rows.prefetch_related("materials")


def get_public(uid: str) -> Application:
    """One of them. Raises `registration.not_found`."""
    return find_seen(list_public(), uid, RegistrationNotFound())


def unregistered(actor: Actor) -> QuerySet[Entry]:
    """Published entries the actor may see without a valid certificate and without an application under way."""
    rows = list_entries(actor).filter(published_version__isnull=False).select_related("unit")
    return rows.exclude(certificates__state=CertificateState.VALID).exclude(registrations__state__in=UNDER_WAY)


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """Registered against catalogued, of one unit."""

    unit: Unit
    catalogued: int
    registered: int

    @property
    def rate(self) -> float:
        return self.registered / self.catalogued


def figures() -> list[UnitFigure]:
    """Registered / catalogued by unit, from live records; units without a published entry are left out."""
    published = Q(catalogue_entries__published_version__isnull=False)
    valid = published & Q(catalogue_entries__certificates__state=CertificateState.VALID)
    rows = Unit.objects.annotate(
        catalogued=Count("catalogue_entries", filter=published, distinct=True),
        registered=Count("catalogue_entries", filter=valid, distinct=True),
    ).filter(catalogued__gt=0)
    return [UnitFigure(row, row.catalogued, row.registered) for row in rows.order_by("path")]


def public_keys(folder: Path | None = None) -> dict[str, bytes]:
    """{algorithm: public key} of this node's certificates, those that have been made."""
    place = folder or settings.QUANSHU_KEYS_DIR
    paths = {algorithm: place / f"{name}.pub" for algorithm, name in KEY_FILES.items()}
    return {algorithm: path.read_bytes() for algorithm, path in paths.items() if path.exists()}


def revocations() -> dict[str, Any]:
    """Numbers of certificates that are valid no more, with the reason and when."""
    rows = Certificate.objects.exclude(state=CertificateState.VALID).order_by("number")
    return {row.number: {"state": row.state, "at": row.ended_at.isoformat() if row.ended_at else None} for row in rows}
