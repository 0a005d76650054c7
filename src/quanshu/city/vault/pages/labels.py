"""What the vault's states are called, and the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.city.vault.rules import certificate_types, kind_name

STATES = {
    "valid": _("In force"),
    "expired": _("Expired"),
    "suspended": _("Suspended"),
    "revoked": _("Revoked"),
    "erased": _("Erased"),
    "unknown": _("State unknown"),
}
TONES = {
    "valid": "green",
    "expired": "orange",
    "suspended": "orange",
    "revoked": "red",
    "erased": "secondary",
    "unknown": "red",
}
REQUEST_STATES = {
    "open": _("Waiting for the holder"),
    "answered": _("Answered"),
    "declined": _("Declined"),
    "expired": _("Expired"),
}
REQUEST_TONES = {"open": "blue", "answered": "green", "declined": "orange", "expired": "secondary"}
WORK_STATES = {"running": _("Under way"), "done": _("Done")}
WORK_TONES = {"running": "blue", "done": "green"}
FAULTS = {
    "vault.no_record": _("No record under this number"),
    "vault.no_records": _("The issuer has no records yet"),
    "kernel.field_errors": _("The record is incomplete or wrong"),
    "lake.missing_column": _("The issuer's table lacks a column"),
    "vault.wrong_subject": _("The type is not issued to this kind of holder"),
}


def language() -> str:
    """en for a reader in English, else zh."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def type_name(code: str) -> str:
    """What a type is called in the reader's language."""
    kind = certificate_types().get(code)
    return kind_name(kind, language()) if kind else code


def type_choices() -> list[tuple[str, Any]]:
    """Types by code, for a form."""
    return [(code, type_name(code)) for code in certificate_types()]


def claim_choices(code: str) -> list[tuple[str, str]]:
    """Claims of a type, for a form."""
    kind = certificate_types()[code]
    return [(claim.name, claim.title_en if language() == "en" else claim.title) for claim in kind.claims]


def fault_rows(faults: dict[str, int]) -> list[tuple[Any, int]]:
    """Refusals of a work in words, with how many there were."""
    return [(FAULTS.get(code, code), count) for code, count in sorted(faults.items())]
