"""What the kinds and states of registration are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_lazy as _

from quanshu.supply.registration.rules import MATERIAL_NAMES

KINDS = {
    "first": _("First registration"),
    "change": _("Change"),
    "transfer": _("Transfer"),
    "cancel": _("Cancellation"),
}
STATES = {
    "draft": _("Draft"),
    "accepting": _("With the receiver"),
    "formal": _("Formal review"),
    "material": _("Material review"),
    "publicity": _("Publicity"),
    "issued": _("Concluded"),
    "refused": _("Refused"),
    "withdrawn": _("Withdrawn by the applicant"),
}
TONES = {
    "draft": "secondary",
    "accepting": "blue",
    "formal": "blue",
    "material": "blue",
    "publicity": "orange",
    "issued": "green",
    "refused": "red",
    "withdrawn": "secondary",
}
CERTIFICATE_STATES = {
    "valid": _("Valid"),
    "expired": _("Expired"),
    "replaced": _("Replaced by a newer one"),
    "cancelled": _("Cancelled"),
}
CERTIFICATE_TONES = {"valid": "green", "expired": "orange", "replaced": "orange", "cancelled": "red"}
RIGHTS = {
    "hold": _("Right to hold the data resource"),
    "process": _("Right to process and use the data"),
    "operate": _("Right to operate data products"),
}
MATERIAL_KINDS = {kind.value: gettext_lazy(name) for kind, name in MATERIAL_NAMES.items()}
VERDICTS = {"complete": _("Material complete"), "lacking": _("Material lacking")}
VERDICT_TONES = {"complete": "green", "lacking": "red"}
OBJECTION_STATES = {"open": _("To be decided"), "upheld": _("Upheld"), "rejected": _("Rejected")}
OBJECTION_TONES = {"open": "orange", "upheld": "red", "rejected": "green"}


def rights_text(rights: list[str]) -> str:
    """Rights in the reader's language."""
    return "、".join(str(RIGHTS[right]) for right in rights if right in RIGHTS)
