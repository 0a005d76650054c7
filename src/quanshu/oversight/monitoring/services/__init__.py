"""Writes of monitoring."""

from __future__ import annotations

from quanshu.oversight.monitoring.services.handling import (
    acknowledge_alert,
    change_rule,
    create_rule,
    delete_rule,
    end_silence,
    make_silence,
)
from quanshu.oversight.monitoring.services.levels import count_levels, set_objective
from quanshu.oversight.monitoring.services.parts import note_web
from quanshu.oversight.monitoring.services.roster import hand_over_shift, plan_shift, remove_shift
from quanshu.oversight.monitoring.services.sampling import clear_old, take_samples
from quanshu.oversight.monitoring.services.watching import ship_rules, watch

__all__ = [
    "acknowledge_alert",
    "change_rule",
    "clear_old",
    "count_levels",
    "create_rule",
    "delete_rule",
    "end_silence",
    "hand_over_shift",
    "make_silence",
    "note_web",
    "plan_shift",
    "remove_shift",
    "set_objective",
    "ship_rules",
    "take_samples",
    "watch",
]
