"""Claims as a reader sees them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quanshu.city.vault.types import CertificateType, Shown

YES_NO = {"zh": ("是", "否"), "en": ("yes", "no")}


def shown_claims(kind: CertificateType, claims: Mapping[str, Any], *, language: str) -> tuple[Shown, ...]:
    """The claims of a type that are there, in its order; `language` is zh or en."""
    found = []
    for claim in kind.claims:
        if claim.name in claims:
            label = claim.title_en if language == "en" else claim.title
            found.append(Shown(claim.name, label, value_text(claims[claim.name], language), claim.hidden))
    return tuple(found)


def value_text(value: Any, language: str) -> str:
    """A value as text; a truth as yes or no in the reader's language."""
    if isinstance(value, bool):
        return YES_NO.get(language, YES_NO["zh"])[0 if value else 1]
    return str(value)


def kind_name(kind: CertificateType, language: str) -> str:
    """What a type is called."""
    return kind.name_en if language == "en" else kind.name
