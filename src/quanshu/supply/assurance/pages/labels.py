"""Names of codes in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanshu.supply.assurance.types import Outcome, ReportState, Verdict

VERDICTS = {
    Verdict.WARN: _("Warn only"),
    Verdict.REFUSE: _("Refuse the rows that fail"),
    Verdict.STOP: _("Stop the load below the threshold"),
}
OUTCOMES = {
    Outcome.PASSED: _("Passed"),
    Outcome.WARNED: _("Warned"),
    Outcome.REFUSED: _("Rows refused"),
    Outcome.STOPPED: _("Load stopped"),
}
OUTCOME_TONES = {
    Outcome.PASSED: "green",
    Outcome.WARNED: "orange",
    Outcome.REFUSED: "orange",
    Outcome.STOPPED: "red",
}
REPORT_STATES = {
    ReportState.OPEN: _("Waiting for an answer"),
    ReportState.CORRECTED: _("Corrected"),
    ReportState.RIGHT: _("Right as it is"),
}
REPORT_TONES = {ReportState.OPEN: "orange", ReportState.CORRECTED: "green", ReportState.RIGHT: "secondary"}
EVIDENCE = {
    "item_key": _("The catalogue names these items as the key."),
    "item_required": _("The catalogue says that the item is required."),
    "item_codes": _("The catalogue gives the item a code list."),
    "item_date": _("The item is a date; a date of an event lies not in the future."),
    "item_kind": _("The item is an identifier or number of a known form."),
    "filled": _("%(filled)s of %(rows)s rows hold a value."),
    "form": _("%(fitting)s of %(filled)s values have this form."),
    "few_values": _("%(filled)s values, and only %(codes)s different ones that recur."),
    "distinct": _("In all %(rows)s rows the values differ."),
    "birth": _("The same rows hold a citizen ID, valid in %(fitting)s of %(filled)s."),
    "dependency": _("In %(agreeing)s of %(rows)s rows the first value decides the second, in %(groups)s groups."),
    "reference": _("%(found)s of %(values)s values looked up occur in %(table)s."),
}


def evidence_text(kept: Mapping[str, Any], tables: Mapping[str, str] | None = None) -> str:
    """Why a rule is suggested, in words with figures."""
    figures = {name: f"{value:,}" if isinstance(value, int) else value for name, value in kept["figures"].items()}
    if "table" in figures:
        figures["table"] = (tables or {}).get(figures["table"], figures["table"])
    return str(EVIDENCE[kept["evidence"]]) % figures
