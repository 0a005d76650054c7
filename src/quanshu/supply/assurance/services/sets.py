"""Rule sets: kept in versions, run on the rows of a load before they are written."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.checks import CheckReport, CheckSpec
from quanshu.lake.checks.specs import OF_TABLE
from quanshu.lake.checks.waiting import check_waiting
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.supply.assurance import rules
from quanshu.supply.assurance.events import AssuranceEvent
from quanshu.supply.assurance.models import PreCheck, RuleSet, RuleSetVersion
from quanshu.supply.assurance.services.noting import note
from quanshu.supply.assurance.types import LoadStopped, Outcome, SetData, Verdict
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.api import RefusedRow, WaitingRows
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import QualityPermission, Rule


@transaction.atomic
def keep_set(*, actor: Actor, now: datetime, entry: Entry, data: SetData, rule_set: RuleSet | None = None) -> RuleSet:
    """Make a rule set of an entry's table, or give one its next version. Raises Forbidden, FieldErrors."""
    row = rule_set or RuleSet(entry=entry, created_at=now)
    require(actor, QualityPermission.EDIT, row)
    chosen = list(Rule.objects.filter(entry=entry).select_related("current"))
    rules.check_set(data, present={rule.uid: rule.current.kind for rule in chosen if rule.current})
    if RuleSet.objects.filter(entry=entry, name=data.name.strip()).exclude(pk=row.pk).exists():
        fault = FieldError("name", N_("The table has a set of this name."), N_("Choose another name."))
        raise FieldErrors(errors=(fault,))
    row.name, row.severity, row.verdict = data.name.strip(), data.severity, data.verdict
    row.before_landing, row.threshold = data.before_landing, data.threshold
    row.save()
    row.current = RuleSetVersion.objects.create(
        rule_set=row,
        number=row.versions.count() + 1,
        rules=[whole(rule) for rule in chosen if rule.uid in data.rule_uids],
        created_at=now,
        created_by=actor.name,
    )
    row.save(update_fields=["current"])
    details = {"version": row.current.number, "rules": len(row.current.rules), "verdict": row.verdict}
    note(AssuranceEvent.SET_KEPT, uid=row.uid, entry=entry, actor=actor, now=now, label=row.name, details=details)
    return row


def whole(rule: Rule) -> dict[str, Any]:
    """A rule with its present definition, as a set keeps it."""
    version = rule.current
    head = {"uid": rule.uid, "name": rule.name, "dimension": rule.dimension, "severity": rule.severity}
    if version is None:
        return head
    return head | {
        "version": version.number,
        "kind": version.kind,
        "columns": version.columns,
        "params": version.params,
    }


@transaction.atomic
def switch_set(*, actor: Actor, now: datetime, rule_set: RuleSet, active: bool) -> RuleSet:
    """Switch a set on or off. Raises Forbidden."""
    require(actor, QualityPermission.EDIT, rule_set)
    rule_set.active = active
    rule_set.save(update_fields=["active"])
    note(
        AssuranceEvent.SET_SWITCHED,
        uid=rule_set.uid,
        entry=rule_set.entry,
        actor=actor,
        now=now,
        label=rule_set.name,
        details={"active": active},
    )
    return rule_set


def check_load(load: WaitingRows) -> list[RefusedRow]:
    """Run the table's sets marked before landing on the rows of a load; answers the rows to refuse.

    Raises LoadStopped when a set's pass rate is below its threshold; what was found is kept in any case.
    """
    found = RuleSet.objects.filter(entry__lake_table=load.table, active=True, before_landing=True)
    refused: list[RefusedRow] = []
    stopped: LoadStopped | None = None
    for rule_set in found.select_related("entry__unit", "current"):
        version = rule_set.current
        if version is None:
            continue
        specs = [
            CheckSpec(str(place), rule["kind"], tuple(rule["columns"]), rule["params"])
            for place, rule in enumerate(version.rules)
        ]
        moment = clock_now()
        today = moment.astimezone(CITY_TZ).date()
        report = check_waiting(get_lake(), load.table, load.reader(), specs, number=load.number, today=today)
        bad = [spec for spec in specs if spec.kind in OF_TABLE and report.results[spec.id].failed]
        outcome = rules.outcome_of(
            rule_set.verdict,
            rows=report.rows,
            passed=report.passed,
            table_faults=len(bad),
            threshold=rule_set.threshold,
        )
        rows = refusals(report, version) if rule_set.verdict == Verdict.REFUSE else []
        keep_check(rule_set, load, report, outcome, len({row.row_number for row in rows}), moment)
        refused += rows
        if outcome == Outcome.STOPPED and stopped is None:
            stopped = LoadStopped(
                rule_set=rule_set.name,
                passed=report.passed,
                rows=report.rows,
                threshold=f"{rule_set.threshold:.0%}",
            )
    if stopped is not None:
        raise stopped
    return refused


def refusals(report: CheckReport, version: RuleSetVersion) -> list[RefusedRow]:
    """Failing rows with the name of their rule as the reason."""
    found = []
    for place, rule in enumerate(version.rules):
        for failure in report.failures[str(place)]:
            number = failure.key[0]
            if number is not None:
                column = ", ".join(rule["columns"])
                found.append(RefusedRow(int(number), column, failure.value, f"quality:{rule['name']}", rule["name"]))
    return found


@transaction.atomic
def keep_check(
    rule_set: RuleSet, load: WaitingRows, report: CheckReport, outcome: Outcome, refused: int, now: datetime
) -> None:
    """Keep what a set found in a load; an attempt told twice is kept once."""
    version = rule_set.current
    results = [
        {
            "rule": rule["name"],
            "kind": rule["kind"],
            "tested": report.results[str(place)].tested,
            "failed": report.results[str(place)].failed,
        }
        for place, rule in enumerate(version.rules if version else ())
    ]
    _row, made = PreCheck.objects.update_or_create(
        run_uid=load.run_uid,
        attempt=load.attempt,
        version=version,
        defaults={
            "entry": rule_set.entry,
            "rows": report.rows,
            "passed": report.passed,
            "refused": refused,
            "outcome": outcome,
            "results": results,
            "at": now,
        },
    )
    if made:
        details = {"run": load.run_uid, "outcome": str(outcome), "rows": report.rows, "passed": report.passed}
        note(
            AssuranceEvent.LOAD_CHECKED,
            uid=rule_set.uid,
            entry=rule_set.entry,
            actor=SYSTEM,
            now=now,
            label=rule_set.name,
            details=details,
        )
