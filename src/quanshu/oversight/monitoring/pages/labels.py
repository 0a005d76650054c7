"""What the codes of monitoring are called, how times are told, and the charts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.monitoring.models import Alert, AlertRule
from quanshu.oversight.monitoring.queries.stages import Series, StageFigures
from quanshu.oversight.monitoring.rules import SHIPPED
from quanshu.shared.web.api import trimmed

STAGES = {
    "intake": gettext_lazy("Intake"),
    "review": gettext_lazy("Reviewing"),
    "transfer": gettext_lazy("Transmission"),
    "use": gettext_lazy("Use"),
    "platform": gettext_lazy("The platform itself"),
}
STAGE_ICONS = {"intake": "database-import", "review": "checkup-list", "transfer": "transfer", "use": "apps"}
SEVERITIES = {
    "critical": gettext_lazy("Critical"),
    "serious": gettext_lazy("Serious"),
    "warning": gettext_lazy("Warning"),
    "info": gettext_lazy("Information"),
}
SEVERITY_TONES = {"critical": "red", "serious": "orange", "warning": "yellow", "info": "blue"}
STATES = {
    "firing": gettext_lazy("Firing"),
    "acknowledged": gettext_lazy("Acknowledged"),
    "resolved": gettext_lazy("Closed"),
}
STATE_TONES = {"firing": "red", "acknowledged": "blue", "resolved": "green"}
STEPS = {
    "fired": gettext_lazy("Fired"),
    "acknowledged": gettext_lazy("Acknowledged"),
    "resolved": gettext_lazy("Closed"),
    "reopened": gettext_lazy("Fires again"),
    "escalated": gettext_lazy("Escalated"),
}
SENSES = {
    "above": gettext_lazy("More than the threshold"),
    "absent": gettext_lazy("No more than the threshold"),
    "rate": gettext_lazy("Share of failures above the threshold"),
}
SPANS = {"24h": gettext_lazy("24 hours"), "30d": gettext_lazy("30 days"), "12m": gettext_lazy("12 months")}
KINDS = {
    "availability": gettext_lazy("Availability"),
    "delay": gettext_lazy("Answered in time"),
    "freshness": gettext_lazy("Up to date"),
}
PARTS = {
    "web": gettext_lazy("Web"),
    "worker": gettext_lazy("Worker"),
    "gateway": gettext_lazy("Gateway"),
    "database": gettext_lazy("Database"),
    "lake": gettext_lazy("Lake"),
    "disk": gettext_lazy("Disk"),
    "mail": gettext_lazy("Mail"),
    "clock": gettext_lazy("Time synchronisation"),
}
UNITS = {row.code: row.unit for row in SHIPPED}
# What these count is a share; it is told in percent.
SHARES = frozenset({"quality.low", "calls.errors", "calls.refused", "disk.low"})
PLATFORM = gettext_lazy("The platform")
BLUE, RED, GREY, GREEN = "#0b5cad", "#d63939", "#868e96", "#2b8a3e"
INK = "#1f2937"


def lasting(value: timedelta | float | None) -> str:
    """A time as people say it: 40 ms, 3.5 s, 12 min, 3 h, 5 days; a dash when there is none."""
    if value is None:
        return "—"
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds < 0.0005:
        return _("at once")
    if seconds < 1:
        return _("%(n)s ms") % {"n": round(seconds * 1000)}
    if seconds < 10:
        return _("%(n)s s") % {"n": f"{seconds:.1f}".removesuffix(".0")}
    if seconds < 120:
        return _("%(n)s s") % {"n": round(seconds)}
    if seconds < 7200:
        return _("%(n)s min") % {"n": round(seconds / 60)}
    if seconds < 172_800:
        return _("%(n)s h") % {"n": round(seconds / 3600)}
    return _("%(n)s days") % {"n": round(seconds / 86_400)}


def value_text(alert: Alert) -> str:
    """What was measured against what is allowed, with the unit of the rule."""
    rule = alert.rule
    return f"{number(alert.value, rule)} / {number(alert.threshold, rule)} {unit_of(rule)}".strip()


def threshold_text(rule: AlertRule) -> str:
    """The threshold with its unit."""
    return f"{number(rule.threshold, rule)} {unit_of(rule)}".strip()


def unit_of(rule: AlertRule) -> str:
    """What the rule's threshold counts, in the reader's language."""
    return _(UNITS[rule.code]) if rule.code in UNITS else ""


def number(value: float, rule: AlertRule) -> str:
    """A figure of a rule without needless digits; a share in percent."""
    if rule.code in SHARES or rule.sense == "rate":
        return f"{trimmed(value * 100, 2)}%"
    return trimmed(value, 0 if abs(value) >= 100 else 2)


def detail_text(alert: Alert) -> str:
    """What the check said of the cause."""
    return _(alert.text) % alert.params if alert.text else ""


def axis(at: datetime, span: str) -> str:
    """A stretch on the axis of a chart."""
    local = localtime(at)
    return f"{local:%H:00}" if span == "24h" else f"{local:%m-%d}" if span == "30d" else f"{local:%Y-%m}"


def frame(names: list[str]) -> dict[str, Any]:
    """What all charts here share."""
    return {
        "grid": {"left": 48, "right": 16, "top": 36, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "legend": {"top": 0, "itemWidth": 14},
        "xAxis": {"type": "category", "data": names, "axisLabel": {"hideOverlap": True}},
        "yAxis": {"type": "value", "minInterval": 1},
    }


def dashed(name: str, at: float) -> Mapping[str, Any]:
    """A target line."""
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"type": "dashed", "color": INK},
        "label": {"formatter": name, "position": "insideEndTop", "color": INK},
        "data": [{"yAxis": at}],
    }


def day_chart(found: StageFigures) -> dict[str, Any]:
    """A stage's last 24 hours: done and failed, with what is usual at this hour as a line."""
    names = [axis(at, "24h") for at, _done, _failed in found.hours]
    bars: dict[str, Any] = {"type": "bar", "stack": "all", "barMaxWidth": 14}
    done = {**bars, "name": _("Done"), "color": BLUE, "data": [count - failed for _at, count, failed in found.hours]}
    if found.usual is not None:
        done["markLine"] = dashed(_("usual"), found.usual)
    failed = {**bars, "name": _("Failed"), "color": RED, "data": [bad for _at, _count, bad in found.hours]}
    return {**frame(names), "series": [done, failed]}


