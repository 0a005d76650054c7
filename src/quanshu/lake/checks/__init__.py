"""Quality checks: all row rules of a table in one scan, one pass more for each uniqueness or reference."""

from __future__ import annotations

from quanshu.lake.checks.run import existing_keys, run_checks
from quanshu.lake.checks.specs import CheckKind, CheckReport, CheckResult, CheckSpec, Failure
from quanshu.lake.checks.sql import is_limit, is_pattern

__all__ = [
    "CheckKind",
    "CheckReport",
    "CheckResult",
    "CheckSpec",
    "Failure",
    "existing_keys",
    "is_limit",
    "is_pattern",
    "run_checks",
]
