"""What the kinds, states and findings of fusion are called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanshu.supply.fusion.queries import Material

KINDS = {"person": _("Persons"), "enterprise": _("Enterprises")}
VERSION_STATES = {
    "draft": _("Draft"),
    "review": _("Under review"),
    "in_force": _("In force"),
    "replaced": _("Replaced"),
}
VERSION_TONES = {"draft": "secondary", "review": "orange", "in_force": "green", "replaced": "secondary"}
RUN_STATES = {"queued": _("Queued"), "running": _("Running"), "done": _("Done"), "failed": _("Failed")}
RUN_TONES = {"queued": "blue", "running": "blue", "done": "green", "failed": "red"}
STAGES = {
    "waiting": _("Waiting for the background worker."),
    "reading": _("Reading the sources and putting their records in one form."),
    "training": _("Training the model."),
    "comparing": _("Comparing records."),
    "grouping": _("Grouping records into identities."),
    "writing": _("Writing the new registry beside the one in use."),
    "ended": _("Ended."),
}
CAUSES = {
    "manual": _("By hand"),
    "followed": _("New data"),
    "scheduled": _("By schedule"),
    "decided": _("A steward's decision"),
    "trained": _("Trained anew"),
}
ATTRIBUTES = {
    "identifier": _("Identifier"),
    "name": _("Name"),
    "birth_date": _("Date of birth"),
    "sex": _("Sex"),
    "phone": _("Phone"),
    "division": _("Division"),
    "address": _("Address"),
    "representative": _("Legal representative"),
}
HOW = {
    "root": _("First record"),
    "identifier": _("Same identifier"),
    "scored": _("By likeness"),
    "decided": _("Decided by a steward"),
}
HOW_TONES = {"root": "secondary", "identifier": "green", "scored": "blue", "decided": "purple"}
IDENTITY_STATES = {"active": _("Living on"), "merged": _("Merged into another"), "ended": _("Without records")}
IDENTITY_TONES = {"active": "green", "merged": "orange", "ended": "secondary"}
HAPPENINGS = {
    "merged": _("Merged into another"),
    "split": _("Split from another"),
    "ended": _("Lost its last record"),
    "returned": _("Has records again"),
}
REVIEW_KINDS = {
    "between": _("May be the same"),
    "two_identifiers": _("Much alike, with two valid identifiers"),
    "same_source": _("Two rows of a source that keeps one a party"),
    "contradiction": _("Decisions that contradict each other"),
    "life": _("Sources disagree on life or death"),
}
REVIEW_STATES = {
    "open": _("To be decided"),
    "decided": _("Decided"),
    "unsure": _("Unsure"),
    "closed": _("No longer applies"),
}
REVIEW_TONES = {"open": "orange", "decided": "green", "unsure": "blue", "closed": "secondary"}
VERDICTS = {
    "same": _("The same"),
    "different": _("Not the same"),
    "unsure": _("Unsure"),
    "noted": _("Noted and passed to the sources"),
}
SURVIVORS = {
    "source": _("Best source, then the freshest"),
    "frequent": _("The most frequent value"),
    "longest": _("The longest value"),
}
LIVES = {"alive": _("Alive"), "dead": _("Dead"), "unknown": _("Unknown")}
LIFE_TONES = {"alive": "green", "dead": "secondary", "unknown": "orange"}
EVIDENCE = {
    "death_certificate": _("Death certificate"),
    "cremation": _("Cremation"),
    "register_cancelled": _("Household registration cancelled"),
    "hospital_visit": _("Visit to a hospital"),
    "pension_drawn": _("Pension drawn"),
    "allowance_drawn": _("Old-age allowance drawn"),
    "registered": _("In the household register"),
}
# What the values of a table of life status mean, by column.
LIFE_WORDS = {"status": LIVES, "by_kind": EVIDENCE}
# What linking says of an attribute of two records.
LEVELS = {
    "not known": _("not known to one side"),
    "same number": _("same number"),
    "one character differs, one number is not valid": _("one character differs, one number is not valid"),
    "two characters differ, one number is not valid": _("two characters differ, one number is not valid"),
    "other number, one is not valid": _("other number, one is not valid"),
    "other number": _("other number"),
    "same name": _("same name"),
    "same sound": _("same sound"),
    "one character differs": _("one character differs"),
    "same surname": _("same surname"),
    "other name": _("other name"),
    "same day": _("same day"),
    "one digit differs": _("one digit differs"),
    "same year": _("same year"),
    "other day": _("other day"),
    "same": _("same"),
    "other": _("other"),
    "same address": _("same address"),
    "same community": _("same community"),
    "same county": _("same county"),
    "other place": _("other place"),
    "same name, other place or form": _("same name, other place or form"),
    "name much alike": _("name much alike"),
}


def source_name(material: Material, name: str) -> str:
    """A source as its catalogue entry is called."""
    entry = material.entries.get(name)
    return str(entry) if entry is not None else name


def in_words(piece: Mapping[str, Any]) -> str:
    """What one attribute says of two records, with its weight in bits."""
    attribute = ATTRIBUTES.get(piece["attribute"], piece["attribute"])
    level = LEVELS.get(piece["level"], piece["level"])
    return f"{attribute}: {level} ({piece['weight']:+.1f})"
