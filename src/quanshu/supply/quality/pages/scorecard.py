"""The scorecard by table and unit, a table's page, and scans."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    ListPage,
    Page,
    reason_against,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.catalogue.api import Entry, get_entry
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Rule, RuleResult, Scan
from quanshu.supply.quality.pages.labels import KINDS, SCAN_STATES, SCAN_TONES
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ScanState

TARGET = 0.95


def scan_url(scan: Scan) -> str:
    """A scan's page."""
    return f"/quality/scans/{scan.uid}/"


def ratio(part: int | None, whole: int | None) -> str:
    """A rate's own numbers, so that its denominator is always seen."""
    return "" if part is None or whole is None else f"{part:,} / {whole:,}"


def tone_of(rate: float | None) -> str:
    """Green at the target of clause 2.1.3, orange below it."""
    return "secondary" if rate is None else "green" if rate >= TARGET else "orange"


class Scorecard(Page):
    """Pass rate of every table and unit against 95 %, and how fast problems are corrected."""

    title = gettext_lazy("Data quality")
    subtitle = gettext_lazy("Rows that failed no rule, of all rows checked, in each table's latest check.")
    permission = P.VIEW
    template_name = "quality/scorecard.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        scans = queries.latest_scans(Scan.objects.visible_to(self.actor))
        tables = scans.annotate(
            waiting=Count("entry__quality_rules__problems", filter=Q(entry__quality_rules__problems__state="open"))
        ).order_by("entry__unit__name", "entry__resource_name")
        columns = (
            Column(
                "entry",
                _("Table"),
                value=lambda row: str(row.entry),
                link=lambda row: f"/quality/tables/{row.entry.uid}/",
            ),
            Column("unit", _("Unit"), value=lambda row: str(row.entry.unit), phone=False),
            Column("rows", _("Passed / checked"), value=lambda row: ratio(row.passed, row.rows), phone=False),
            Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
            Column("waiting", _("Open problems"), value="waiting", kind="number"),
            Column("at", _("Checked at"), value="ended_at", kind="datetime", phone=False),
        )
        units = (
            Column("unit", _("Unit"), value="unit_name"),
            Column("rows", _("Passed / checked"), value=lambda row: ratio(row.passed, row.rows)),
            Column("rate", _("Pass rate"), value="pass_rate", kind="percent"),
            Column("waiting", _("Open problems"), value="open_problems", kind="number"),
        )
        figures = queries.quality_figures(today=city_day(self.now))
        seen = {scan.entry.unit.uid for scan in tables}
        return {
            "figures": figures,
            "target": TARGET,
            "tables": tables,
            "columns": columns,
            "units": [unit for unit in figures.by_unit if unit.unit_uid in seen],
            "unit_columns": units,
            "actions": [
                Action(_("Rules"), "/quality/rules/", "list-check", method="get", style="outline-primary"),
                Action(_("Checks"), "/quality/scans/", "history", method="get", style="outline-primary"),
                Action(_("Problem data"), "/quality/problems/?state=open", "alert-triangle", method="get"),
            ],
        }


RESULT_COLUMNS = (
    Column(
        "rule",
        gettext_lazy("Rule"),
        value=lambda row: row.version.rule.name,
        link=lambda row: f"/quality/rules/{row.version.rule.uid}/",
    ),
    Column("kind", gettext_lazy("Kind"), value=lambda row: KINDS[row.version.kind], phone=False),
    Column("version", gettext_lazy("Version"), value="version.number", kind="number", phone=False),
    Column("failed", gettext_lazy("Failed / tested"), value=lambda row: ratio(row.failed, row.tested)),
    Column("rate", gettext_lazy("Pass rate"), value="pass_rate", kind="percent"),
)


