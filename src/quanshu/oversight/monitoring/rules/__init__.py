"""Pure decisions of monitoring."""

from __future__ import annotations

from quanshu.oversight.monitoring.rules.alerting import (
    MACHINE,
    check_acknowledge,
    clear_time,
    is_silenced,
    step,
)
from quanshu.oversight.monitoring.rules.checking import (
    check_objective,
    check_own_rule,
    check_rule,
    check_shift,
    check_silence,
    check_swap,
)
from quanshu.oversight.monitoring.rules.levels import budget
from quanshu.oversight.monitoring.rules.rolling import begin_of, join, roll_up, usual
from quanshu.oversight.monitoring.rules.shipped import FOLLOWS, SHIPPED, Shipped

__all__ = [
    "FOLLOWS",
    "MACHINE",
    "SHIPPED",
    "Shipped",
    "begin_of",
    "budget",
    "check_acknowledge",
    "check_objective",
    "check_own_rule",
    "check_rule",
    "check_shift",
    "check_silence",
    "check_swap",
    "clear_time",
    "is_silenced",
    "join",
    "roll_up",
    "step",
    "usual",
]
