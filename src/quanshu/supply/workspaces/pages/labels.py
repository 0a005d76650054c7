"""What the states and kinds of workspaces are called."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

TABLE_STATES = {"asked": _("Asked for"), "granted": _("Granted"), "refused": _("Refused"), "ended": _("Ended")}
TABLE_TONES = {"asked": "orange", "granted": "green", "refused": "red", "ended": "secondary"}
DRAFT_STATES = {
    "draft": _("Draft"),
    "review": _("Under review"),
    "returned": _("Returned"),
    "promoted": _("In the libraries"),
    "dropped": _("Dropped"),
}
DRAFT_TONES = {"draft": "secondary", "review": "orange", "returned": "red", "promoted": "green", "dropped": "secondary"}
DRAFT_KINDS = {"query": _("Query"), "model": _("Model")}
RUN_STATES = {"running": _("Running"), "done": _("Done"), "failed": _("Failed")}
RUN_TONES = {"running": "blue", "done": "green", "failed": "red"}
MASKS = {
    "none": _("No mask"),
    "full": _("Hidden in full"),
    "name": _("Surname only"),
    "citizen_id": _("Citizen ID"),
    "phone": _("Phone number"),
    "address": _("Address to the district"),
    "date_year": _("Year only"),
    "hash": _("Hash for joining"),
}
