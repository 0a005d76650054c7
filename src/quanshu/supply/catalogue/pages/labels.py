"""What the codes of the catalogue are called: the terms of 政务信息资源目录编制指南 (2017) and GB/T 43697."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.errors import fill
from quanshu.supply.catalogue.models import in_language
from quanshu.supply.catalogue.types import STATE_NAMES
from quanshu.supply.standards.api import Kind, Standard

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
    "standard": _("Version of the catalogue standard"),
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


def readable(field: str, value: Any, standard: Standard | None = None) -> str:
    """A metadata or item value as people read it, by the code lists of a standard; a dash for none."""
    if value is None or value in ("", [], ()):
        return "—"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list | tuple):
        return "、".join(str(part) for part in value)
    if standard is not None and (title := code_title(standard, field, str(value))):
        return title
    return str(CODES.get(field, {}).get(str(value), value))


def code_title(standard: Standard, field: str, code: str) -> str:
    """What a code of a field is called in the standard, in the reader's language; "" when it is not a code."""
    if code in CODES.get(field, {}):
        return str(CODES[field][code])
    code_of = field.removeprefix("extra.")
    found = next((value for value in standard.values_of(code_of) if value.code == code), None)
    own = standard.field(code_of)
    if found is None and own is not None and own.kind == Kind.FLAG:
        return gettext("Yes") if code == "true" else gettext("No")
    return in_language(found.title, found.title_en) if found else ""


def field_label(field: str, standard: Standard) -> str:
    """A field by its name: the platform's own word, else the standard's title."""
    known = METADATA.get(field) or ITEM_FIELDS.get(field)
    if known:
        return str(known)
    own = standard.field(field.removeprefix("extra."))
    return in_language(own.title, own.title_en) if own else field


def metadata(values: Mapping[str, Any], standard: Standard) -> list[tuple[str, str]]:
    """(label, value) of everything an entry says, the standard's own fields at the end."""
    own = {f"extra.{code}": value for code, value in values.get("extra", {}).items()}
    said = {field: values.get(field) for field in METADATA} | own
    return [
        (field_label(field, standard), readable(field, value, standard))
        for field, value in said.items()
        if value not in ("", [], None)
    ]


def fault_line(fault: Mapping[str, Any], standard: Standard) -> str:
    """A kept fault in words: the field, what is wrong, what to do."""
    parts = str(fault["field"]).split(".")
    name = field_label(parts[-1], standard) if parts[-1] else ""
    if parts[0] == "items" and len(parts) > 2:
        name = f"{gettext('Information item')} {parts[1]} · {ITEM_FIELDS.get(parts[-1], parts[-1])}"
    texts = [fill(gettext(fault[key]), fault.get("params", {})) for key in ("fault", "remedy") if fault.get(key)]
    return f"{name}：{' '.join(texts)}" if name else " ".join(texts)
