"""What differs between two versions, and how long the one before answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.sharing.services.types import ChangeKind as C
from quanshu.sharing.services.types import ConsentMode, ConsentTerms, SpecChange

# An old version answers 30 days more where no day is named, and at least 10 working days.
BESIDE_DAYS, NOTICE_DAYS, LONGEST_BESIDE = 30, 10, 730


def check_end(ends_on: date, *, today: date, earliest: date) -> None:
    """A version ends no earlier than its callers' notice allows. Raises FieldErrors (`ends_on`)."""
    if ends_on < earliest or ends_on > today + timedelta(days=LONGEST_BESIDE):
        fault = N_("A version ends between %(earliest)s and two years from now.")
        remedy = N_("Callers have at least %(days)s working days to change over; choose a later day.")
        params = {"earliest": earliest.isoformat(), "days": NOTICE_DAYS}
        raise FieldErrors(errors=(FieldError("ends_on", fault, remedy, params),))


def compare_specs(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[SpecChange, ...]:
    """What differs between two versions, the breaking differences first.

    Breaking: a parameter or field removed or renamed, a new required parameter, a parameter narrowed (required,
    shorter, another pattern or type), a field's type or mask changed, fewer rows a call, consent newly asked for.
    """
    found = [*part_changes(old, new, "parameters"), *part_changes(old, new, "fields")]
    if old["row_cap"] != new["row_cap"]:
        fewer = new["row_cap"] < old["row_cap"]
        found.append(SpecChange(C.ROW_CAP, "", str(old["row_cap"]), str(new["row_cap"]), fewer))
    before, after = (ConsentTerms(**spec.get("consent", {})).mode for spec in (old, new))
    if before != after:
        found.append(SpecChange(C.CONSENT, "", before, after, after == ConsentMode.CONSENT))
    return tuple(sorted(found, key=lambda change: not change.breaking))


def part_changes(old: Mapping[str, Any], new: Mapping[str, Any], part: str) -> list[SpecChange]:
    """Differences among the parameters or the fields. One that went and one that came with its title is renamed."""
    before, after = ({row["name"]: row for row in spec[part]} for spec in (old, new))
    fields = part == "fields"
    renamed, removed, added = (
        (C.FIELD_RENAMED, C.FIELD_REMOVED, C.FIELD_ADDED)
        if fields
        else (C.PARAMETER_RENAMED, C.PARAMETER_REMOVED, C.PARAMETER_ADDED)
    )
    came = {row["title"]: name for name, row in after.items() if name not in before}
    found = []
    for name, row in before.items():
        if name in after:
            found += (field_changes if fields else parameter_changes)(row, after[name])
        elif (other := came.pop(row["title"], "")) != "":
            found.append(SpecChange(renamed, name, name, other, True))
        else:
            found.append(SpecChange(removed, name, name, "", True))
    for name in came.values():
        found.append(SpecChange(added, name, "", name, not fields and after[name]["required"]))
    return found


def parameter_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[SpecChange]:
    """Differences of one parameter; narrower is breaking, wider is not."""
    checks = (
        (C.TYPE, "type", True),
        (C.USE, "compare", True),
        (C.REQUIRED, "required", new["required"]),
        (C.LONGEST, "max_length", new["max_length"] < old["max_length"]),
        (C.PATTERN, "pattern", bool(new["pattern"])),
    )
    return [
        SpecChange(kind, old["name"], str(old[key]), str(new[key]), breaking)
        for kind, key, breaking in checks
        if old[key] != new[key]
    ]


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[SpecChange]:
    """Differences of one field: another type or mask gives other values."""
    return [
        SpecChange(kind, old["name"], str(old[key]), str(new[key]), key == "type" or new[key] != Mask.NONE)
        for kind, key in ((C.TYPE, "type"), (C.MASK, "mask"))
        if old[key] != new[key]
    ]
