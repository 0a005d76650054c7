"""What a presentation proves, by the keys and status lists of this node."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext

from quanshu.city.vault import rules
from quanshu.city.vault.models import SigningKey, StatusList
from quanshu.city.vault.queries.naming import LIST_BITS, issuer_url, list_url, public_of
from quanshu.city.vault.rules import ANSWER_DAYS
from quanshu.city.vault.types import Purpose, Unreadable, Verdict
from quanshu.kernel.sd_jwt import (
    Expired,
    Malformed,
    Revoked,
    SdJwt,
    SdJwtError,
    StatusUnknown,
    Suspended,
    Verified,
    verify,
)
from quanshu.kernel.sd_jwt import StatusList as Statuses
from quanshu.organisation.api import Unit

# A presentation that was handed over as a file or text is looked at within a day of its making.
FRESH = timedelta(days=1)
# An answer to a request, whose proof was made for that request alone, may be opened for some days.
ANSWER_FRESH = timedelta(days=ANSWER_DAYS)
STATES = {Revoked: "revoked", Suspended: "suspended", Expired: "expired", StatusUnknown: "unknown"}


def judge(
    text: str,
    *,
    now: datetime,
    language: str,
    audience: str | None = None,
    nonce: str | None = None,
    fresh: timedelta = FRESH,
) -> Verdict:
    """The verdict on a presentation; its `fault` says why it does not hold.

    A proof by the holder's key is asked for. Raises `vault.unreadable` for a text that is no presentation.
    """
    text = "".join(text.split())
    finder = _Finder()
    try:
        SdJwt.parse(text)
    except Malformed as fault:
        raise Unreadable(fault=gettext("its form is wrong.")) from fault
    try:
        seen = verify(
            text,
            issuer=finder.key,
            now=now,
            audience=audience,
            nonce=nonce,
            bound=True,
            fresh=fresh,
            lists=finder.statuses,
        )
    except SdJwtError as fault:
        return Verdict(
            state=STATES.get(type(fault), "unknown"),
            type_code=finder.type_code,
            issuer=unit_name(finder.unit, language),
            fault=fault.render(gettext),
            code=fault.code,
        )
    return _verdict(seen, finder, language)


def _verdict(seen: Verified, finder: _Finder, language: str) -> Verdict:
    """What a presentation that holds says."""
    kind = rules.type_of_vct(seen.claims.get("vct"))
    if kind is None or finder.unit is None:
        raise Unreadable(fault=gettext("its type is not known here."))
    return Verdict(
        state="valid",
        type_code=kind.code,
        issuer=unit_name(finder.unit, language),
        shown=rules.shown_claims(kind, seen.claims, language=language),
        bound=True,
        audience=str(seen.binding.get("aud", "")),
        issued_at=seen.claims.get("iat"),
        expires_at=seen.claims.get("exp"),
        presented_at=seen.binding.get("iat"),
    )


def unit_name(unit: Unit | None, language: str) -> str:
    """What a unit is called in the reader's language."""
    if unit is None:
        return ""
    return unit.name_en if language == "en" and unit.name_en else unit.name


class _Finder:
    """Keys and lists of this node's issuers, and what was found out on the way."""

    def __init__(self) -> None:
        self.unit: Unit | None = None
        self.type_code = ""

    def key(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> Ed25519PublicKey | None:
        """The key that the header names, when it is the named issuer's."""
        rows = SigningKey.objects.filter(kid=str(header.get("kid", "")), purpose=Purpose.CREDENTIAL)
        row = rows.select_related("unit").first()
        if row is None or row.unit is None or claims.get("iss") != issuer_url(row.unit):
            return None
        self.unit = row.unit
        kind = rules.type_of_vct(claims.get("vct"))
        self.type_code = kind.code if kind else ""
        return public_of(row)

    def statuses(self, uri: str) -> Statuses | None:
        """The list at an address of this node, of the same unit."""
        row = StatusList.objects.filter(uid=uri.rstrip("/").rpartition("/")[2], unit=self.unit).first()
        if row is None or list_url(row) != uri:
            return None
        return Statuses(row.size, bits=LIST_BITS, data=bytes(row.bits))
