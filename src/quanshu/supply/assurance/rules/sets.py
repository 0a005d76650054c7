"""Decisions on rule sets: what a set must say, and what a load comes to under it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks.specs import OF_TABLE
from quanshu.supply.assurance.types import Outcome, SetData, Verdict
from quanshu.supply.quality.api import Severity


def check_set(data: SetData, *, present: Mapping[str, str]) -> None:
    """A set with a name, rules of its table (`present`: {uid: kind}), a known verdict and a threshold.

    Rules of the table as a whole name no row, so a set that refuses rows has none. Raises FieldErrors.
    """
    faults: list[FieldError] = []
    if not data.name.strip() or len(data.name) > 100:
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    if data.severity not in {value.value for value in Severity}:
        faults.append(FieldError("severity", N_("This severity is not known."), N_("Choose one.")))
    if data.verdict not in {value.value for value in Verdict}:
        faults.append(FieldError("verdict", N_("This verdict is not known."), N_("Choose warn, refuse or stop.")))
    if not 0 < data.threshold <= 1:
        faults.append(
            FieldError("threshold", N_("The threshold is a share above 0 and up to 1."), N_("Enter one, such as 0.95."))
        )
    if not data.rule_uids or any(uid not in present for uid in data.rule_uids):
        faults.append(FieldError("rules", N_("A set holds one or more rules of its table."), N_("Choose rules.")))
    elif data.verdict == Verdict.REFUSE and any(present[uid] in OF_TABLE for uid in data.rule_uids):
        faults.append(
            FieldError("rules", N_("A rule of the whole table names no row to refuse."), N_("Leave it out, or stop."))
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))


def outcome_of(verdict: str, *, rows: int, passed: int, table_faults: int, threshold: float) -> Outcome:
    """What a check before landing comes to; nothing to check passes."""
    if passed == rows and not table_faults:
        return Outcome.PASSED
    if verdict == Verdict.REFUSE:
        return Outcome.REFUSED
    if verdict == Verdict.STOP and (table_faults or (rows and passed / rows < threshold)):
        return Outcome.STOPPED
    return Outcome.WARNED


def exported(*, entry_uid: str, entry_name: str, name: str, number: int, body: Mapping[str, Any]) -> dict[str, Any]:
    """A set as a file that `quanshu check` runs off line."""
    return {
        "format": "quanshu-rule-set",
        "version": 1,
        "entry_uid": entry_uid,
        "entry_name": entry_name,
        "name": name,
        "number": number,
        **body,
    }
