"""Problem records: the list, one record with its clock, and what may be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ, today
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    ListPage,
    reason_against,
    state_column,
)
from quanshu.supply.quality import queries, rules, services
from quanshu.supply.quality.models import Problem, Scan
from quanshu.supply.quality.pages import labels, related
from quanshu.supply.quality.pages.picking import pick_box
from quanshu.supply.quality.pages.rule import rule_url, table_names
from quanshu.supply.quality.pages.scan import scan_url
from quanshu.supply.quality.pages.scorecards import table_url
from quanshu.supply.quality.permissions import QualityPermission as P
from quanshu.supply.quality.types import ProblemState

SETTLED = frozenset({ProblemState.EXCUSED, ProblemState.RIGHT})


def problem_url(problem: Problem) -> str:
    """A problem's page."""
    return reverse("quality:problem", args=[problem.uid])


def pairs(page: Any, value: str, label: str) -> list[tuple[str, str]]:
    """Values of a filter among the problems the actor may see."""
    rows = page.queryset().order_by().prefetch_related(None).values_list(value, label).distinct()
    return sorted((row for row in rows if row[0]), key=lambda row: str(row[1]))


def key_text(key: dict[str, Any]) -> str:
    """What names the row, on one line."""
    return " · ".join("" if value is None else str(value) for value in key.values())


def by_overdue(rows: Any, value: str) -> Any:
    """Open problems past their day, or within it."""
    late = rows.filter(state=ProblemState.OPEN, due_on__lt=today())
    return late if value == "1" else rows.filter(state=ProblemState.OPEN, due_on__gte=today())


def took(problem: Problem) -> Any:
    """Working days from found to corrected."""
    return problem.working_days if problem.state == ProblemState.FIXED else None


