"""Scorecards: all tables and units against the target, and one table in full."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, ActionPage, Column, DetailPage, Page, grouped, reason_against, state_column
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Rule, Scan
from quanshu.supply.quality.pages import charts, labels
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import QualityFigures, RuleData, Scorecard

TREND = 30


def table_url(uid: str) -> str:
    """A table's scorecard."""
    return reverse("quality:table", args=[uid])


def share(part: int, whole: int) -> str:
    """Numerator and denominator as text, so that no rate stands without them."""
    return _("%(part)s of %(whole)s") % {
        "part": grouped(part),
        "whole": grouped(whole),
    }


def scorecard_columns() -> tuple[Column, ...]:
    """Columns of the table of scorecards."""
    return (
        Column("table", _("Table"), value="entry_name", link=lambda row: table_url(row.entry_uid)),
        Column("unit", _("Unit"), value="unit_name", phone=False),
        Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
        Column("target", _("Target 95%"), value=lambda row: against_target(row)[0], kind="badge",
               tone=lambda row: against_target(row)[1]),
        Column("passed", _("Rows passed"), kind="number", phone=False),
        Column("rows", _("Rows checked"), kind="number", phone=False),
        Column("rules", _("Rules"), kind="number", phone=False),
        Column("open", _("To be corrected"), value="open_problems", kind="number"),
        Column("overdue", _("Overdue"), value="overdue_problems", kind="number", phone=False),
        Column("scanned", _("Scanned at"), value="scanned_at", kind="datetime", phone=False),
    )  # fmt: skip


def against_target(card: Scorecard) -> tuple[str, str]:
    """Whether a table meets the target: (label, tone)."""
    if card.pass_rate is None:
        return (_("No rules"), "red") if not card.rules else (_("Not checked"), "secondary")
    return (_("Met"), "green") if card.pass_rate >= rules.PASS_TARGET else (_("Below"), "orange")


def unit_columns() -> tuple[Column, ...]:
    """Columns of the table of units."""
    return (
        Column("unit", _("Unit"), value="unit_name"),
        Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
        Column("passed", _("Rows passed"), kind="number", phone=False),
        Column("rows", _("Rows checked"), kind="number"),
        Column("open", _("To be corrected"), value="open_problems", kind="number"),
    )


def gauges(figures: QualityFigures) -> list[dict[str, Any]]:
    """The two figures of clause 2.1.3 with their targets and denominators."""
    return [
        {
            "label": _("Quality pass rate"),
            "rate": figures.pass_rate,
            "target": rules.PASS_TARGET,
            "share": share(figures.passed, figures.rows),
            "what": _("rows without a failing rule / rows checked"),
        },
        {
            "label": _("Corrected within 2 working days"),
            "rate": figures.on_time_rate,
            "target": 1.0,
            "share": share(figures.corrected_on_time, figures.corrected),
            "what": _("corrected in time / corrected"),
        },
    ]


class Scorecards(Page):
    """Every table the actor may see, against 95 %."""

    title = gettext_lazy("Data quality")
    subtitle = gettext_lazy("Counted from each table's latest check; nothing here is typed in.")
    permission = P.VIEW
    template_name = "quality/scorecards.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        today = self.now.astimezone(CITY_TZ).date()
        figures = queries.quality_figures(today=today, actor=self.actor)
        cards = queries.scorecards(self.actor, today=today)
        return {
            "figures": figures,
            "gauges": gauges(figures),
            "cards": cards,
            "checked": sum(card.rows is not None for card in cards),
            "card_columns": scorecard_columns(),
            "unit_columns": unit_columns(),
            "units": sorted(figures.by_unit, key=lambda unit: (unit.pass_rate is None, unit.pass_rate or 0)),
            "unit_chart": charts.unit_chart(figures.by_unit),
            "sees_problems": allows(self.actor, P.PROBLEM_VIEW),
            "actions": self.links(),
        }

    def links(self) -> list[Action]:
        """Ways on from here."""
        return [
            Action(_("Rules"), reverse("quality:rules"), "list-check", style="outline-primary", method="get"),
            Action(_("Checks"), reverse("quality:scans"), "radar", style="outline-primary", method="get"),
            Action(_("Rule sets"), reverse("assurance:sets"), "stack-2", style="outline-primary", method="get"),
            Action(_("Comparison of units"), reverse("assurance:ranking"), "list-numbers", "outline-primary", "get"),
        ]


