"""What anyone needs to verify without asking: issuers with their keys, types with their labels."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from quanshu.city.vault.models import Issuer, SigningKey, StatusList
from quanshu.city.vault.queries.naming import issuer_url, jwk, list_url
from quanshu.city.vault.rules import certificate_types
from quanshu.city.vault.types import CertificateType, NoIssuer, Purpose
from quanshu.organisation.api import Unit

DOCUMENT = "quanshu.vault.issuers/1"


def jwks_of(unit: Unit) -> dict[str, Any]:
    """A unit's keys for credentials, retired ones too, as a JWK set (RFC 7517)."""
    rows = SigningKey.objects.filter(unit=unit, purpose=Purpose.CREDENTIAL)
    return {"keys": [jwk(row) for row in rows]}


def issuer_metadata(uid: str) -> dict[str, Any]:
    """{"issuer", "jwks"} of an issuing unit (SD-JWT VC, 5). Raises `vault.no_issuer`."""
    issuer = Issuer.objects.filter(unit__uid=uid).select_related("unit").first()
    if issuer is None:
        raise NoIssuer
    return {"issuer": issuer_url(issuer.unit), "jwks": jwks_of(issuer.unit)}


def type_metadata(kind: CertificateType) -> dict[str, Any]:
    """A type with its labels (SD-JWT VC, type metadata)."""
    return {
        "vct": kind.vct,
        "name": kind.name_en,
        "display": [{"locale": "zh-CN", "name": kind.name}, {"locale": "en", "name": kind.name_en}],
        "claims": [
            {
                "path": [claim.name],
                "display": [{"locale": "zh-CN", "label": claim.title}, {"locale": "en", "label": claim.title_en}],
                "sd": "always" if claim.hidden else "never",
                "mandatory": claim.required,
            }
            for claim in kind.claims
        ],
    }


def published_issuers(now: datetime) -> dict[str, Any]:
    """Everything an off-line verifier takes along: issuers with keys and status lists, types, the seals' authority."""
    units = Unit.objects.filter(vault_types__isnull=False).distinct()
    authority = SigningKey.objects.filter(purpose=Purpose.AUTHORITY).order_by("-pk").first()
    return {
        "kind": DOCUMENT,
        "at": now.isoformat(),
        "issuers": [
            {
                "iss": issuer_url(unit),
                "name": unit.name,
                "name_en": unit.name_en,
                "code": unit.code,
                "jwks": jwks_of(unit),
                "status_lists": [list_url(row) for row in StatusList.objects.filter(unit=unit)],
            }
            for unit in units
        ],
        "types": [type_metadata(kind) for kind in certificate_types().values()],
        "seal_authority": authority.certificate if authority else "",
    }
