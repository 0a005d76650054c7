"""Template tags every page uses; they are built in, so templates need no load line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from quanshu.shared.web.lists import Column
from quanshu.shared.web.numbers import grouped
from quanshu.shared.web.pages import Action

register = template.Library()
DASH = "—"
# The application by which a node checks that its services answer.
PROBE = "platform-probe"
# Subjects stand in the audit trail by kind and the end of their uid (`sharing.subjects`), never by name.
SUBJECT = re.compile(r"(person|enterprise) ([0-9a-f]{8})")


@register.filter
def when(value: datetime | None) -> str:
    """A moment in the city's time, to the minute; a dash when there is none."""
    if not value:
        return DASH
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


@register.filter
def who(name: Any) -> Any:
    """An actor's name as a page tells it: the platform's own doings are the system's. Anything else stays as it is."""
    if name == PROBE:
        return gettext("platform's own check")
    subject = SUBJECT.fullmatch(name) if isinstance(name, str) else None
    if subject:
        kinds = {"person": gettext("resident %(end)s"), "enterprise": gettext("enterprise %(end)s")}
        return kinds[subject[1]] % {"end": subject[2]}
    return gettext("system") if name == "system" else name


@register.filter
def intcomma(value: Any) -> Any:
    """A number with a comma between thousands. Stands in for Django's, which leaves Chinese pages without."""
    return grouped(value)


@register.filter
def fact(value: Any) -> Any:
    """A fact as a page tells it: numbers grouped, yes and no as words, times in the city's zone, a dash for nothing."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return day(value)
    return who(grouped(value))


@register.filter
def pairs(value: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """A mapping's keys and values; `value.items` in a template would read a key of that name instead."""
    return list(value.items())


@register.filter
def day(value: date | datetime | None) -> str:
    """A calendar day in ISO form; a dash when there is none."""
    if not value:
        return DASH
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return value.isoformat()


@register.filter
def percent(value: float | None, digits: int = 1) -> str:
    """A ratio as a percentage; a dash when there is nothing to divide by."""
    return DASH if value is None else f"{value * 100:.{digits}f}%"


@register.filter
def month_name(value: date) -> str:
    """Year and month in the reader's language."""
    return date_format(value, "YEAR_MONTH_FORMAT")


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """`mapping[key]`, or None."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A Tabler icon, hidden from screen readers."""
    return format_html('<i class="ti ti-{} {}" aria-hidden="true"></i>', name, css)


@register.simple_tag
def badge(label: Any, tone: str = "secondary") -> SafeString:
    """A state badge; tone is a Tabler colour name."""
    return format_html('<span class="badge bg-{}-lt">{}</span>', tone or "secondary", label)


@register.simple_tag(takes_context=True)
def query(context: Any, **changes: Any) -> str:
    """The present query string with some keys replaced; None removes a key. Starts with `?`."""
    asked = context["request"].GET.copy()
    asked.pop("export", None)
    for key, value in changes.items():
        asked.pop(key, None)
        if value is not None:
            asked[key] = str(value)
    text = asked.urlencode()
    return f"?{text}" if text else "?"


@register.simple_tag(takes_context=True)
def sort_link(context: Any, column: Column) -> str:
    """Query string that sorts by `column`, turning the direction on a second press."""
    now = context.get("sort", "")
    return query(context, sort=f"-{column.key}" if now == column.key else column.key, page=None)


def shown(column: Column, value: Any) -> Any:
    """A cell's value as text for people."""
    if value is None or value == "":
        return DASH
    if isinstance(value, bool):
        return mark_safe('<i class="ti ti-check" aria-label="✓"></i>' if value else DASH)  # noqa: S308
    if column.kind == "datetime":
        return when(value)
    if column.kind == "date":
        return day(value)
    if column.kind == "percent":
        return percent(value)
    if column.kind == "number":
        return grouped(value)
    if column.kind == "code":
        return format_html('<code class="text-break">{}</code>', value)
    return who(value)


@register.simple_tag
def cell(column: Column, row: Any) -> Any:
    """One table cell's content."""
    value = column.read(row)
    if column.kind == "badge" and value not in (None, ""):
        content: Any = badge(value, column.tone(row) if column.tone else "secondary")
    else:
        content = shown(column, value)
    url = column.link(row) if column.link and value not in (None, "") else ""
    return format_html('<a href="{}">{}</a>', url, content) if url else content


@register.inclusion_tag("web/empty.html")
def empty(title: Any, hint: Any = "", name: str = "mood-empty") -> dict[str, Any]:
    """An empty state: what is missing and what to do."""
    return {"title": title, "hint": hint, "icon_name": name}


@register.inclusion_tag("web/table.html")
def table(columns: Any, rows: Any, title: Any = "", hint: Any = "") -> dict[str, Any]:
    """A plain table of `Column`s."""
    return {"columns": columns, "rows": rows, "empty_title": title, "empty_hint": hint}


@register.inclusion_tag("web/progress.html")
def progress(ratio: float | None, target: float | None = None, label: Any = "") -> dict[str, Any]:
    """A bar with its target mark: green when the target is met, orange below it."""
    met = ratio is not None and (target is None or ratio >= target)
    width = 0 if ratio is None else max(0.0, min(100.0, ratio * 100))
    mark = None if target is None else target * 100
    return {
        "ratio": ratio,
        "width": f"{width:.1f}",
        "mark": mark,
        "met": met,
        "label": label,
        "target": target,
    }


@register.inclusion_tag("web/action_button.html", takes_context=True)
def action_button(context: Any, action: Action) -> dict[str, Any]:
    """A button for an `Action`; one that cannot be used now is disabled and says why."""
    return {"action": action, "csrf_token": context.get("csrf_token")}


@register.filter
def reasons(actions: Sequence[Action] | None) -> list[tuple[str, str]]:
    """[(buttons, why they cannot be used now)]: a tooltip is nothing to a thumb. Each reason stands once."""
    found: dict[str, list[str]] = {}
    for action in actions or ():
        reason = getattr(action, "reason", None)
        if reason:
            found.setdefault(reason, []).append(str(action.label))
    return [(" · ".join(labels), reason) for reason, labels in found.items()]


@register.inclusion_tag("web/chart.html")
def chart(option: Any, ident: str, height: int = 260, label: Any = "") -> dict[str, Any]:
    """An ECharts chart from an option dictionary, with a data table for those who see no chart."""
    text = json.dumps(option, ensure_ascii=False, default=str)
    heads, rows = chart_rows(option)
    return {"option": text, "ident": ident, "height": height, "label": label, "heads": heads, "rows": rows}


def number_of(point: Any) -> Any:
    """A point of a series as its number; points of their own colour are dictionaries."""
    return point.get("value", "") if isinstance(point, dict) else point


def chart_rows(option: Any) -> tuple[list[str], list[list[Any]]]:
    """The chart's numbers as a table: one row a category, one column a series."""
    axis = option.get("xAxis", {})
    axis = axis[0] if isinstance(axis, list) else axis
    if axis.get("type") == "value":
        axis = option.get("yAxis", {})
    names = axis.get("data", [])
    series = [item for item in option.get("series", []) if item.get("data")]
    if not names and series and isinstance(series[0]["data"][0], dict):
        return [""], [[item.get("name", ""), item.get("value", "")] for item in series[0]["data"]]
    heads = ["", *[str(item.get("name", "")) for item in series]]
    return heads, [
        [name, *[number_of(item["data"][at]) if at < len(item["data"]) else "" for item in series]]
        for at, name in enumerate(names)
    ]
