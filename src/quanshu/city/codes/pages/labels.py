"""What states, kinds and sources of codes are called."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.city.codes.types import REFUSALS, Read

SCENE_STATES = {
    "draft": _("Draft"),
    "submitted": _("With the bureau"),
    "approved": _("Approved"),
    "in_force": _("In force"),
    "suspended": _("Suspended"),
    "ended": _("Ended"),
}
SCENE_TONES = {
    "draft": "secondary",
    "submitted": "blue",
    "approved": "blue",
    "in_force": "green",
    "suspended": "orange",
    "ended": "secondary",
}
VERIFIER_STATES = {"active": _("Active"), "suspended": _("Suspended"), "ended": _("Ended")}
VERIFIER_TONES = {"active": "green", "suspended": "orange", "ended": "secondary"}
PROOFS = {
    "desk": _("Desk: staff sign in and scan on the page"),
    "token": _("Token in each request"),
    "key": _("Ed25519 key that signs each request"),
}
BASES = {"consent": _("Consent: the holder chooses the scene and shows the code"), "law": _("A law names it")}
HOLDERS = {"person": _("Residents"), "enterprise": _("Enterprises")}
ACCOUNT_FIELDS = {
    "name": _("Name"),
    "number": _("Number, partly starred"),
    "agent": _("Who shows it for the enterprise"),
}
REASONS: dict[str, Any] = {fault.code: fault.message for fault in REFUSALS}


def read_title(read: Read) -> str:
    """A field's title in the reader's language."""
    return read.title_en if read.title_en and (get_language() or "").startswith("en") else read.title


def holders_text(kinds: list[str]) -> str:
    """Who shows the code."""
    return ", ".join(str(HOLDERS[kind]) for kind in kinds)


def hours_text(opens: str, closes: str) -> str:
    """A scene's hours; "" for all day."""
    return f"{opens}–{closes}" if opens else ""
