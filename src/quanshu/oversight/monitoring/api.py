"""The door of monitoring."""

from __future__ import annotations

from quanshu.oversight.monitoring.events import MonitoringEvent
from quanshu.oversight.monitoring.models import Alert, AlertRule, Objective, Part, Sample, Shift, Silence
from quanshu.oversight.monitoring.pages.labels import PARTS, SEVERITIES, SEVERITY_TONES, lasting
from quanshu.oversight.monitoring.permissions import MonitoringPermission
from quanshu.oversight.monitoring.queries import call_story, open_alerts, overview
from quanshu.oversight.monitoring.queries.measures import Measure, measures, register_measures
from quanshu.oversight.monitoring.queries.parts import part_states, snapshot_in_force
from quanshu.oversight.monitoring.services import (
    acknowledge_alert,
    count_levels,
    make_silence,
    plan_shift,
    set_objective,
    take_samples,
    watch,
)
from quanshu.oversight.monitoring.tasks import guard_web
from quanshu.oversight.monitoring.types import AlertState, Point, Severity, SilenceData, Stage

__all__ = [
    "PARTS",
    "SEVERITIES",
    "SEVERITY_TONES",
    "Alert",
    "AlertRule",
    "AlertState",
    "Measure",
    "MonitoringEvent",
    "MonitoringPermission",
    "Objective",
    "Part",
    "Point",
    "Sample",
    "Severity",
    "Shift",
    "Silence",
    "SilenceData",
    "Stage",
    "acknowledge_alert",
    "call_story",
    "count_levels",
    "guard_web",
    "lasting",
    "make_silence",
    "measures",
    "open_alerts",
    "overview",
    "part_states",
    "plan_shift",
    "register_measures",
    "set_objective",
    "snapshot_in_force",
    "take_samples",
    "watch",
]
