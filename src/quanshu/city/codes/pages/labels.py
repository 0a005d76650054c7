"""What states, kinds and sources of codes are called."""

from __future__ import annotations

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.city.codes.types import Read

SCENE_STATES = {
    "draft": _("Draft"),
    "submitted": _("With the bureau"),
    "approved": _("Approved"),
    "in_force": _("In use"),
    "suspended": _("Suspended"),
    "ended": _("Ended for good"),
}
SCENE_TONES = {
    "draft": "secondary",
    "submitted": "blue",
    "approved": "blue",
    "in_force": "green",
    "suspended": "orange",
    "ended": "secondary",
}
VERIFIER_STATES = {"active": _("Active"), "suspended": _("Suspended"), "ended": _("Ended for good")}
VERIFIER_TONES = {"active": "green", "suspended": "orange", "ended": "secondary"}
KEY_STATES = {
    "waiting": _("Published, not in use yet"),
    "signs": _("Signs"),
    "checked": _("Replaced, still checked"),
    "over": _("Taken no more"),
}
KEY_TONES = {"waiting": "blue", "signs": "green", "checked": "orange", "over": "secondary"}
PROOFS = {
    "desk": _("Desk: staff sign in and scan on the page"),
    "token": _("Token in each request"),
    "key": _("Ed25519 key that signs each request"),
}
BASES = {"consent": _("Consent: the holder chooses the scene and shows the code"), "law": _("A law names it")}
HOLDERS = {"person": _("Resident"), "enterprise": _("Enterprise")}
ACCOUNT_FIELDS = {
    "name": _("Name"),
    "number": _("Number, partly starred"),
    "agent": _("Who shows it for the enterprise"),
}
REASONS = {
    "codes.not_a_code": _("Not a code"),
    "codes.forged": _("Forged code"),
    "codes.expired": _("Shown after its end"),
    "codes.clock_skewed": _("Clock is off"),
    "codes.replayed": _("Used before"),
    "codes.wrong_scene": _("Shown for another scene"),
    "codes.not_chosen": _("Scene not chosen"),
    "codes.wrong_verifier": _("Device not allowed"),
    "codes.wrong_holder": _("Other kind of holder"),
    "codes.revoked_holder": _("Codes blocked"),
    "codes.scene_off": _("Scene not in use"),
    "codes.outside_hours": _("Outside the hours"),
    "codes.online_only": _("On line only"),
    "codes.bad_typed": _("Digits unknown"),
    "codes.too_many_guesses": _("Too many wrong digits"),
}


def read_title(read: Read) -> str:
    """A field's title in the reader's language."""
    return read.title_en if read.title_en and (get_language() or "").startswith("en") else read.title


def holders_text(kinds: list[str]) -> str:
    """Who shows the code."""
    return ", ".join(str(HOLDERS[kind]) for kind in kinds)


def hours_text(opens: str, closes: str) -> str:
    """A scene's hours; "" for all day."""
    return f"{opens}–{closes}" if opens else ""
