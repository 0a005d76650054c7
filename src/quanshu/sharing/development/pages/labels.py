"""Names of codes in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.sharing.desk.api import MASKS, TYPES
from quanshu.sharing.development.types import OrderState as S
from quanshu.sharing.services.api import ChangeKind, SpecChange
from quanshu.sharing.services.api import ChangeKind as C

STATES: dict[Any, Any] = {
    S.OPEN: _("Open"),
    S.BUILDING: _("Being built"),
    S.READY: _("Waits for acceptance"),
    S.ACCEPTED: _("Accepted"),
    S.PUBLISHED: _("Published"),
    S.CANCELLED: _("Cancelled"),
}
TONES: dict[Any, str] = {
    S.OPEN: "blue",
    S.BUILDING: "orange",
    S.READY: "purple",
    S.ACCEPTED: "teal",
    S.PUBLISHED: "green",
    S.CANCELLED: "secondary",
}
CHANGES: dict[ChangeKind, Any] = {
    C.PARAMETER_REMOVED: _("Parameter removed"),
    C.PARAMETER_RENAMED: _("Parameter renamed"),
    C.PARAMETER_ADDED: _("Parameter added"),
    C.REQUIRED: _("Required"),
    C.USE: _("Search or compare"),
    C.LONGEST: _("Longest value"),
    C.PATTERN: _("Pattern"),
    C.FIELD_REMOVED: _("Field removed"),
    C.FIELD_RENAMED: _("Field renamed"),
    C.FIELD_ADDED: _("Field added"),
    C.TYPE: _("Type"),
    C.MASK: _("Mask"),
    C.CONSENT: _("Ground of the answer"),
    C.ROW_CAP: _("Rows a call at most"),
}
WORDS = {"True": _("Yes"), "False": _("No")}
CHECKS = {
    "found": _("A record that is there is found"),
    "capped": _("No more rows than allowed"),
    "example": _("The documented example is answered"),
    "refuses": _("A call without parameters is refused"),
    "match": _("What is so matches"),
    "mismatch": _("What is not so does not match"),
}


def value_label(change: SpecChange, value: str) -> str:
    """A value of a difference in the reader's language."""
    if change.kind in {C.TYPE, C.MASK}:
        names: dict[Any, Any] = {**TYPES, **MASKS}
        return str(names.get(value, value))
    return str(WORDS.get(value, value))


def check_label(code: str) -> str:
    """What a check of the sandbox test is about."""
    kind, _colon, name = code.partition(":")
    return (
        gettext("The mask of %(field)s is applied") % {"field": name} if kind == "mask" else str(CHECKS.get(kind, kind))
    )


def percent(part: float | None) -> str:
    """A share with two decimals, as availability is told."""
    return f"{part * 100:.2f}%" if part is not None else "—"
