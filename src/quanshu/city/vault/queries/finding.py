"""Certificates, requests and works, as those who ask may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from quanshu.city.vault.models import Certificate, Issuer, Presentation, Request, StatusList, Work
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.rules import certificate_types
from quanshu.city.vault.types import CertificateNotFound, LinkNotFound, NoIssuer, RequestNotFound
from quanshu.shared.access.api import Actor, allows, find_seen, require
from quanshu.sharing.subjects.api import MandateScope, Subject, subjects_for


def list_cards(actor: Actor, now: datetime) -> QuerySet[Certificate]:
    """Certificates in the vaults the actor may open, newest first; replaced ones are left out."""
    rows = Certificate.objects.held_by(actor, now).exclude(state="revoked", reason="replaced")
    return rows.select_related("subject", "issuer__unit", "key__subject")


def get_card(*, actor: Actor, uid: str, now: datetime) -> Certificate:
    """One of them, a replaced one too. Raises Forbidden, `vault.not_found`."""
    require(actor, VaultPermission.HOLD)
    rows = Certificate.objects.held_by(actor, now).select_related("subject", "issuer__unit", "key__subject")
    return find_seen(rows, uid, CertificateNotFound())


def principals(actor: Actor, now: datetime) -> list[Subject]:
    """The subject the actor is and those it may act for; the actor first."""
    rows = subjects_for(actor, now=now, what=MandateScope.CERTIFICATES)
    return sorted(rows, key=lambda row: (row.uid != actor.uid, row.pk))


def get_presentation(*, actor: Actor, uid: str, now: datetime) -> Presentation:
    """A presentation of one's own. Raises `vault.link_not_found`."""
    rows = Presentation.objects.filter(certificate__in=Certificate.objects.held_by(actor, now))
    found = rows.filter(uid=uid).select_related("certificate__key__subject", "certificate__issuer__unit").first()
    if found is None:
        raise LinkNotFound
    return found


def list_issued(actor: Actor) -> QuerySet[Certificate]:
    """Certificates of the units one issues for."""
    return Certificate.objects.visible_to(actor).select_related("subject", "issuer__unit", "status_list")


def get_issued(*, actor: Actor, uid: str) -> Certificate:
    """One of them. Raises Forbidden, `vault.not_found`."""
    require(actor, VaultPermission.VIEW)
    return find_seen(list_issued(actor), uid, CertificateNotFound())


def list_issuers(actor: Actor, permission: str = VaultPermission.VIEW) -> list[Issuer]:
    """Who issues what, as far as the actor holds the permission for the unit."""
    rows = Issuer.objects.visible_to(actor).select_related("unit", "entry")
    return [row for row in rows if row.type_code in certificate_types() and allows(actor, permission, row)]


def get_issuer(*, actor: Actor, uid: str, permission: str = VaultPermission.ISSUE) -> Issuer:
    """Raises `vault.no_issuer`."""
    found = next((row for row in list_issuers(actor, permission) if row.uid == uid), None)
    if found is None:
        raise NoIssuer
    return found


def get_unit_issuer(*, actor: Actor, type_code: str, unit_uid: str = "") -> Issuer:
    """The issuer of a type that one may issue for; `unit_uid` where there are several. Raises `vault.no_issuer`."""
    rows = [row for row in list_issuers(actor, VaultPermission.ISSUE) if row.type_code == type_code]
    found = next((row for row in rows if row.active and unit_uid in {"", row.unit.uid}), None)
    if found is None:
        raise NoIssuer
    return found


def list_requests(actor: Actor) -> QuerySet[Request]:
    """Requests of one's unit."""
    return Request.objects.visible_to(actor).select_related("unit")


def get_request(*, actor: Actor, uid: str) -> Request:
    """One of them. Raises Forbidden, `vault.request_not_found`."""
    require(actor, VaultPermission.ASK)
    return find_seen(list_requests(actor), uid, RequestNotFound())


def find_request(uid: str) -> Request:
    """A request as the holder who scanned its code sees it. Raises `vault.request_not_found`."""
    found = Request.objects.filter(uid=uid).select_related("unit").first()
    if found is None:
        raise RequestNotFound
    return found


def get_work(*, actor: Actor, uid: str, now: datetime) -> Work:
    """A batch of one's unit, or a gathering of one's own. Raises `vault.not_found`."""
    rows = Work.objects.select_related("issuer__unit", "subject")
    found = rows.filter(uid=uid).first()
    if found is None:
        raise CertificateNotFound
    if found.issuer is not None and allows(actor, VaultPermission.VIEW, found.issuer):
        return found
    theirs = subjects_for(actor, now=now, what=MandateScope.CERTIFICATES)
    if found.subject is not None and theirs.filter(pk=found.subject.pk).exists():
        return found
    raise CertificateNotFound


def get_status_list(uid: str) -> StatusList:
    """Raises `vault.not_found`."""
    found = StatusList.objects.filter(uid=uid).select_related("unit").first()
    if found is None:
        raise CertificateNotFound
    return found


@dataclass(frozen=True, slots=True)
class TypeFigure:
    """Certificates of a type: how many are in force, how many holders have one, how often one was shown."""

    type_code: str
    in_force: int
    holders: int
    presented: int


def vault_figures() -> list[TypeFigure]:
    """Certificates in vaults by type, from live records."""
    rows = {
        row["type_code"]: row
        for row in Certificate.objects.values("type_code").annotate(
            in_force=Count("pk", filter=Q(state="valid"), distinct=True),
            holders=Count("subject", filter=Q(state="valid"), distinct=True),
            presented=Count("presentations", distinct=True),
        )
    }
    return [
        TypeFigure(code, row["in_force"], row["holders"], row["presented"])
        for code in certificate_types()
        if (row := rows.get(code))
    ]


def present_total() -> int:
    """How many certificates are in force in all vaults."""
    return Certificate.objects.filter(state="valid").count()
