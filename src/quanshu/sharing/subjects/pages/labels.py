"""Words of this room's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanshu.sharing.subjects.types import MandateKind, MandateScope, MandateState, Relation

KINDS: Mapping[str, Any] = {
    MandateKind.GUARDIAN: _("Guardian"),
    MandateKind.LEGAL_REPRESENTATIVE: _("Legal representative"),
    MandateKind.DELEGATE: _("Delegate"),
}
STATES: Mapping[str, Any] = {
    MandateState.ASKED: _("Being reviewed"),
    MandateState.IN_FORCE: _("In force"),
    MandateState.REFUSED: _("Refused"),
    MandateState.WITHDRAWN: _("Taken back"),
    MandateState.ENDED: _("Ended"),
}
TONES: Mapping[str, str] = {
    MandateState.ASKED: "orange",
    MandateState.IN_FORCE: "green",
    MandateState.REFUSED: "red",
    MandateState.WITHDRAWN: "secondary",
    MandateState.ENDED: "secondary",
}
SCOPES: Mapping[str, Any] = {
    MandateScope.VIEW: _("See the data"),
    MandateScope.CORRECT: _("Report errors"),
    MandateScope.DOWNLOAD: _("Download the data"),
    MandateScope.CONSENT: _("Authorise the use of data"),
    MandateScope.CERTIFICATES: _("Use certificates"),
    MandateScope.CODES: _("Show codes"),
}
RELATIONS: Mapping[str, Any] = {
    Relation.FATHER: _("Father"),
    Relation.MOTHER: _("Mother"),
    Relation.OTHER: _("Other guardian of a child"),
    Relation.COURT: _("Guardian by order of a court"),
}
CHECKED: Mapping[str, Any] = {
    "": _("Not held against the registers"),
    "matched": _("A register names this person by number"),
    "other": _("A register names another person"),
    "name": _("A register names somebody of this name"),
    "unknown": _("No register knows the representative"),
}
# Why a sign-in failed, in words.
WHY: Mapping[str, Any] = {
    "state": _("The answer does not belong to a sign-in begun here."),
    "too late": _("It took more than ten minutes."),
    "cancelled": _("It was cancelled."),
    "code": _("The provider does not accept the code, which is good for one use."),
}
