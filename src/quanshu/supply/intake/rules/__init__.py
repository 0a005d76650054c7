"""Decisions of intake. Pure."""

from __future__ import annotations

from quanshu.supply.intake.rules.drift import (
    check_decidable,
    check_no_longer_drifts,
    check_proposable,
)
from quanshu.supply.intake.rules.rows import (
    back_off,
    check_correctable,
    check_replayable,
    check_row_open,
    without_personal,
)
from quanshu.supply.intake.rules.runs import (
    MACHINE,
    check_cancellable,
    check_path,
    check_startable,
    check_takes_upload,
)
from quanshu.supply.intake.rules.sources import (
    ENDINGS,
    OPTIONS,
    check_cron,
    check_rid,
    check_source,
    clean_options,
    format_of,
    is_half_written,
)
from quanshu.supply.loads.rules import (
    check_deletes,
    check_something_fits,
    compare_columns,
    contradicts,
    low_mark,
    missed_too_much,
    refusal_of,
)

__all__ = [
    "ENDINGS",
    "MACHINE",
    "OPTIONS",
    "back_off",
    "check_cancellable",
    "check_correctable",
    "check_cron",
    "check_decidable",
    "check_deletes",
    "check_no_longer_drifts",
    "check_path",
    "check_proposable",
    "check_replayable",
    "check_rid",
    "check_row_open",
    "check_something_fits",
    "check_source",
    "check_startable",
    "check_takes_upload",
    "clean_options",
    "compare_columns",
    "contradicts",
    "format_of",
    "is_half_written",
    "low_mark",
    "missed_too_much",
    "refusal_of",
    "without_personal",
]