class Problems(ListPage):
    """Every problem record the actor may see; values and keys under their masks."""

    title = gettext_lazy("Problem data")
    subtitle = gettext_lazy("Corrected at the source within 2 working days; a record closes when the same rule passes.")
    permission = P.PROBLEM_VIEW
    search = ("rule__name", "entry__resource_name", "unit__name", "assignee_name")
    search_hint = gettext_lazy("Rule, table or unit")
    order = "due"
    export_name = "quality-problems"
    template_name = "quality/problems.html"
    empty_title = gettext_lazy("No problem record")
    empty_hint = gettext_lazy("Records that fail a rule appear here after a check.")
    filters = (
        Filter("unit", gettext_lazy("Unit"), choices=lambda page: pairs(page, "unit__uid", "unit__name"),
               field="unit__uid"),
        Filter("table", gettext_lazy("Table"), field="entry__uid",
               choices=lambda page: pairs(page, "entry__uid", "entry__resource_name")),
        Filter("rule", gettext_lazy("Rule"), choices=lambda page: pairs(page, "rule__uid", "rule__name"),
               field="rule__uid"),
        Filter("state", gettext_lazy("State"), choices=list(labels.PROBLEM_STATES.items()), field="state"),
        Filter("origin", gettext_lazy("Raised by"), choices=list(labels.ORIGINS.items()), field="origin"),
        Filter("assignee", gettext_lazy("Assigned to"), field="assignee_uid",
               choices=lambda page: pairs(page, "assignee_uid", "assignee_name")),
        Filter("overdue", gettext_lazy("Clock"), apply=by_overdue,
               choices=[("1", gettext_lazy("Overdue")), ("0", gettext_lazy("Within time"))]),
    )  # fmt: skip
    columns = (
        Column("pick", "", value=pick_box),
        Column("key", gettext_lazy("Record"), value=lambda row: key_text(queries.shown_key(row)), kind="code",
               link=problem_url),
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry),
               sort="entry__resource_name", phone=False),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("rule", gettext_lazy("Rule"), value="title", sort="rule__name"),
        Column("value", gettext_lazy("Value"), value=queries.shown_value, phone=False),
        state_column(labels.PROBLEM_STATES, labels.PROBLEM_TONES, sort="state"),
        Column("assignee", gettext_lazy("Assigned to"), value="assignee_name", sort="assignee_name", phone=False),
        Column("opened", gettext_lazy("Found on"), value="opened_at", sort="opened_at", kind="date", phone=False),
        Column("due", gettext_lazy("Due"), value="due_on", sort="due_on", kind="date"),
        Column("days", gettext_lazy("Working days taken"), value=took, sort="working_days", kind="number",
               phone=False),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Data quality"), reverse("quality:scorecard")),)

    def queryset(self) -> Any:
        return queries.list_problems(self.actor)

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.PROBLEM_HANDLE):
            url = f"{reverse('quality:problems-to-correct')}?export=csv"
            label = _("Download my records to correct")
            found.append(Action(label, url, "download", style="outline-primary", method="get"))
        for name, label, icon in (
            ("quality:exceptions", _("Exceptions"), "message-check"),
            ("assurance:reports", _("Reports of consumers"), "message-report"),
        ):
            found.append(Action(label, reverse(name), icon, style="outline-primary", method="get"))
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The boxes to choose records by are for those who may act on them, and stand in no export; the
        column of assignees is there where somebody was asked."""
        if request.GET.get("export") or not (allows(self.actor, P.ASSIGN) or allows(self.actor, P.EXCUSE)):
            self.columns = self.columns[1:]  # type: ignore[misc,assignment]
        if not self.queryset().exclude(assignee_uid="").exists():
            self.columns = [column for column in self.columns if column.key != "assignee"]  # type: ignore[misc,assignment]
        return super().get(request, *args, **kwargs)

    def row_context(self) -> dict[str, Any]:
        """What may be done with several records at once."""
        return {"may_assign": allows(self.actor, P.ASSIGN), "may_excuse": allows(self.actor, P.EXCUSE)}


class ToCorrect(ListPage):
    """Open problems of one's own units with whole keys, for correction at the source; every download is recorded."""

    title = gettext_lazy("Records to correct")
    permission = P.PROBLEM_HANDLE
    order = "due"
    export_name = "records-to-correct"
    columns = (
        Column("table", gettext_lazy("Table"), value=lambda row: str(row.entry)),
        Column("key", gettext_lazy("Record"), value=lambda row: key_text(row.key)),
        Column("field", gettext_lazy("Fields"),
               value=lambda row: labels.columns_text(row.entry, row.columns)),
        Column("fault", gettext_lazy("What is wrong"), value=lambda row: labels.FAULTS.get(row.kind)),
        Column("value", gettext_lazy("Value"), value=lambda row: row.value),
        Column("rule", gettext_lazy("Rule"), value="title"),
        Column("due", gettext_lazy("Due"), value="due_on", sort="due_on", kind="date"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.problems_to_correct(self.actor)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whole keys leave only as a recorded download, never as a page."""
        asked = request.GET.copy()
        asked.setdefault("export", "csv")
        request.GET = asked  # type: ignore[assignment]
        return super().get(request, *args, **kwargs)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A problem's two working days, in the form of a clock card."""

    problem: Problem
    today: date

    @property
    def label(self) -> str:
        return _("Correct the record at its source")

    @property
    def due_on(self) -> date | None:
        return self.problem.due_on

    @property
    def days(self) -> int:
        return rules.CORRECTION_DAYS

    @property
    def stopped_at(self) -> datetime | None:
        return self.problem.closed_at

    @property
    def is_paused(self) -> bool:
        return False

    @property
    def is_overdue(self) -> bool:
        return self.problem.due_on is not None and self.problem.due_on < self.today

    @property
    def on_time(self) -> bool:
        return self.problem.working_days is None or self.problem.working_days <= rules.CORRECTION_DAYS


class ProblemPage(DetailPage):
    """One problem record."""

    permission = P.PROBLEM_VIEW
    audit_kind = "quality.problem"
    revealed: tuple[dict[str, str | None], str | None] | None = None

    def get_object(self, **kwargs: Any) -> Problem:
        return queries.get_problem(actor=self.actor, uid=kwargs["uid"])

    def page_title(self) -> str:
        return str(self.object.title)

    def crumbs(self) -> Any:
        entry = self.object.entry
        return ((_("Problem data"), reverse("quality:problems")), (str(entry), table_url(entry.uid)))

    def state(self, obj: Problem) -> tuple[str, str]:
        state = ProblemState(obj.state)
        return str(labels.PROBLEM_STATES[state]), labels.PROBLEM_TONES[state]

    def facts(self, obj: Problem) -> list[tuple[Any, Any]]:
        days, _on_time = queries.correction_days(obj, today=self.now.astimezone(CITY_TZ).date())
        taken = _("Working days taken") if obj.closed_at else _("Working days so far")
        return [
            (_("Unit"), str(obj.unit)),
            (_("Table"), str(obj.entry)),
            (_("Raised by"), labels.ORIGINS.get(obj.origin)),
            (_("Version of the rule"), obj.version.number if obj.version else None),
            (taken, str(days) if obj.state not in SETTLED else None),
            (_("Assigned to"), obj.assignee_name),
            (_("Reason for accepting it"), obj.excuse),
        ]

    def actions(self, obj: Problem) -> list[Action]:
        closed = reason_against(rules.check_open, obj.state)
        found = []
        if allows(self.actor, P.PROBLEM_HANDLE, obj):
            check, reveal = (reverse(f"quality:problem-{name}", args=[obj.uid]) for name in ("check", "reveal"))
            found.append(Action(_("Check again"), check, "refresh", reason=closed))
            if self.revealed is None:
                hint = _("Showing the whole record is written to the audit trail. Go on?")
                found.append(Action(_("Show the whole record"), reveal, "eye", style="outline-primary", confirm=hint))
        if allows(self.actor, P.EXCUSE, obj):
            url = reverse("quality:problem-excuse", args=[obj.uid])
            if obj.rule is not None:
                found.append(Action(_("Accept with a reason"), url, "message-check", "warning", "get", closed))
        return [*found, *self.more_actions(obj, closed)]

    def more_actions(self, obj: Problem, closed: str | None) -> list[Action]:
        """Assigning, and what other rooms add."""
        found = []
        if allows(self.actor, P.ASSIGN, obj):
            url = f"{reverse('quality:problems-assign')}?chosen={obj.uid}"
            found.append(Action(_("Assign"), url, "user-plus", "outline-primary", "get", closed))
        return [*found, *queries.panel_of(obj, self.actor)[1]]

    def cards(self, obj: Problem) -> list[Card]:
        found = [self.record(obj)]
        if obj.rule is not None:
            found.append(self.rule(obj))
        found += related.cards_of(obj, self.actor)
        return [*found, self.checks(obj)] if obj.opened_by else found

    def record(self, problem: Problem) -> Card:
        """The record and its fault; masked unless it was asked to be shown."""
        key, value = self.revealed or (queries.shown_key(problem), queries.shown_value(problem))
        entry = problem.entry
        facts = [(labels.columns_text(entry, [column]), part) for column, part in key.items()]
        facts += [
            (_("Field at fault"), labels.columns_text(entry, problem.columns)),
            (_("Value at fault"), value),
            (_("What is wrong"), labels.FAULTS.get(problem.kind)),
        ]
        if problem.version is not None:
            names = table_names([problem.version])
            facts.append((_("Compared with"), labels.params_text(problem.version, names)))
        note = "" if self.revealed else _("Personal values are masked as the catalogue says.")
        return Card(_("The record"), note=note, facts=facts)

    def rule(self, problem: Problem) -> Card:
        """The rule that found it."""
        assert problem.rule is not None  # noqa: S101 - asked for only where a rule found it
        assert problem.version is not None  # noqa: S101 - a rule found it by one of its versions
        facts = [
            (_("Kind"), labels.KINDS.get(problem.version.kind)),
            (_("Dimension (GB/T 36344)"), labels.DIMENSIONS.get(problem.rule.dimension)),
            (_("Severity"), labels.SEVERITIES.get(problem.rule.severity)),
        ]
        note = _("It closes by itself when version %(number)s of this rule passes on this record.")
        more = (rule_url(problem.rule), problem.rule.name)
        return Card(_("The rule"), note=note % {"number": problem.version.number}, facts=facts, more=more)

    def checks(self, problem: Problem) -> Card:
        """The checks that found it, saw it last, and closed it."""
        named = (
            (_("Found by"), problem.opened_by),
            (_("Last seen"), problem.last_seen),
            (_("Closed by"), problem.closed_by),
        )
        rows = [{"what": what, "scan": scan} for what, scan in named if scan is not None]
        columns = (
            Column("what", ""),
            Column("at", _("Quality check"), value=lambda row: at_of(row["scan"]), kind="datetime",
                   link=lambda row: scan_url(row["scan"])),
            Column("version", _("Version of the lake table"), value="scan.lake_version", kind="number"),
        )  # fmt: skip
        return Card(_("Checks"), columns=columns, rows=rows)

    def detail_context(self, obj: Problem) -> dict[str, Any]:
        if obj.state in SETTLED:
            return {"clocks": ()}
        return {"clocks": [Deadline(obj, self.now.astimezone(CITY_TZ).date())]}


def at_of(scan: Scan) -> datetime:
    """When a check ended, or was asked for."""
    return scan.ended_at or scan.queued_at


class Reveal(ProblemPage):
    """The same page with the whole record, asked for by whoever corrects it."""

    permission = P.PROBLEM_HANDLE
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        problem = self.get_object(**kwargs)
        self.revealed = services.reveal_problem(actor=self.actor, now=self.now, problem=problem)
        response = super().get(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


class CheckAgain(ActionPage):
    """Run the problem's own rule version on the table as it is now."""

    permission = P.PROBLEM_HANDLE

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        problem = queries.get_problem(actor=self.actor, uid=kwargs["uid"])
        services.check_problem(actor=self.actor, now=self.now, problem=problem)
        return _("The record passes now; the problem is closed."), problem_url(problem)

    def fallback_url(self, **kwargs: Any) -> str:
        return reverse("quality:problem", args=[kwargs["uid"]])
