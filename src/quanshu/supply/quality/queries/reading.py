"""Reads of data quality."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import lru_cache

from django.db.models import Avg, Count, Max, Q, QuerySet, Sum

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.checks import CheckKind
from quanshu.lake.masking import Mask, mask_value
from quanshu.shared.access.api import Actor, find_seen, scope_q
from quanshu.shared.workflow.api import calendar
from quanshu.supply.catalogue.api import Entry, items_of, list_entries
from quanshu.supply.quality import rules
from quanshu.supply.quality.models import Problem, Rule, RuleResult, RuleVersion, Scan
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.queries import suggesting
from quanshu.supply.quality.types import (
    Dimension,
    DimensionFigures,
    ProblemNotFound,
    ProblemState,
    QualityFigures,
    RuleData,
    RuleNotFound,
    ScanNotFound,
    ScanState,
    Scorecard,
    TableFigures,
    TableNotFound,
    UnitFigures,
)

CORRECTED = Q(state=ProblemState.FIXED, working_days__isnull=False)


def list_rules(actor: Actor) -> QuerySet[Rule]:
    """Every rule the actor may see."""
    return Rule.objects.visible_to(actor).select_related("entry__unit", "current")


def get_rule(*, actor: Actor, uid: str) -> Rule:
    """One rule; RuleNotFound."""
    return find_seen(list_rules(actor), uid, RuleNotFound(rule=uid))


def list_scans(actor: Actor) -> QuerySet[Scan]:
    """Every scan the actor may see."""
    return Scan.objects.visible_to(actor).select_related("entry__unit")


def get_scan(*, actor: Actor, uid: str) -> Scan:
    """One scan; ScanNotFound."""
    return find_seen(list_scans(actor), uid, ScanNotFound(scan=uid))


def list_problems(actor: Actor) -> QuerySet[Problem]:
    """Every problem the actor may see."""
    rows = Problem.objects.visible_to(actor).select_related("entry__unit", "rule", "version", "unit", "exception")
    return rows.prefetch_related("entry__items")


def problems_to_correct(actor: Actor) -> QuerySet[Problem]:
    """Open problems of the units whose data the actor corrects."""
    mine = scope_q(actor, QualityPermission.PROBLEM_HANDLE, unit_path="unit__path")
    return list_problems(actor).filter(mine, state=ProblemState.OPEN)


def get_problem(*, actor: Actor, uid: str) -> Problem:
    """One problem; ProblemNotFound."""
    return find_seen(list_problems(actor), uid, ProblemNotFound(problem=uid))


def latest_scans(scans: QuerySet[Scan] | None = None) -> QuerySet[Scan]:
    """Each table's latest finished scan."""
    rows = Scan.objects.all() if scans is None else scans
    newest = Scan.objects.filter(state=ScanState.FINISHED).values("entry").annotate(last=Max("pk")).values("last")
    return rows.filter(pk__in=newest).select_related("entry__unit")


def latest_rates(entry_ids: Collection[int]) -> dict[int, float]:
    """{row of the catalogue entry: pass rate of its latest finished scan}, for those scanned."""
    scans = latest_scans(Scan.objects.filter(entry__in=entry_ids))
    return {scan.entry_id: scan.pass_rate for scan in scans if scan.pass_rate is not None}


def shown_value(problem: Problem) -> str:
    """The value at fault as a person may see it: each part under its item's mask."""
    if problem.value is None:
        return ""
    columns = problem.version.columns if problem.version else [problem.column]
    if not columns:
        return problem.value
    between = " > " if problem.kind == CheckKind.DATE_ORDER else " · "
    values = problem.value.split(between) if len(columns) > 1 else [problem.value]
    if len(values) != len(columns):
        return masked(Mask.FULL, problem.value)
    masks = masks_of(problem)
    return between.join(
        masked(masks.get(column, Mask.NONE), value) for column, value in zip(columns, values, strict=True)
    )


def shown_key(problem: Problem) -> dict[str, str]:
    """What names the row, each part under its item's mask."""
    masks = masks_of(problem)
    return {
        column: "" if value is None else masked(masks.get(column, Mask.NONE), value)
        for column, value in problem.key.items()
    }


@lru_cache(maxsize=4096)
def masked(mask: Mask, value: str) -> str:
    """A value under a mask; lists show the same values many times."""
    return value if mask == Mask.NONE else str(mask_value(mask, value))


def masks_of(problem: Problem) -> dict[str, Mask]:
    """Masks of the items of the problem's table."""
    return {item.name: Mask(item.mask or Mask.NONE) for item in items_of(problem.entry)}


def landed_entries(actor: Actor) -> QuerySet[Entry]:
    """Entries with rows in the lake, within the actor's scope of scorecards."""
    within = scope_q(actor, QualityPermission.VIEW, unit_path="unit__path")
    return Entry.objects.filter(within, landed_rows__isnull=False).select_related("unit")


def get_table(*, actor: Actor, uid: str) -> Entry:
    """One entry within the actor's scope of scorecards; TableNotFound."""
    within = scope_q(actor, QualityPermission.VIEW, unit_path="unit__path")
    entry = Entry.objects.filter(within, uid=uid).select_related("unit").first()
    if entry is None:
        raise TableNotFound(table=uid)
    return entry


def editable_tables(actor: Actor) -> QuerySet[Entry]:
    """Entries whose rules the actor may make."""
    within = scope_q(actor, QualityPermission.EDIT, unit_path="unit__path")
    return Entry.objects.filter(within).exclude(state="withdrawn").select_related("unit").order_by("resource_name")


