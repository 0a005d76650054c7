"""Scans: one check of a table against its rules, and the problems that open and close by it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Min

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.checks import CheckReport, CheckSpec, run_checks
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.shared.workflow import api as workflow
from quanshu.supply.catalogue.api import Entry, EntryState, key_columns
from quanshu.supply.lake_store import get_engine, get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem, Rule, RuleResult, RuleVersion, Scan
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.rules import access_tests
from quanshu.supply.quality.services.covering import Excused
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.services.settling import close_passed, open_failed
from quanshu.supply.quality.services.telling import tell_corrected
from quanshu.supply.quality.types import ProblemState, ScanState

JOB = "quality.scan"
KEEP = 20_000
UNSETTLED = (ProblemState.OPEN, ProblemState.EXCUSED)
Key = tuple[str | None, ...]


@transaction.atomic
def start_scan(*, actor: Actor, now: datetime, entry: Entry, run_uid: str = "") -> Scan:
    """Queue a check of an entry's table; the worker does it. A check already queued is returned instead.

    Raises Forbidden, NothingLanded, NoRules.
    """
    scan = Scan(entry=entry, run_uid=run_uid, queued_at=now)
    require(actor, QualityPermission.SCAN, scan)
    rules.check_scannable(
        entry_name=entry.resource_name,
        landed=get_lake().exists(entry.lake_table),
        rules=Rule.objects.filter(entry=entry, active=True).count(),
    )
    waiting = Scan.objects.filter(entry=entry, state=ScanState.QUEUED).first()
    if waiting is not None:
        return waiting
    scan.save()
    jobs.enqueue(JOB, {"scan_uid": scan.uid}, now=now, key=f"{JOB}:{scan.uid}")
    details = {"run": run_uid}
    note(QualityEvent.SCAN_QUEUED, uid=scan.uid, entry=entry, actor=actor, now=now, details=details)
    return scan


def scan_now(scan_uid: str, now: datetime) -> Scan:
    """Do a queued check. Safe to run again: a scan that has ended is left alone, and nothing is kept half-done."""
    scan = Scan.objects.select_related("entry__unit").get(uid=scan_uid)
    if scan.state in {ScanState.FINISHED, ScanState.FAILED}:
        return scan
    Scan.objects.filter(pk=scan.pk).update(state=ScanState.RUNNING, started_at=now)
    today = now.astimezone(CITY_TZ).date()
    try:
        current = list(
            RuleVersion.objects.filter(rule__entry=scan.entry, rule__active=True, pk__in=Rule.objects.values("current"))
        )
        older = list(
            RuleVersion.objects.filter(problems__state__in=UNSETTLED, rule__entry=scan.entry)
            .exclude(pk__in=[version.pk for version in current])
            .distinct()
        )
        version = get_lake().version(scan.entry.lake_table)
        report = check(scan.entry, current, version=version, today=today)
        closing = check(scan.entry, older, version=version, today=today, keep=0) if older else None
    except QuanshuError as fault:
        return fail_scan(scan, fault, now=now)
    return finish_scan(scan, report, closing, current, older, now=now)


def check(entry: Entry, versions: list[RuleVersion], *, version: int, today: date, keep: int = KEEP) -> CheckReport:
    """Run rule versions over the entry's table, watching the keys of their open problems."""
    keys = key_columns(entry)
    names = keys or tuple(get_lake().schema(entry.lake_table, version).names)
    specs = [CheckSpec(str(row.pk), row.kind, tuple(row.columns), row.params) for row in versions]
    watched: dict[str, list[Key]] = {}
    rows = Problem.objects.filter(version__in=versions, state__in=UNSETTLED).values_list("version_id", "key")
    for version_id, key in rows:
        watched.setdefault(str(version_id), []).append(rules.ordered(key, names))
    return run_checks(
        get_lake(),
        entry.lake_table,
        specs,
        keys=keys,
        today=today,
        version=version,
        keep=keep,
        watched=watched,
        spark=get_engine(),
    )