class TablePage(DetailPage):
    """One table: its rate, its rules with what they found last, its checks."""

    permission = P.VIEW
    template_name = "quality/table.html"

    def get_object(self, **kwargs: Any) -> Entry:
        return queries.get_table(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")),)

    def actions(self, obj: Entry) -> list[Action]:
        found = []
        active = Rule.objects.filter(entry=obj, active=True).count()
        if allows(self.actor, P.SCAN, obj):
            reason = reason_against(
                rules.check_scannable, entry_name=str(obj), landed=get_lake().exists(obj.lake_table), rules=active
            )
            found.append(Action(_("Check now"), reverse("quality:table-scan", args=[obj.uid]), "radar", reason=reason))
        if allows(self.actor, P.EDIT, obj):
            url = reverse("quality:rule-new-of", args=[obj.uid])
            found.append(Action(_("New rule"), url, "plus", style="outline-primary", method="get"))
            url = reverse("assurance:set-new", args=[obj.uid])
            found.append(Action(_("New rule set"), url, "stack-2", style="outline-primary", method="get"))
        url = reverse("assurance:table-profile", args=[obj.uid])
        return [*found, Action(_("Profile"), url, "chart-histogram", style="outline-primary", method="get")]

    def facts(self, obj: Entry) -> list[tuple[Any, Any]]:
        return [
            (_("Unit"), str(obj.unit)),
            (_("Resource code"), obj.code),
            (
                _("Rows landed"),
                None if obj.landed_rows is None else grouped(obj.landed_rows),
            ),
            (_("Lake table"), obj.lake_table),
        ]

    def detail_context(self, obj: Entry) -> dict[str, Any]:
        scans = queries.finished_scans(obj, TREND)
        latest = scans[-1] if scans else None
        editor = allows(self.actor, P.EDIT, obj)
        return {
            "latest": latest,
            "share": share(latest.passed or 0, latest.counted or 0) if latest else "",
            "access": [
                (labels.ACCESS_TESTS[test["test"]], test["passed"]) for test in (latest.access if latest else ())
            ],
            "target": rules.PASS_TARGET,
            "trend": charts.trend_chart(scans),
            "dimensions": [
                (labels.DIMENSIONS[row.dimension], row, share(row.tested - row.failed, row.tested))
                for row in (queries.dimension_figures(latest) if latest else ())
            ],
            "rule_columns": rule_columns(),
            "rules": rule_rows(obj, latest),
            "suggested": [suggested_row(obj, data) for data in queries.suggested_rules(obj)] if editor else [],
            "open_problems": queries.open_count(obj),
            "sees_problems": allows(self.actor, P.PROBLEM_VIEW, obj),
            "scan_columns": scan_columns(),
            "scans": recent(obj),
        }


def recent(entry: Entry) -> QuerySet[Scan]:
    """The table's latest checks, finished or not."""
    return Scan.objects.filter(entry=entry)[:10]


def rule_rows(entry: Entry, latest: Scan | None) -> list[dict[str, Any]]:
    """The table's rules, each with what its present version found in the latest check."""
    found = {row.version_id: row for row in latest.results.all()} if latest else {}
    rows = Rule.objects.filter(entry=entry).select_related("current").order_by("-active", "pk")
    return [
        {
            "rule": rule,
            "result": found.get(rule.current_id or 0),
            "columns": labels.columns_text(entry, rule.current.columns if rule.current else []),
        }
        for rule in rows
    ]


def rule_columns() -> tuple[Column, ...]:
    """Columns of a table's rules."""
    return (
        Column("name", _("Rule"), value="rule.name", link=lambda row: reverse("quality:rule", args=[row["rule"].uid])),
        Column("kind", _("Kind"), value=lambda row: labels.KINDS.get(row["rule"].current.kind), phone=False),
        Column("columns", _("Fields"), phone=False),
        Column("rate", _("Pass rate"), value="result.pass_rate", kind="percent"),
        Column("failed", _("Failures"), value="result.failed", kind="number"),
        Column("tested", _("Tested"), value="result.tested", kind="number"),
        Column("active", _("State"), value=lambda row: _("On") if row["rule"].active else _("Off"), kind="badge",
               tone=lambda row: "green" if row["rule"].active else "secondary", phone=False),
    )  # fmt: skip


def suggested_row(entry: Entry, data: RuleData) -> dict[str, Any]:
    """A suggested rule as a line."""
    return {
        "name": data.name,
        "kind": labels.KINDS[data.kind],
        "columns": labels.columns_text(entry, list(data.columns)),
    }


def scan_columns() -> tuple[Column, ...]:
    """Columns of a table's checks."""
    return (
        Column("queued", _("Asked for"), value="queued_at", kind="datetime",
               link=lambda row: reverse("quality:scan", args=[row.uid])),
        state_column(labels.SCAN_STATES, labels.SCAN_TONES),
        Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
        Column("rows", _("Rows checked"), kind="number", phone=False),
        Column("opened", _("Found"), kind="number", phone=False),
        Column("fixed", _("Problems closed"), kind="number", phone=False),
    )  # fmt: skip


class StartScan(ActionPage):
    """Queue a check of a table."""

    permission = P.SCAN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = queries.get_table(actor=self.actor, uid=kwargs["uid"])
        scan = services.start_scan(actor=self.actor, now=self.now, entry=entry)
        return _("The check is queued."), reverse("quality:scan", args=[scan.uid])


class Adopt(ActionPage):
    """Take up the rules that follow from the items."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = queries.get_table(actor=self.actor, uid=kwargs["uid"])
        made = len(services.adopt_suggestions(actor=self.actor, now=self.now, entry=entry))
        text = ngettext("%(n)s rule added.", "%(n)s rules added.", made) % {"n": made}
        return text, table_url(entry.uid)
