"""Names of quality's codes in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from quanshu.lake.checks import CheckKind
from quanshu.supply.quality.types import Dimension, ProblemState, ScanState, Severity

KINDS = {
    CheckKind.REQUIRED: _("Filled"),
    CheckKind.CODE_LIST: _("In the code list"),
    CheckKind.PATTERN: _("Of the form"),
    CheckKind.RANGE: _("Within the range"),
    CheckKind.CITIZEN_ID: _("Valid citizen ID"),
    CheckKind.USCC: _("Valid credit code"),
    CheckKind.DATE_ORDER: _("Dates in order"),
    CheckKind.UNIQUE: _("Unique"),
    CheckKind.REFERENCE: _("Referred record exists"),
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
    ScanState.QUEUED: _("Queued"),
    ScanState.RUNNING: _("Running"),
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
    ProblemState.OPEN: _("Open"),
    ProblemState.FIXED: _("Corrected"),
    ProblemState.EXCUSED: _("Excused"),
    ProblemState.GONE: _("Row deleted at source"),
}
PROBLEM_TONES = {
    ProblemState.OPEN: "orange",
    ProblemState.FIXED: "green",
    ProblemState.EXCUSED: "secondary",
    ProblemState.GONE: "secondary",
}