@transaction.atomic
def finish_scan(
    scan: Scan,
    report: CheckReport,
    closing: CheckReport | None,
    current: list[RuleVersion],
    older: list[RuleVersion],
    *,
    now: datetime,
) -> Scan:
    """Keep results, open and close problems, and tell, all in one transaction."""
    scan = Scan.objects.select_for_update(of=("self",)).select_related("entry__unit").get(pk=scan.pk)
    if scan.state in {ScanState.FINISHED, ScanState.FAILED}:
        return scan
    due = workflow.calendar().due(now.astimezone(CITY_TZ).date(), rules.CORRECTION_DAYS)
    RuleResult.objects.filter(scan=scan).delete()
    excused = Excused(scan.entry, report, current)
    # Older versions first: a record that passes the old one and fails the new one opens again under the new one.
    for version in older if closing is not None else []:
        failures = closing.failures[str(version.pk)] if closing is not None else ()
        scan.fixed += close_passed(scan, version, report.keys, failures, now=now)
    for version in current:
        result = report.results[str(version.pk)]
        failures = report.failures[str(version.pk)]
        RuleResult.objects.create(
            scan=scan, version=version, tested=result.tested, failed=result.failed, kept=len(failures)
        )
        covered = excused.for_rule(version.rule_id)
        scan.opened += open_failed(scan, version, report.keys, failures, due_on=due, covered=covered, now=now)
        scan.fixed += close_passed(scan, version, report.keys, failures, now=now)
    scan.state, scan.ended_at = ScanState.FINISHED, now
    scan.lake_version, scan.rows, scan.passed = report.version, report.rows, report.passed
    scan.excepted, scan.access = excused.rows(), tests_of(scan.entry, now)
    scan.save()
    details = {
        "rows": scan.rows,
        "passed": scan.passed,
        "excepted": scan.excepted,
        "opened": scan.opened,
        "fixed": scan.fixed,
    }
    _tell(scan, QualityEvent.SCAN_FINISHED, details, now)
    if scan.opened:
        _tell(scan, QualityEvent.PROBLEMS_OPENED, {"count": scan.opened}, now)
    if scan.fixed:
        _tell(scan, QualityEvent.PROBLEMS_FIXED, {"count": scan.fixed}, now)
        tell_corrected(Problem.objects.filter(closed_by=scan, closed_at=now, state=ProblemState.FIXED), now=now)
    watch_unit(scan.entry.unit, now)
    return scan


def tests_of(entry: Entry, now: datetime) -> list[dict[str, Any]]:
    """Accessibility of the table that has just been read."""
    return access_tests(
        landed_on=entry.landed_at.astimezone(CITY_TZ).date() if entry.landed_at else None,
        cycle=entry.update_cycle,
        published=entry.state == EntryState.PUBLISHED,
        share_type=entry.share_type,
        mounted=entry.mounted,
        today=now.astimezone(CITY_TZ).date(),
    )


@transaction.atomic
def fail_scan(scan: Scan, fault: QuanshuError, *, now: datetime) -> Scan:
    """End a scan that could not be done, with the reason."""
    scan.state, scan.ended_at = ScanState.FAILED, now
    scan.error = {"code": fault.code, "params": {key: str(value) for key, value in fault.params.items()}}
    scan.save()
    _tell(scan, QualityEvent.SCAN_FAILED, {"code": fault.code}, now)
    return scan


def _tell(scan: Scan, event: QualityEvent, details: dict[str, Any], now: datetime) -> None:
    note(event, uid=scan.uid, entry=scan.entry, actor=SYSTEM, now=now, details=details)


def watch_unit(unit: Unit, now: datetime) -> None:
    """Keep the unit's one to-do in step with its open problems; due when the first of them is."""
    where = {"kind": "quality.problems", "subject_kind": "organisation.unit", "subject_uid": unit.uid}
    open_ones = Problem.objects.filter(unit=unit, state=ProblemState.OPEN)
    first = open_ones.aggregate(first=Min("due_on"))["first"]
    if first is None:
        workflow.close_todo(**where, now=now)
        return
    workflow.open_todo(
        **where,
        title=unit.name,
        url=f"/quality/problems/?unit={unit.uid}&state=open",
        permission=QualityPermission.PROBLEM_HANDLE,
        unit_path=unit.path,
        due_on=first,
        now=now,
    )