def series_chart(found: Series, span: str) -> dict[str, Any]:
    """One measure over a span: a flow as bars of done and failed, a backlog as a line."""
    names = [axis(point["at"], span) for point in found.points]
    if found.measure.level is not None:
        values = [round(point["amount"] / point["count"], 1) if point["count"] else None for point in found.points]
        line = {"name": _("Waiting"), "type": "line", "color": BLUE, "areaStyle": {"opacity": 0.12}, "data": values}
        return {**frame(names), "series": [line]}
    bars: dict[str, Any] = {"type": "bar", "stack": "all", "barMaxWidth": 22}
    done = [point["count"] - point["failed"] for point in found.points]
    shown = {**bars, "name": _("Done"), "color": BLUE, "data": done}
    filled = [value for value in done if value]
    if len(filled) >= 3:
        shown["markLine"] = dashed(_("usual"), sorted(filled)[len(filled) // 2])
    failed = {**bars, "name": _("Failed"), "color": RED, "data": [point["failed"] for point in found.points]}
    return {**frame(names), "series": [shown, failed]}


def delay_chart(found: Series, span: str, target: float | None) -> dict[str, Any]:
    """Mean and longest waiting times of a flow, in seconds, with the target where there is one."""
    names = [axis(point["at"], span) for point in found.points]
    means = [round(point["wait"] / point["waits"], 3) if point["waits"] else None for point in found.points]
    mean: dict[str, Any] = {"name": _("Mean, s"), "type": "line", "color": BLUE, "connectNulls": True, "data": means}
    if target is not None:
        mean["markLine"] = dashed(_("target"), target)
    peaks = [round(point["peak"], 3) if point["waits"] else None for point in found.points]
    peak = {"name": _("Longest, s"), "type": "line", "color": GREY, "connectNulls": True, "data": peaks}
    shown = [value for value in (*means, *peaks) if value is not None]
    # The target line stays in sight, however far below it the times are.
    top = {"max": round(max([*shown, target]) * 1.15, 3)} if target is not None else {}
    return {**frame(names), "yAxis": {"type": "value", **top}, "series": [mean, peak]}
