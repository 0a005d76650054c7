"""Names of codes in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.checks import CheckKind
from quanshu.supply.catalogue.api import Entry, ItemData, items_of
from quanshu.supply.quality.models import RuleVersion
from quanshu.supply.quality.types import (
    Dimension,
    ExceptionScope,
    ExceptionState,
    Origin,
    ProblemState,
    ScanState,
    Severity,
)

KINDS = {
    CheckKind.REQUIRED: _("Filled in"),
    CheckKind.CODE_LIST: _("In the code list"),
    CheckKind.PATTERN: _("Of a form"),
    CheckKind.RANGE: _("Within limits"),
    CheckKind.CITIZEN_ID: _("Citizen ID"),
    CheckKind.USCC: _("Social credit code"),
    CheckKind.DATE_ORDER: _("Order of dates"),
    CheckKind.UNIQUE: _("Not repeated"),
    CheckKind.REFERENCE: _("Present in another table"),
    CheckKind.LENGTH: _("Length"),
    CheckKind.REGION_CODE: _("Division code"),
    CheckKind.PHONE: _("Telephone number"),
    CheckKind.BIRTH_DATE: _("Birth date as in the ID"),
    CheckKind.DEPENDENCY: _("One field decides another"),
    CheckKind.CONSISTENCY: _("Same as in another table"),
    CheckKind.PREDICATE: _("Condition of one's own"),
    CheckKind.FRESHNESS: _("Up to date"),
    CheckKind.ROW_COUNT: _("Number of rows"),
}
KIND_HINTS = {
    CheckKind.REQUIRED: _("The field holds more than blanks."),
    CheckKind.CODE_LIST: _("The value is one of the codes listed."),
    CheckKind.PATTERN: _("The whole value fits a regular expression."),
    CheckKind.RANGE: _("The number or date lies between a lowest and a highest value."),
    CheckKind.CITIZEN_ID: _("Length, region, birth date and check digit of GB 11643; the old 15-digit form too."),
    CheckKind.USCC: _("Length, alphabet and check digit of GB 32100."),
    CheckKind.DATE_ORDER: _("One date does not come after another of the same row."),
    CheckKind.UNIQUE: _("No two rows share the value, or the values of several fields together."),
    CheckKind.REFERENCE: _("The value occurs in a field of another table that has landed."),
    CheckKind.LENGTH: _("The value has no fewer and no more characters than allowed."),
    CheckKind.REGION_CODE: _("Six, nine or twelve digits of a county that is known (GB/T 2260)."),
    CheckKind.PHONE: _("A mobile number or a fixed line with its area code."),
    CheckKind.BIRTH_DATE: _("The birth date of the row is the one inside its citizen ID."),
    CheckKind.DEPENDENCY: _("Rows that share one field share the other too; the rarer value is at fault."),
    CheckKind.CONSISTENCY: _("Another table says the same of the same key."),
    CheckKind.PREDICATE: _("A condition in SQL over the fields of the row holds."),
    CheckKind.FRESHNESS: _("The newest date is no older than a number of days."),
    CheckKind.ROW_COUNT: _("The table has no fewer and no more rows than expected."),
}
KIND_ICONS = {
    CheckKind.REQUIRED: "forms",
    CheckKind.CODE_LIST: "list-check",
    CheckKind.PATTERN: "regex",
    CheckKind.RANGE: "arrows-horizontal",
    CheckKind.CITIZEN_ID: "id",
    CheckKind.USCC: "building",
    CheckKind.DATE_ORDER: "calendar-stats",
    CheckKind.UNIQUE: "fingerprint",
    CheckKind.REFERENCE: "link",
    CheckKind.LENGTH: "ruler-measure",
    CheckKind.REGION_CODE: "map-pin",
    CheckKind.PHONE: "phone",
    CheckKind.BIRTH_DATE: "cake",
    CheckKind.DEPENDENCY: "arrow-ramp-right",
    CheckKind.CONSISTENCY: "equal",
    CheckKind.PREDICATE: "math-function",
    CheckKind.FRESHNESS: "clock",
    CheckKind.ROW_COUNT: "table",
}
FAULTS = {
    CheckKind.REQUIRED: _("The field is empty."),
    CheckKind.CODE_LIST: _("The value is not in the code list."),
    CheckKind.PATTERN: _("The value does not have the form asked for."),
    CheckKind.RANGE: _("The value is outside the limits, or no number or date."),
    CheckKind.CITIZEN_ID: _("Not a valid citizen ID: length, region, birth date or check digit is wrong."),
    CheckKind.USCC: _("Not a valid social credit code: length, alphabet or check digit is wrong."),
    CheckKind.DATE_ORDER: _("The first date comes after the second."),
    CheckKind.UNIQUE: _("Another row holds the same value."),
    CheckKind.REFERENCE: _("The value does not occur in the table referred to."),
    CheckKind.LENGTH: _("The value is too short or too long."),
    CheckKind.REGION_CODE: _("Not a division code, or of a county that is not known."),
    CheckKind.PHONE: _("Not a telephone number."),
    CheckKind.BIRTH_DATE: _("The birth date is not the one inside the citizen ID."),
    CheckKind.DEPENDENCY: _("Other rows of the same group hold another value."),
    CheckKind.CONSISTENCY: _("Another table says otherwise of the same key."),
    CheckKind.PREDICATE: _("The condition does not hold."),
    CheckKind.FRESHNESS: _("The newest date is too old."),
    CheckKind.ROW_COUNT: _("The table has fewer or more rows than expected."),
    Origin.REPORTED: _("A consumer reports that the value it received is wrong."),
}
DIMENSIONS = {
    Dimension.CONFORMITY: _("Conformity"),
    Dimension.COMPLETENESS: _("Completeness"),
    Dimension.ACCURACY: _("Accuracy"),
    Dimension.CONSISTENCY: _("Consistency"),
    Dimension.TIMELINESS: _("Timeliness"),
    Dimension.ACCESSIBILITY: _("Accessibility"),
}
SEVERITIES = {Severity.ERROR: _("Error"), Severity.WARNING: _("Warning")}
SCAN_STATES = {
    ScanState.QUEUED: _("Waiting"),
    ScanState.RUNNING: _("Checking"),
    ScanState.FINISHED: _("Finished"),
    ScanState.FAILED: _("Failed"),
}
SCAN_TONES = {
    ScanState.QUEUED: "secondary",
    ScanState.RUNNING: "blue",
    ScanState.FINISHED: "green",
    ScanState.FAILED: "red",
}
PROBLEM_STATES = {
    ProblemState.OPEN: _("To be corrected"),
    ProblemState.FIXED: _("Corrected"),
    ProblemState.EXCUSED: _("Accepted with a reason"),
    ProblemState.GONE: _("Row deleted"),
    ProblemState.RIGHT: _("Right as it is"),
}
ORIGINS = {Origin.RULE: _("A rule"), Origin.REPORTED: _("A consumer")}
SCOPES = {
    ExceptionScope.KEY: _("One record"),
    ExceptionScope.CONDITION: _("Records that meet a condition"),
    ExceptionScope.RULE: _("Every record"),
}
EXCEPTION_STATES = {
    ExceptionState.IN_FORCE: _("In force"),
    ExceptionState.EXPIRED: _("Expired"),
    ExceptionState.ENDED: _("Ended early"),
}
EXCEPTION_TONES = {
    ExceptionState.IN_FORCE: "green",
    ExceptionState.EXPIRED: "orange",
    ExceptionState.ENDED: "secondary",
}
PROBLEM_TONES = {
    ProblemState.OPEN: "orange",
    ProblemState.FIXED: "green",
    ProblemState.EXCUSED: "secondary",
    ProblemState.GONE: "secondary",
    ProblemState.RIGHT: "secondary",
}
ACCESS_TESTS = {
    "readable": _("The table can be read"),
    "in_cycle": _("It landed within its update cycle"),
    "answering": _("A service of it answers"),
}


def columns_text(entry: Entry, columns: list[str]) -> str:
    """Titles of columns in the reader's language."""
    titles = {item.name: title_of(item) for item in items_of(entry)}
    return "、".join(titles.get(name, name) for name in columns)


