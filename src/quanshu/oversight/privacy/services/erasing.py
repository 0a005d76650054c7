"""Runs of rules: portion by portion, each portion written down before it is erased and counted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from quanshu.oversight.privacy import queries, rules
from quanshu.oversight.privacy.events import PrivacyEvent as E
from quanshu.oversight.privacy.models import ErasureRun, RetentionRule
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.services.noting import note
from quanshu.oversight.privacy.types import NotErased, RuleState, RunState
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.holdings import Holding
from quanshu.shared.jobs import api as jobs

JOB = "privacy.erase"
PORTION = 200
UNDER_WAY = (RunState.RUNNING, RunState.STOPPED)


@transaction.atomic
def start_run(*, actor: Actor, now: datetime, rule: RetentionRule) -> ErasureRun:
    """Run a rule in force now: the work is queued; one run of a rule at a time, one under way is returned.

    Raises Forbidden, `privacy.wrong_state`, `privacy.held`.
    """
    rule = RetentionRule.objects.select_for_update(of=("self",)).select_related("unit").get(pk=rule.pk)
    require(actor, P.RUN, rule)
    check_startable(rule, now)
    there = ErasureRun.objects.filter(rule=rule, state__in=UNDER_WAY).first()
    run = there or _begin(rule, actor=actor, now=now)
    jobs.enqueue(JOB, {"run_uid": run.uid}, now=now, key=f"{JOB}:{run.uid}")
    return run


def check_startable(rule: RetentionRule, now: datetime) -> None:
    """The rule of the button and of the write. Raises `privacy.wrong_state`, `privacy.held`."""
    rules.check_step(rules.RULE_MACHINE, rule.state, "end")
    hold = queries.hold_over(queries.get_holding(rule.holding), rule.unit_path, now)
    rules.check_not_held(held=hold is not None, order=hold.order_number if hold else "")


def _begin(rule: RetentionRule, *, actor: Actor, now: datetime) -> ErasureRun:
    holding = queries.get_holding(rule.holding)
    reach = queries.reach_of(holding, unit_path=rule.unit_path, keep_days=rule.keep_days, now=now)
    due = holding.due(reach)
    run = ErasureRun.objects.create(
        rule=rule,
        holding=rule.holding,
        before=reach.before,
        found=due.count,
        oldest=due.oldest,
        started_at=now,
        started_by=actor.name,
    )
    note(E.RUN_STARTED, run, actor=actor, now=now, details={"rule": rule.uid, "found": due.count})
    return run


def run_rules(now: datetime) -> int:
    """Every day: go on with runs under way and begin those of rules with something due; how many were queued."""
    count = 0
    for rule in RetentionRule.objects.filter(state=RuleState.IN_FORCE).select_related("unit"):
        holding = queries.get_holding(rule.holding)
        if queries.hold_over(holding, rule.unit_path, now) is not None:
            continue
        under_way = ErasureRun.objects.filter(rule=rule, state__in=UNDER_WAY).exists()
        reach = queries.reach_of(holding, unit_path=rule.unit_path, keep_days=rule.keep_days, now=now)
        if under_way or holding.due(reach).count:
            start_run(actor=SYSTEM, now=now, rule=rule)
            count += 1
    return count


def erase_due(run_uid: str, clock: Callable[[], datetime]) -> ErasureRun:
    """Do a run to its end, or until a hold stops it. Safe to begin again after any fall."""
    done: list[str] = []
    while True:
        run, holding = _next_portion(run_uid, clock(), done)
        if not run.pending:
            return run
        holding.erase(run.pending)
        done = _count_portion(run_uid)
        jobs.heartbeat({"done": run.erased + len(done), "total": max(run.found, run.erased + len(done))})


@transaction.atomic
def _next_portion(run_uid: str, now: datetime, done: list[str]) -> tuple[ErasureRun, Holding]:
    """Write down what is erased next; a run with nothing pending has ended: certified, or stopped."""
    run = ErasureRun.objects.select_for_update(of=("self",)).select_related("rule__unit").get(uid=run_uid)
    holding, rule = queries.get_holding(run.holding), run.rule
    hold = queries.hold_over(holding, rule.unit_path, now)
    if run.state == RunState.STOPPED and hold is None:
        run.state, run.hold = rules.check_step(rules.RUN_MACHINE, run.state, "resume"), None
    if run.state != RunState.RUNNING:
        run.pending = []
        return run, holding
    if run.pending:
        # Written down by a worker that died: some of them may be gone.
        return run, holding
    if hold is not None:
        run.state, run.hold = rules.check_step(rules.RUN_MACHINE, run.state, "stop"), hold
        run.save()
        note(E.RUN_STOPPED, run, actor=SYSTEM, now=now, details={"order": hold.order_number, "erased": run.erased})
        return run, holding
    reach = queries.reach_of(holding, unit_path=rule.unit_path, keep_days=rule.keep_days, now=run.started_at)
    run.pending = list(holding.pick(reach, PORTION)) if rule.state == RuleState.IN_FORCE else []
    if run.pending and set(run.pending) <= set(done):
        raise NotErased(holding=run.holding, count=len(run.pending))
    if not run.pending:
        _certify(run, now=now)
    run.save()
    return run, holding


@transaction.atomic
def _count_portion(run_uid: str) -> list[str]:
    run = ErasureRun.objects.select_for_update(of=("self",)).get(uid=run_uid)
    done = list(run.pending)
    run.erased, run.digest, run.pending = run.erased + len(done), rules.chained(run.digest, done), []
    run.save(update_fields=["erased", "digest", "pending"])
    return done


def _certify(run: ErasureRun, *, now: datetime) -> None:
    """The certificate: what, how many, when, and the digest, on the audit trail."""
    run.state = rules.check_step(rules.RUN_MACHINE, run.state, "certify")
    run.ended_at, run.digest = now, run.digest or rules.chained("", [])
    note(E.CERTIFIED, run, actor=SYSTEM, now=now, details=queries.certificate_of(run))
