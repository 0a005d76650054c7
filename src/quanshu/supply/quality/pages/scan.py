"""Checks: the list, and one check with what each rule found."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Column, DetailPage, Filter, ListPage, grouped, state_column, when
from quanshu.supply.quality import queries, rules
from quanshu.supply.quality.models import RuleResult, Scan
from quanshu.supply.quality.pages import labels
from quanshu.supply.quality.pages.rule import rule_url
from quanshu.supply.quality.pages.scorecards import share, table_url
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ScanState

MOVING = frozenset({ScanState.QUEUED, ScanState.RUNNING})


def scan_url(scan: Scan) -> str:
    """A check's page."""
    return reverse("quality:scan", args=[scan.uid])


def tables_of(page: Any) -> list[tuple[str, str]]:
    """Tables that have been checked and that the actor may see."""
    rows = page.queryset().order_by().values_list("entry__uid", "entry__resource_name").distinct()
    return sorted(rows, key=lambda row: str(row[1]))


class Scans(ListPage):
    """Every check the actor may see."""

    title = gettext_lazy("Quality checks")
    subtitle = gettext_lazy("A table is checked whenever data lands, and when somebody asks.")
    permission = P.VIEW
    search = ("entry__resource_name", "entry__name_en", "entry__unit__name")
    search_hint = gettext_lazy("Table or unit")
    order = "-queued"
    export_name = "quality-checks"
    empty_title = gettext_lazy("No check yet")
    empty_hint = gettext_lazy("Load a source; its rules run by themselves.")
    filters = (
        Filter("table", gettext_lazy("Table"), choices=tables_of, field="entry__uid"),
        Filter("state", gettext_lazy("State"), choices=list(labels.SCAN_STATES.items()), field="state"),
    )
    columns = (
        Column("queued", gettext_lazy("Asked for"), value="queued_at", sort="queued_at", kind="datetime",
               link=scan_url),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name",
               link=lambda row: table_url(row.entry.uid)),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.entry.unit), phone=False),
        state_column(labels.SCAN_STATES, labels.SCAN_TONES, sort="state"),
        Column("rate", gettext_lazy("Pass rate"), value="pass_rate", kind="percent"),
        Column("passed", gettext_lazy("Rows passed"), kind="number", phone=False),
        Column("rows", gettext_lazy("Rows checked"), kind="number", sort="rows", phone=False),
        Column("opened", gettext_lazy("Found"), kind="number", sort="opened", phone=False),
        Column("fixed", gettext_lazy("Problems closed"), kind="number", sort="fixed", phone=False),
        Column("ended", gettext_lazy("Ended"), value="ended_at", sort="ended_at", kind="datetime", phone=False),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")),)

    def queryset(self) -> Any:
        return queries.list_scans(self.actor)


class ScanPage(DetailPage):
    """One check."""

    permission = P.VIEW
    template_name = "quality/scan.html"
    audit_kind = "quality.scan"
    moving_part = ("scan", "quality/scan_result.html")

    def get_object(self, **kwargs: Any) -> Scan:
        return queries.get_scan(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return _("Check of %(table)s") % {"table": self.object.entry}

    def crumbs(self) -> Any:
        entry = self.object.entry
        return ((_("Quality checks"), reverse("quality:scans")), (str(entry), table_url(entry.uid)))

    def state(self, obj: Scan) -> tuple[str, str]:
        return str(labels.SCAN_STATES[ScanState(obj.state)]), labels.SCAN_TONES[ScanState(obj.state)]

    def facts(self, obj: Scan) -> list[tuple[Any, Any]]:
        return [
            (_("Table"), str(obj.entry)),
            (_("Unit"), str(obj.entry.unit)),
            (_("Version of the lake table"), None if obj.lake_version is None else str(obj.lake_version)),
            (_("Asked for"), stamp(obj.queued_at)),
            (_("Started"), stamp(obj.started_at)),
            (_("Ended"), stamp(obj.ended_at)),
        ]

    def detail_context(self, obj: Scan) -> dict[str, Any]:
        results = list(obj.results.select_related("version__rule__entry"))
        unkept = [row for row in results if row.failed > row.kept]
        return {
            "moving": obj.state in MOVING,
            "error": labels.error_text(obj.error),
            "share": share(obj.passed or 0, obj.counted or 0),
            "target": rules.PASS_TARGET,
            "results": results,
            "columns": result_columns(allows(self.actor, P.PROBLEM_VIEW, obj)),
            "unkept": [
                (row.version.rule.name, grouped(row.kept),
                 grouped(row.failed))
                for row in unkept
            ],
            "clocks": (),
        }  # fmt: skip


def stamp(moment: Any) -> str | None:
    """A moment for the facts."""
    return when(moment) if moment else None


def result_columns(sees_problems: bool) -> tuple[Column, ...]:
    """What each rule found: every rate with its denominator."""

    def problems(row: RuleResult) -> str:
        return f"{reverse('quality:problems')}?rule={row.version.rule.uid}" if sees_problems and row.failed else ""

    return (
        Column("rule", _("Rule"), value="version.rule.name", link=lambda row: rule_url(row.version.rule)),
        Column("kind", _("Kind"), value=lambda row: labels.KINDS.get(row.version.kind), phone=False),
        Column("fields", _("Fields"), phone=False,
               value=lambda row: labels.columns_text(row.version.rule.entry, row.version.columns)),
        Column("version", _("Version"), value="version.number", kind="number", phone=False),
        Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
        Column("failed", _("Failures"), kind="number", link=problems),
        Column("tested", _("Tested"), kind="number"),
    )  # fmt: skip