def title_of(item: ItemData) -> str:
    """The item's title in the reader's language."""
    english = (get_language() or "").startswith("en")
    return item.title_en if english and item.title_en else item.title


def params_text(version: RuleVersion, tables: Mapping[str, str] | None = None) -> str:
    """What a rule version compares with, as text; `tables` names lake tables."""
    params = version.params
    if version.kind == CheckKind.CODE_LIST:
        return "、".join(str(code) for code in params.get("codes", []))
    if version.kind == CheckKind.PATTERN:
        return str(params.get("pattern", ""))
    if version.kind == CheckKind.RANGE:
        return " – ".join(limit_text(params.get(name)) for name in ("min", "max"))
    if version.kind in {CheckKind.REFERENCE, CheckKind.CONSISTENCY}:
        table = str(params.get("table", ""))
        return f"{(tables or {}).get(table, table)} · {params.get('column', '')}"
    if version.kind in {CheckKind.LENGTH, CheckKind.ROW_COUNT}:
        return " – ".join(limit_text(params.get(name)) for name in ("min", "max"))
    if version.kind == CheckKind.PREDICATE:
        return str(params.get("expression", ""))
    if version.kind == CheckKind.FRESHNESS:
        return gettext("%(days)s days") % {"days": params.get("days", "")}
    return ""


def limit_text(limit: Any) -> str:
    """One limit of a range; three dots where there is none."""
    if limit in (None, ""):
        return "…"
    return gettext("the day of the check") if limit == "today" else str(limit)


def error_text(error: Mapping[str, Any] | None) -> str:
    """Why a scan failed, from the code and parameters kept with it."""
    if not error:
        return ""
    kind = refusal_of(QuanshuError, str(error["code"]))
    if kind is None:
        return str(error["code"])
    body = kind(**error.get("params", {})).as_dict(gettext)
    return f"{body['message']} {body['remedy']}".strip()


def refusal_of(base: type[QuanshuError], code: str) -> type[QuanshuError] | None:
    """The class of refusal with this code."""
    for kind in base.__subclasses__():
        found = kind if kind.code == code else refusal_of(kind, code)
        if found is not None:
            return found
    return None
