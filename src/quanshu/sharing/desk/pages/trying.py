"""What a service of each shape says of itself, the form that calls it, and its answer as the page shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from quanshu.gateway.client import Answer
from quanshu.gateway.statistic import SUPPRESSED
from quanshu.lake.disclosure import OTHER, UNKNOWN, labels_of
from quanshu.shared.web.api import Column, Form, trimmed
from quanshu.sharing.desk.pages.labels import outcome_label, title_of
from quanshu.sharing.services.api import group_meanings, group_of

MOST_BARS = 60
KINDS = {
    "value": gettext_lazy("By value"),
    "prefix": gettext_lazy("By the first characters"),
    "bands": gettext_lazy("In bands"),
}
MEASURES = {
    "count": gettext_lazy("Count of records"),
    "share": gettext_lazy("Share of all records"),
    "sum": gettext_lazy("Sum"),
    "average": gettext_lazy("Average"),
}
SHOWN = 12
REST = frozenset({OTHER, UNKNOWN})


def names_of(part: Mapping[str, Any]) -> dict[str, str]:
    """{value of a group: its name in the reader's language}, where its code list is known."""
    english = (get_language() or "").startswith("en")
    return {value: (english and en) or zh for value, (zh, en) in group_meanings(part).items()}


def values_of(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(value, what it means or nothing) of a group, in order."""
    names = names_of(part)
    return [(value, names.get(value, "")) for value in labels_of(group_of(part))]


def with_name(value: str, names: Mapping[str, str]) -> str:
    """A value with its name behind it; words that are no codes give way to their name."""
    name = names.get(value, "")
    return name if value in REST and name else f"{value} {name}".strip()


def labels_shown(part: Mapping[str, Any]) -> str:
    """The first labels of a group, codes with their names."""
    known, names = labels_of(group_of(part)), names_of(part)
    more = f" … ({len(known)})" if len(known) > SHOWN else ""
    return ", ".join(with_name(value, names) for value in known[:SHOWN]) + more


GROUP_COLUMNS = (
    Column("name", gettext_lazy("Name"), value="name", kind="code"),
    Column("title", gettext_lazy("Title"), value=title_of),
    Column("kind", gettext_lazy("Grouped"), value=lambda row: KINDS[row["kind"]], phone=False),
    Column("labels", gettext_lazy("Labels"), value=labels_shown),
)
MEASURE_COLUMNS = (
    Column("name", gettext_lazy("Name"), value="name", kind="code"),
    Column("title", gettext_lazy("Title"), value=title_of),
    Column("kind", gettext_lazy("Measure"), value=lambda row: MEASURES[row["kind"]]),
)


class CallForm(Form):
    """What all shapes share: the case number. The gateway checks the values, so that its refusals are seen here too."""

    def __init__(self, *args: Any, spec: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spec = spec
        self.add_boxes()
        self.fields["case_number"] = forms.CharField(
            label=_("Case number"),
            required=False,
            max_length=64,
            widget=forms.TextInput(attrs={"class": "form-control"}),
            help_text=_("Of the matter the data is used for; it is kept with the receipt."),
        )

    def add_boxes(self) -> None:
        """One box for each parameter."""
        for part in self.spec["parameters"]:
            self.fields[f"p-{part['name']}"] = forms.CharField(
                label=title_of(part),
                required=False,
                max_length=2000,
                widget=forms.TextInput(attrs={"class": "form-control", "placeholder": part["example"]}),
                help_text=part["name"] + (f" · {_('required')}" if part["required"] else ""),
            )

    def parameters(self) -> dict[str, Any]:
        """The parameters that were filled in."""
        return {name[2:]: value for name, value in self.cleaned_data.items() if name.startswith("p-") and value}


class StatisticForm(CallForm):
    """Groups and measures to choose, and a list for each group to narrow by."""

    def add_boxes(self) -> None:
        cube = self.spec["statistic"]
        for name, label in (("groups", _("Grouped by")), ("measures", _("Measures"))):
            self.fields[f"p-{name}"] = forms.MultipleChoiceField(
                label=label,
                required=False,
                choices=[(part["name"], title_of(part)) for part in cube[name]],
                widget=forms.CheckboxSelectMultiple,
            )
        for part in cube["groups"]:
            names = names_of(part)
            labels = [("", _("All")), *((text, with_name(text, names)) for text in labels_of(group_of(part)))]
            self.fields[f"p-{part['name']}"] = forms.ChoiceField(
                label=_("Only: %(group)s") % {"group": title_of(part)},
                required=False,
                choices=labels,
                widget=forms.Select(attrs={"class": "form-select"}),
            )


def try_form(spec: Mapping[str, Any], posted: Any = None) -> CallForm:
    """The form of a service's shape."""
    kind = StatisticForm if spec.get("statistic") else CallForm
    return kind(posted, spec=spec)


def shown(answer: Answer, spec: Mapping[str, Any]) -> dict[str, Any]:
    """An answer for the page; a statistic's also as a table and a chart, a composite's with its parts."""
    code = str(answer.body.get("code", ""))
    found = {
        "status": answer.status,
        "ok": answer.ok,
        "code": code,
        "meaning": outcome_label(code),
        "receipt_id": answer.receipt_id,
        "text": json.dumps(answer.body, ensure_ascii=False, indent=2),
        "parts": [{**part, "meaning": part_label(part["outcome"])} for part in answer.body.get("parts", ())],
    }
    if answer.ok and spec.get("statistic"):
        return found | cells_of(answer.body["data"], spec["statistic"])
    return found


def part_label(outcome: str) -> str:
    """What became of a part."""
    return _("Nothing to pass on") if outcome == "no_input" else outcome_label(outcome)


def measured(part: Mapping[str, Any], value: Any) -> Any:
    """A measure of a cell as people read it: shares in percent."""
    return f"{trimmed(value * 100, 2)}%" if part["kind"] == "share" and isinstance(value, int | float) else value


def cells_of(data: Sequence[Mapping[str, Any]], cube: Mapping[str, Any]) -> dict[str, Any]:
    """The cells as a table, and the first measure as bars where a reader can take them in."""
    there = set(data[0]) if data else set()
    groups = [part for part in cube["groups"] if part["name"] in there]
    measures = [part for part in cube["measures"] if part["name"] in there]
    names = {part["name"]: names_of(part) for part in groups}
    rows = [
        [
            *(with_name(row[part["name"]], names[part["name"]]) for part in groups),
            *(measured(part, row[part["name"]]) for part in measures),
        ]
        for row in data
    ]
    told = [
        " · ".join(names[part["name"]].get(row[part["name"]]) or row[part["name"]] for part in groups) for row in data
    ]
    table = {
        "heads": [title_of(part) for part in [*groups, *measures]],
        "cells": rows,
        "suppressed": any(SUPPRESSED in row for row in rows),
    }
    if not groups or not 1 < len(rows) <= MOST_BARS:
        return table
    values = [row[measures[0]["name"]] for row in data]
    return table | {
        "bars": {
            "tooltip": {},
            "grid": {"left": 8, "right": 8, "bottom": 8, "top": 16, "containLabel": True},
            "xAxis": {"type": "category", "data": told},
            "yAxis": {"type": "value"},
            "series": [
                {
                    "type": "bar",
                    "name": title_of(measures[0]),
                    "data": [None if value == SUPPRESSED else value for value in values],
                }
            ],
        }
    }
