"""Quality in use: a profile with rules taken up, a set before landing, an exception, a consumer's report."""

from __future__ import annotations

from datetime import timedelta

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say, wait
from quanshu.kernel.clock import now, today
from quanshu.sharing.services.api import Consumer, Exchange
from quanshu.supply.assurance.api import (
    Profile,
    Report,
    ReportData,
    RuleSet,
    SetData,
    Verdict,
    keep_set,
    latest_profile,
    report_problem,
    rule_data,
    start_profile,
)
from quanshu.supply.catalogue.api import Entry, key_columns
from quanshu.supply.intake.api import Run, RunState, Source, start_run
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import (
    Problem,
    ProblemState,
    Rule,
    RuleException,
    ScanState,
    adopt_suggestions,
    excuse_problem,
    start_scan,
)

PROFILED = (("market_regulation", "enterprise"), ("public_security", "resident"), ("health", "death"))
CHECKED = ("health", "death")
TAKEN_UP = 2


def play_quality(
    cast: Cast, entries: dict[tuple[str, str], Entry], consumer: Consumer, citizen_id: str, say: Say
) -> None:
    """Live records for each page of data quality; what an earlier run made is left as it is."""
    take_up(cast, entries, say)
    check_first(cast, entries, say)
    excuse(cast, say)
    report(cast, entries, consumer, citizen_id, say)


def take_up(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Profiles of three tables, and two suggested rules of the first taken up."""
    waiting = []
    for key in PROFILED:
        entry = Entry.objects.select_related("unit").get(pk=entries[key].pk)
        if latest_profile(entry) is None:
            waiting.append(start_profile(actor=cast.stewards[key[0]], now=now(), entry=entry))
    moving = [ScanState.QUEUED, ScanState.RUNNING]
    wait("profiles to make", lambda: sum(row.state in moving for row in map(refreshed, waiting)), say)
    for row in waiting[:1]:
        found = sorted(row.suggestions, key=lambda one: one["failed"])
        wanted = [rule_data(one) for one in found[:TAKEN_UP]]
        made = adopt_suggestions(actor=cast.stewards[PROFILED[0][0]], now=now(), entry=row.entry, wanted=wanted)
        say(f"{len(waiting)} tables profiled; {len(made)} of {len(found)} suggested rules taken up")


def refreshed(row: Profile) -> Profile:
    """The row as the worker left it."""
    row.refresh_from_db()
    return row


def check_first(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """A set that is run before landing, and a load that it checks."""
    entry, actor = Entry.objects.select_related("unit").get(pk=entries[CHECKED].pk), cast.stewards[CHECKED[0]]
    rules = tuple(Rule.objects.filter(entry=entry, active=True).values_list("uid", flat=True))
    source = Source.objects.filter(entry=entry, active=True).first()
    if RuleSet.objects.filter(entry=entry).exists() or not rules or source is None:
        return
    data = SetData("入湖前核验", rules, before_landing=True, verdict=Verdict.WARN)
    kept = keep_set(actor=actor, now=now(), entry=entry, data=data)
    run = start_run(actor=actor, source=source, now=now())
    moving = [RunState.QUEUED, RunState.RUNNING]
    wait("loads to do", lambda: Run.objects.filter(pk=run.pk, state__in=moving).count(), say)
    say(f"a set of {len(rules)} rules checked a load of {kept.entry.resource_name} before it landed")


def excuse(cast: Cast, say: Say) -> None:
    """One problem accepted for three weeks."""
    problem = Problem.objects.filter(state=ProblemState.OPEN, rule__isnull=False).order_by("pk").first()
    if RuleException.objects.exists() or problem is None:
        return
    reason = "源系统正在迁移，原值经人工核对无误，迁移完成后统一更正"
    until, evidence = today() + timedelta(days=21), "业务处室核对记录（2026）12 号"
    excuse_problem(
        actor=cast.actors["bureau"], now=now(), problem=problem, reason=reason, until=until, evidence=evidence
    )
    start_scan(actor=cast.actors["bureau"], now=now(), entry=problem.entry)
    say(f"one problem excused until {until}")


def report(cast: Cast, entries: dict[tuple[str, str], Entry], consumer: Consumer, citizen_id: str, say: Say) -> None:
    """The department says that a value it received is wrong; the source unit has two working days."""
    call = Exchange.objects.filter(consumer=consumer, status__lt=400, rows__gt=0).order_by("-pk").first()
    if Report.objects.exists() or call is None:
        return
    entry = Entry.objects.get(pk=entries["public_security", "resident"].pk)
    keys = key_columns(entry)
    rows = get_lake().read(entry.lake_table, columns=list(dict.fromkeys([*keys, "citizen_id"])))
    row = next(one for one in rows.to_pylist() if one["citizen_id"] == citizen_id)
    data = ReportData(
        key={name: str(row[name]) for name in keys},
        column=call.fields.split(",")[-1],
        fault="经办窗口核对居民户口簿，该项与证件记载不一致",
        evidence="养老待遇资格认证办件 DEMO-0001 附户口簿复印件",
        receipt_id=call.receipt_id,
    )
    report_problem(actor=cast.actors["developer"], now=now(), entry=None, data=data)
    say(f"{consumer.unit.name} reported a wrong value of receipt {call.receipt_id}")
