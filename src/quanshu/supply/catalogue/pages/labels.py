"""What the codes of the catalogue are called: the terms of 政务信息资源目录编制指南 (2017) and GB/T 43697."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.supply.catalogue.types import STATE_NAMES

STATE_TONES = {"draft": "secondary", "review": "orange", "published": "green", "withdrawn": "red"}
SHARE_TYPES = {"1": _("Unconditional sharing"), "2": _("Conditional sharing"), "3": _("Not shared")}
SHARE_TONES = {"1": "green", "2": "blue", "3": "red"}
SHARE_MODES = {"gateway": _("Through the gateway"), "file": _("File exchange"), "offline": _("Off line")}
OPEN_TYPES = {"open": _("Open to society"), "conditional": _("Open on conditions"), "closed": _("Not open")}
CYCLES = {
    "real-time": _("Real time"),
    "daily": _("Daily"),
    "weekly": _("Weekly"),
    "monthly": _("Monthly"),
    "quarterly": _("Quarterly"),
    "yearly": _("Yearly"),
    "other": _("Other"),
}
FORMATS = {
    "database": _("Database"),
    "spreadsheet": _("Spreadsheet"),
    "document": _("Document"),
    "image": _("Image"),
    "stream": _("Stream"),
    "other": _("Other"),
}
TYPES = {
    "string": _("Character string"),
    "integer": _("Whole number"),
    "decimal": _("Decimal number"),
    "boolean": _("Yes or no"),
    "date": _("Date"),
    "datetime": _("Date and time"),
}
GRADES = {
    "general-1": _("General, level 1"),
    "general-2": _("General, level 2"),
    "general-3": _("General, level 3"),
    "general-4": _("General, level 4"),
    "important": _("Important"),
    "core": _("Core"),
}
GRADE_TONES = {
    "general-1": "green",
    "general-2": "teal",
    "general-3": "blue",
    "general-4": "orange",
    "important": "red",
    "core": "purple",
}
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
METADATA: Mapping[str, Any] = {
    "code": _("Resource code"),
    "resource_name": _("Resource name"),
    "name_en": _("English name"),
    "classification_code": _("Classification"),
    "provider_name": _("Provider"),
    "provider_code": _("Provider code"),
    "abstract": _("Abstract"),
    "abstract_en": _("English abstract"),
    "format_class": _("Format"),
    "share_type": _("Share type"),
    "share_condition": _("Share condition"),
    "share_law": _("Law that forbids sharing"),
    "share_mode": _("Share mode"),
    "open_type": _("Open to society?"),
    "open_condition": _("Condition of opening"),
    "update_cycle": _("Update cycle"),
    "related_codes": _("Related resource codes"),
    "sensitive_reason": _("Not landed because"),
}
ITEM_FIELDS: Mapping[str, Any] = {
    "name": _("Field"),
    "title": _("Item title"),
    "title_en": _("English title"),
    "data_type": _("Data type"),
    "length": _("Length"),
    "unit_of_measure": _("Unit of measure"),
    "code_list": _("Codes"),
    "is_key": _("Primary key"),
    "required": _("Required"),
    "personal": _("Personal information"),
    "mask": _("Mask"),
    "grade": _("Grade"),
}
CODES: Mapping[str, Mapping[str, Any]] = {
    "format_class": FORMATS,
    "share_type": SHARE_TYPES,
    "share_mode": SHARE_MODES,
    "open_type": OPEN_TYPES,
    "update_cycle": CYCLES,
    "data_type": TYPES,
    "grade": GRADES,
    "mask": MASKS,
}
FACETS: Mapping[str, Any] = {
    "state": _("State"),
    "unit": _("Provider"),
    "class": _("Classification"),
    "share": _("Share type"),
    "grade": _("Highest grade"),
    "mounted": _("Mounting"),
    "landed": _("Landing"),
}
FACET_VALUES: Mapping[str, Mapping[str, Any]] = {
    "share": SHARE_TYPES,
    "grade": {**GRADES, "none": _("Not graded")},
    "mounted": {"1": _("Mounted"), "0": _("Not mounted")},
    "landed": {"1": _("Data in the lake"), "0": _("No data in the lake")},
}


def state_of(entry: Any) -> tuple[str, str]:
    """(label, tone) of an entry's state; a draft of a published entry is a revision."""
    if entry.state == "draft" and entry.published_version:
        return gettext("Under revision"), "blue"
    return state_label(entry.state), STATE_TONES.get(entry.state, "secondary")


def state_label(state: str) -> str:
    """A state by its name in the reader's language."""
    return gettext(STATE_NAMES.get(state, state))


def grade_label(grade: str) -> str:
    """A grade by its name; "Not graded" for an empty one."""
    return str(GRADES.get(grade, _("Not graded")))


def readable(field: str, value: Any) -> str:
    """A metadata or item value as people read it; a dash for none."""
    if value is None or value in ("", [], ()):
        return "—"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list | tuple):
        return "、".join(str(part) for part in value)
    return str(CODES.get(field, {}).get(str(value), value))


def path_label(path: str) -> str:
    """The path of a difference as words: metadata by its standard name, an item by its column."""
    parts = path.split(".")
    if parts[0] == "items" and len(parts) > 2:
        return f"{gettext('Information item')} {parts[1]} · {ITEM_FIELDS.get(parts[2], parts[2])}"
    return str(METADATA.get(path, path))
