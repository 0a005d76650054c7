"""Reads of data quality."""

from __future__ import annotations

from datetime import date

from django.db.models import Avg, Count, Max, Q, QuerySet

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.checks import CheckKind
from quanshu.lake.masking import Mask, mask_value
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.quality import rules
from quanshu.supply.quality.models import Problem, Rule, Scan
from quanshu.supply.quality.types import (
    ProblemNotFound,
    ProblemState,
    QualityFigures,
    RuleNotFound,
    ScanNotFound,
    ScanState,
    TableFigures,
    UnitFigures,
)

CORRECTED = Q(state=ProblemState.FIXED)


def list_rules(actor: Actor) -> QuerySet[Rule]:
    """Every rule the actor may see."""
    return Rule.objects.visible_to(actor).select_related("entry__unit", "current")


def get_rule(*, actor: Actor, uid: str) -> Rule:
    """One rule; RuleNotFound."""
    rule = list_rules(actor).filter(uid=uid).first()
    if rule is None:
        raise RuleNotFound(rule=uid)
    return rule


def list_scans(actor: Actor) -> QuerySet[Scan]:
    """Every scan the actor may see."""
    return Scan.objects.visible_to(actor).select_related("entry__unit")


def get_scan(*, actor: Actor, uid: str) -> Scan:
    """One scan; ScanNotFound."""
    scan = list_scans(actor).filter(uid=uid).first()
    if scan is None:
        raise ScanNotFound(scan=uid)
    return scan


def list_problems(actor: Actor) -> QuerySet[Problem]:
    """Every problem the actor may see."""
    return Problem.objects.visible_to(actor).select_related("rule__entry", "version", "unit")


def get_problem(*, actor: Actor, uid: str) -> Problem:
    """One problem; ProblemNotFound."""
    problem = list_problems(actor).filter(uid=uid).first()
    if problem is None:
        raise ProblemNotFound(problem=uid)
    return problem


def latest_scans(scans: QuerySet[Scan] | None = None) -> QuerySet[Scan]:
    """Each table's latest finished scan."""
    rows = Scan.objects.all() if scans is None else scans
    newest = Scan.objects.filter(state=ScanState.FINISHED).values("entry").annotate(last=Max("pk")).values("last")
    return rows.filter(pk__in=newest).select_related("entry__unit")


def shown_value(problem: Problem) -> str:
    """The value at fault as a person may see it: under the item's mask. Two compared dates have none."""
    if problem.value is None or problem.version.kind == CheckKind.DATE_ORDER:
        return problem.value or ""
    masks = {item.name: item.mask for item in items_of(problem.rule.entry)}
    kinds = [masks.get(column, Mask.NONE) for column in problem.version.columns]
    values = problem.value.split(" · ") if len(kinds) > 1 else [problem.value]
    return " · ".join(
        str(mask_value(Mask(kind or Mask.NONE), value)) for kind, value in zip(kinds, values, strict=False)
    )


def quality_figures(*, today: date) -> QualityFigures:
    """质检合格率 from each table's latest finished scan, and how fast problems were corrected (clause 2.1.3)."""
    scans = list(latest_scans())
    tables = tuple(
        TableFigures(
            entry_uid=scan.entry.uid,
            entry_name=scan.entry.resource_name,
            unit_uid=scan.entry.unit.uid,
            unit_name=scan.entry.unit.name,
            rows=scan.rows or 0,
            passed=scan.passed or 0,
            scanned_at=scan.ended_at or scan.queued_at,
        )
        for scan in sorted(scans, key=lambda scan: (scan.entry.unit.name, scan.entry.resource_name))
    )
    counted = Problem.objects.aggregate(
        open_problems=Count("pk", filter=Q(state=ProblemState.OPEN)),
        overdue_problems=Count("pk", filter=Q(state=ProblemState.OPEN, due_on__lt=today)),
        corrected=Count("pk", filter=CORRECTED),
        corrected_on_time=Count("pk", filter=CORRECTED & Q(working_days__lte=rules.CORRECTION_DAYS)),
        mean_correction_days=Avg("working_days", filter=CORRECTED),
    )
    return QualityFigures(
        rows=sum(table.rows for table in tables),
        passed=sum(table.passed for table in tables),
        by_table=tables,
        by_unit=unit_figures(tables),
        **counted,
    )


def unit_figures(tables: tuple[TableFigures, ...]) -> tuple[UnitFigures, ...]:
    """The tables of each unit taken together, with its open problems."""
    waiting = dict(Problem.objects.filter(state=ProblemState.OPEN).values_list("unit__uid").annotate(count=Count("pk")))
    units: dict[str, list[TableFigures]] = {}
    for table in tables:
        units.setdefault(table.unit_uid, []).append(table)
    return tuple(
        UnitFigures(
            unit_uid=uid,
            unit_name=rows[0].unit_name,
            rows=sum(row.rows for row in rows),
            passed=sum(row.passed for row in rows),
            open_problems=waiting.get(uid, 0),
        )
        for uid, rows in units.items()
    )


def findings() -> list[tuple[str, dict[str, str], str, str]]:
    """Every problem ever found, as (lake table, key, column, kind): what a score compares with the truth."""
    rows = Problem.objects.values_list("rule__entry__lake_table", "key", "version__columns", "version__kind")
    return [(table, key, columns[0], kind) for table, key, columns, kind in rows]


def correction_days(problem: Problem, *, today: date) -> tuple[int, bool]:
    """Working days a problem has taken, and whether it is within its two."""
    from quanshu.shared.workflow.api import calendar

    opened = problem.opened_at.astimezone(CITY_TZ).date()
    days = problem.working_days if problem.working_days is not None else calendar().between(opened, today)
    return days, days <= rules.CORRECTION_DAYS