def referable_tables(actor: Actor) -> QuerySet[Entry]:
    """Landed tables that a reference rule of the actor's may look into: those the catalogue shows the actor."""
    rows = list_entries(actor).filter(landed_rows__isnull=False)
    return rows.prefetch_related("items").order_by("resource_name")


def results_of(rule: Rule) -> QuerySet[RuleResult]:
    """What the rule's versions found in finished checks, the latest first."""
    rows = RuleResult.objects.filter(version__rule=rule, scan__state=ScanState.FINISHED)
    return rows.select_related("scan", "version").order_by("-scan__ended_at", "-pk")


def scorecards(actor: Actor, *, today: date) -> tuple[Scorecard, ...]:
    """Every landed table with its latest finished check: the lowest rate first, unchecked ones last."""
    entries = list(landed_entries(actor))
    scans = {scan.entry_id: scan for scan in latest_scans(Scan.objects.filter(entry__in=entries))}
    rule_counts = dict(Rule.objects.filter(active=True).order_by().values_list("entry").annotate(n=Count("pk")))
    waiting = Problem.objects.filter(state=ProblemState.OPEN).order_by().values_list("entry")
    late = Count("pk", filter=Q(due_on__lt=today))
    counts = {entry: (number, overdue) for entry, number, overdue in waiting.annotate(n=Count("pk"), late=late)}
    cards = []
    for entry in entries:
        scan, (number, overdue) = scans.get(entry.pk), counts.get(entry.pk, (0, 0))
        card = Scorecard(
            entry_uid=entry.uid,
            entry_name=str(entry),
            unit_name=str(entry.unit),
            rules=rule_counts.get(entry.pk, 0),
            open_problems=number,
            overdue_problems=overdue,
            rows=scan.counted if scan else None,
            passed=scan.passed if scan else None,
            scanned_at=scan.ended_at if scan else None,
            excepted=scan.excepted if scan else 0,
        )
        cards.append(card)
    return tuple(sorted(cards, key=lambda card: (card.pass_rate is None, card.pass_rate or 0, card.entry_name)))


def open_count(entry: Entry) -> int:
    """Problems of the table still to be corrected."""
    return Problem.objects.filter(entry=entry, state=ProblemState.OPEN).count()


def present_rules(entry: Entry) -> set[tuple[str, tuple[str, ...]]]:
    """(kind, columns) of every rule the table has or had; one switched off is not suggested again."""
    rows = RuleVersion.objects.filter(rule__entry=entry).values_list("kind", "columns")
    return {(kind, tuple(columns)) for kind, columns in rows}


def suggested_rules(entry: Entry) -> list[RuleData]:
    """Rules that follow from the entry's items and are not there yet; one switched off is not suggested again."""
    present = present_rules(entry)
    found = suggesting.suggestions(items_of(entry))
    return [data for data in found if (data.kind, tuple(data.columns)) not in present]


def dimension_figures(scan: Scan) -> tuple[DimensionFigures, ...]:
    """A check's results taken together by dimension of GB/T 36344.

    Accessibility has no rules: each check tests whether the table can be read, landed within its cycle, and whether
    a service of it answers.
    """
    rows = scan.results.order_by().values_list("version__rule__dimension")
    sums = rows.annotate(n=Count("pk"), tested=Sum("tested"), failed=Sum("failed"))
    found = {name: DimensionFigures(name, number, tested, failed) for name, number, tested, failed in sums}
    if scan.access:
        failed = sum(not test["passed"] for test in scan.access)
        found[Dimension.ACCESSIBILITY] = DimensionFigures(Dimension.ACCESSIBILITY, 0, len(scan.access), failed)
    return tuple(found[dimension] for dimension in Dimension if dimension in found)


def finished_scans(entry: Entry, limit: int) -> list[Scan]:
    """The table's latest finished checks, oldest first."""
    rows = Scan.objects.filter(entry=entry, state=ScanState.FINISHED)
    return list(rows.order_by("-ended_at", "-pk")[:limit])[::-1]


def quality_figures(*, today: date, actor: Actor | None = None) -> QualityFigures:
    """质检合格率 from each table's latest finished scan, and how fast problems were corrected (clause 2.1.3).

    Over all tables, or over those within an actor's scope.
    """
    scans = list(latest_scans(Scan.objects.visible_to(actor) if actor else None))
    within = scope_q(actor, QualityPermission.VIEW, unit_path="unit__path") if actor else Q()
    tables = tuple(
        TableFigures(
            entry_uid=scan.entry.uid,
            entry_name=str(scan.entry),
            unit_uid=scan.entry.unit.uid,
            unit_name=str(scan.entry.unit),
            rows=scan.counted or 0,
            passed=scan.passed or 0,
            scanned_at=scan.ended_at or scan.queued_at,
            excepted=scan.excepted,
        )
        for scan in sorted(scans, key=lambda scan: (scan.entry.unit.name, scan.entry.resource_name))
    )
    counted = Problem.objects.filter(within).aggregate(
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
        excepted=sum(table.excepted for table in tables),
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
    found = Problem.objects.filter(rule__isnull=False)
    rows = found.values_list("entry__lake_table", "key", "version__columns", "version__kind")
    return [(table, key, columns[0], kind) for table, key, columns, kind in rows]


def correction_days(problem: Problem, *, today: date) -> tuple[int, bool]:
    """Working days a problem has taken, and whether it is within its two."""
    opened = problem.opened_at.astimezone(CITY_TZ).date()
    days = problem.working_days if problem.working_days is not None else calendar().between(opened, today)
    return days, days <= rules.CORRECTION_DAYS
