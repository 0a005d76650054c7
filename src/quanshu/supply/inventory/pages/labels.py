"""What the codes of the inventory are called."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from quanshu.organisation.api import Unit

KINDS = {"business": _("Core business"), "system": _("Information system"), "data": _("Data resource")}
NEW = {
    "business": _("New core business"),
    "system": _("New information system"),
    "data": _("New data resource"),
}
ICONS = {"business": "briefcase", "system": "server", "data": "database"}
KIND_TONES = {"business": "blue", "system": "purple", "data": "teal"}
STATES = {"active": _("In service"), "retired": _("Out of use")}
STATE_TONES = {"active": "green", "retired": "secondary"}
PRIORITIES = {
    "urgent": _("Needed first"),
    "high": _("High priority"),
    "normal": _("Normal priority"),
    "low": _("Low priority"),
}
PRIORITY_TONES = {"urgent": "red", "high": "orange", "normal": "blue", "low": "secondary"}
NETWORKS = {
    "government": _("Government extranet"),
    "internet": _("Internet"),
    "private": _("Private network of the line"),
    "alone": _("Stand-alone machine"),
}
FORMS = {
    "database": _("Database"),
    "spreadsheet": _("Spreadsheet"),
    "document": _("Document"),
    "image": _("Image"),
    "paper": _("Paper"),
    "other": _("Other"),
}
CYCLES = {
    "real-time": _("Real time"),
    "daily": _("Daily"),
    "weekly": _("Weekly"),
    "monthly": _("Monthly"),
    "quarterly": _("Quarterly"),
    "yearly": _("Yearly"),
    "other": _("Other"),
}
GAPS = {
    "no_system": _("Business without a system"),
    "not_catalogued": _("System without catalogued data"),
    "not_landed": _("Data not landed"),
    "no_business": _("Data without a business"),
}
REMEDIES = {
    "no_system": _("Link the business with the system that carries it, or have one built."),
    "not_catalogued": _("Enter the system's data resources, link them, and tie each to its published entry."),
    "not_landed": _("Publish the entry and load its data from a source."),
    "no_business": _("Link the data resource with the business it comes from or serves."),
}
GAP_STATES = {
    "open": _("To be planned"),
    "planned": _("Planned"),
    "working": _("Being worked on"),
    "closed": _("Closed"),
}
GAP_TONES = {"open": "orange", "planned": "blue", "working": "blue", "closed": "green"}
OUTCOMES = {
    "solved": _("Closed by itself: the link is there"),
    "accepted": _("Accepted by the bureau"),
    "gone": _("Closed by itself: out of use"),
}
SECTORS = {
    "water": _("Water supply"),
    "power": _("Power supply"),
    "gas": _("Gas supply"),
    "heat": _("Heating"),
    "telecom": _("Telecommunications"),
    "transport": _("Public transport"),
}
STAGES = {
    "listed": _("Listed"),
    "contacted": _("Contacted"),
    "agreed": _("Agreement reached"),
    "connected": _("Connected"),
    "sharing": _("Is sharing"),
    "delisted": _("Off the list"),
}
STAGE_TONES = {
    "listed": "secondary",
    "contacted": "orange",
    "agreed": "blue",
    "connected": "blue",
    "sharing": "green",
    "delisted": "red",
}


def units_of(page: Any) -> list[tuple[str, str]]:
    """Units of the rows of a list."""
    uids = page.queryset().order_by().values("unit__uid")
    return [(unit.uid, str(unit)) for unit in Unit.objects.filter(uid__in=uids).order_by("path")]


def score_tone(score: int) -> str:
    """The colour of a gap's points."""
    return "red" if score >= 60 else "orange" if score >= 35 else "secondary"