class TablePage(DetailPage):
    """One table: latest results by rule, rules, checks."""

    permission = P.VIEW
    audit_kind = "quality.table"

    def get_object(self, **kwargs: Any) -> Entry:
        return get_entry(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Data quality"), "/quality/")]

    def latest(self) -> Scan | None:
        return queries.list_scans(self.actor).filter(entry=self.object, state=ScanState.FINISHED).first()

    def facts(self, obj: Entry) -> list[tuple[Any, Any]]:
        scan = self.latest()
        rate = f"{scan.pass_rate:.1%}" if scan and scan.pass_rate is not None else ""
        return [
            (_("Entry"), str(obj)),
            (_("Unit"), str(obj.unit)),
            (_("Rows that passed"), ratio(scan.passed, scan.rows) if scan else ""),
            (_("Pass rate"), rate),
            (_("Target"), f"{TARGET:.0%}"),
        ]

    def actions(self, obj: Entry) -> list[Action]:
        at = f"/quality/tables/{obj.uid}/"
        actions = []
        if allows(self.actor, P.EDIT, obj):
            actions.append(Action(_("Take up suggested rules"), f"{at}suggested/", style="outline-primary"))
            actions.append(Action(_("New rule"), f"{at}rules/new/", "plus", method="get", style="outline-primary"))
        if allows(self.actor, P.SCAN, obj):
            reason = reason_against(
                rules.check_scannable,
                entry_name=obj.resource_name,
                landed=get_lake().exists(obj.lake_table),
                rules=Rule.objects.filter(entry=obj, active=True).count(),
            )
            actions.append(Action(_("Check now"), f"{at}scan/", "player-play", reason=reason))
        return actions

    def cards(self, obj: Entry) -> list[Card]:
        scan = self.latest()
        results = RuleResult.objects.filter(scan=scan).select_related("version__rule") if scan else []
        from quanshu.supply.quality.pages.rules import RULE_COLUMNS

        return [
            Card(
                _("Latest results by rule"),
                columns=RESULT_COLUMNS,
                rows=results,
                empty_title=_("Not checked yet"),
                empty_hint=_("Add rules or take up the suggested ones, then check."),
                more=(f"/quality/problems/?table={obj.uid}&state=open", _("Open problems of this table")),
            ),
            Card(
                _("Rules"),
                columns=RULE_COLUMNS[:1] + RULE_COLUMNS[2:],
                rows=queries.list_rules(self.actor).filter(entry=obj),
                empty_title=_("No rule yet"),
            ),
            Card(
                _("Checks"),
                columns=SCAN_COLUMNS[:1] + SCAN_COLUMNS[2:],
                rows=queries.list_scans(self.actor).filter(entry=obj)[:10],
                empty_title=_("Not checked yet"),
            ),
        ]


class Start(ActionPage):
    """Queue a check."""

    permission = P.SCAN

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        entry = get_entry(actor=self.actor, uid=kwargs["uid"])
        scan = services.start_scan(actor=self.actor, now=self.now, entry=entry)
        return _("The check is queued."), scan_url(scan)


SCAN_COLUMNS = (
    Column("queued", gettext_lazy("Queued at"), value="queued_at", kind="datetime", sort="queued_at", link=scan_url),
    Column("entry", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name"),
    Column("rows", gettext_lazy("Passed / checked"), value=lambda row: ratio(row.passed, row.rows), phone=False),
    Column("rate", gettext_lazy("Pass rate"), value="pass_rate", kind="percent"),
    Column("opened", gettext_lazy("Problems found"), value="opened", kind="number", phone=False),
    Column("fixed", gettext_lazy("Corrected"), value="fixed", kind="number", phone=False),
    Column(
        "state",
        gettext_lazy("State"),
        value=lambda row: SCAN_STATES[row.state],
        kind="badge",
        tone=lambda row: SCAN_TONES[row.state],
    ),
)


class Scans(ListPage):
    """Every check the actor may see."""

    title = gettext_lazy("Checks")
    permission = P.VIEW
    search = ("entry__resource_name", "entry__unit__name")
    order = "-queued_at"
    export_name = "checks"
    empty_title = gettext_lazy("Nothing has been checked yet")
    filters = (Filter("state", gettext_lazy("State"), choices=list(SCAN_STATES.items()), field="state"),)
    columns = SCAN_COLUMNS

    def queryset(self) -> Any:
        return queries.list_scans(self.actor)

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Data quality"), "/quality/")]


class ScanPage(DetailPage):
    """One check: what each rule found."""

    permission = P.VIEW
    audit_kind = "quality.scan"

    def get_object(self, **kwargs: Any) -> Scan:
        return queries.get_scan(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return str(self.object.entry)

    def crumbs(self) -> list[tuple[Any, str]]:
        entry = self.object.entry
        return [(_("Data quality"), "/quality/"), (str(entry), f"/quality/tables/{entry.uid}/")]

    def state(self, obj: Scan) -> tuple[str, str]:
        return str(SCAN_STATES[obj.state]), SCAN_TONES[obj.state]  # type: ignore[index]

    def facts(self, obj: Scan) -> list[tuple[Any, Any]]:
        return [
            (_("Rows that passed"), ratio(obj.passed, obj.rows)),
            (_("Pass rate"), f"{obj.pass_rate:.1%}" if obj.pass_rate is not None else ""),
            (_("Problems found"), obj.opened),
            (_("Corrected"), obj.fixed),
            (_("Version in the lake"), obj.lake_version),
            (_("Fault"), obj.error.get("code", "") if obj.error else ""),
        ]

    def cards(self, obj: Scan) -> list[Card]:
        rows = list(obj.results.select_related("version__rule"))
        left = sum(row.failed - row.kept for row in rows)
        note = ""
        if left:
            note = _("%(left)s failing rows beyond the first of each rule are counted but not listed one by one.") % {
                "left": f"{left:,}"
            }
        waiting = _("Waiting for the worker") if obj.state in {"queued", "running"} else _("No results")
        return [Card(_("Results by rule"), note=note, columns=RESULT_COLUMNS, rows=rows, empty_title=waiting)]
