"""Grants in use: what is wider than its use is found, proposed to shrink, answered; the data is rated."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.models import Demand, Policy, Rating, Shrink
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries import KIND, platform_path
from quanshu.sharing.demands.queries.using import SET, calls_of, is_rated, last_call, policy_set, to_be_rated
from quanshu.sharing.demands.rules import using as rules
from quanshu.sharing.demands.services.granting import close_demand
from quanshu.sharing.demands.services.moving import KEEP_TODO, SHRINK_TODO, locked, note
from quanshu.sharing.demands.types import DemandState, Excess, Finding, PolicyData, RatingData, ShrinkState
from quanshu.sharing.services.api import Grant, shrink_grant

RATE_TODO = "demands.todo.rate"


def open_todo(demand: Demand, kind: str, permission: DemandPermission, path: str, now: datetime) -> None:
    """A to-do of a demand in use."""
    workflow.open_todo(
        kind=kind,
        subject_kind=KIND,
        subject_uid=demand.uid,
        title=str(demand),
        url=demand.get_absolute_url(),
        permission=permission,
        unit_path=path,
        now=now,
    )


def close_todos(demand: Demand, now: datetime, *kinds: str) -> None:
    """End to-dos of a demand in use."""
    for kind in kinds:
        workflow.close_todo(kind=kind, subject_kind=KIND, subject_uid=demand.uid, now=now)


def detect_unused(*, now: datetime) -> int:
    """Look through every demand in use and propose to shrink what is wider than its use; returns how many.

    One proposal of a demand is open at a time; after a grant was kept with good reason it is left alone for as long
    as a new one would be.
    """
    policy, count = policy_set(), 0
    for pk in list(Demand.objects.filter(state=DemandState.IN_USE).values_list("pk", flat=True)):
        with transaction.atomic():
            demand = locked(Demand(pk=pk))
            last = demand.shrinks.first()
            if demand.state != DemandState.IN_USE or demand.granted_at is None:
                continue
            if last is not None and last.state in {ShrinkState.OPEN, ShrinkState.KEPT}:
                continue
            calls = calls_of(demand)
            found = rules.find_excess(
                granted_at=max(demand.granted_at, last.decided_at or last.opened_at) if last else demand.granted_at,
                fields=demand.fields,
                volume=demand.volume_per_day,
                calls=calls,
                policy=policy,
                now=now,
            )
            if found is not None:
                propose_shrink(demand, found, now=now)
                count += 1
    return count


def propose_shrink(demand: Demand, found: Finding, *, now: datetime) -> Shrink:
    """Put a proposal, with its evidence, before the requester's steward."""
    calls, last = calls_of(demand), last_call(demand)
    evidence = {
        "calls": calls.calls,
        "read": sorted(calls.read),
        "most_a_day": calls.most_a_day,
        "allowed_a_day": demand.volume_per_day,
        "last_at": last.isoformat() if last else None,
        "granted_at": demand.granted_at.isoformat() if demand.granted_at else None,
    }
    shrink = Shrink.objects.create(
        demand=demand,
        kind=found.kind,
        remove=list(found.remove),
        volume_per_day=found.volume_per_day,
        evidence=evidence,
        opened_at=now,
    )
    open_todo(demand, SHRINK_TODO, DemandPermission.SUBMIT, demand.requesting_unit.path, now)
    details = {"kind": found.kind.value, "remove": list(found.remove), **evidence}
    note(demand, DemandEvent.SHRINK_PROPOSED, actor=SYSTEM, now=now, details=details)
    return shrink


def locked_shrink(shrink: Shrink) -> Shrink:
    """The proposal's row, locked, with its demand."""
    found = Shrink.objects.select_for_update(of=("self",)).get(pk=shrink.pk)
    found.demand = locked(Demand(pk=found.demand_id))
    return found


@transaction.atomic
def accept_shrink(*, actor: Actor, now: datetime, shrink: Shrink) -> Shrink:
    """The requester agrees: the grant is shrunk, or ended when it was never called, within a second.

    Raises Forbidden, ShrinkAnswered, GrantOver.
    """
    shrink = locked_shrink(shrink)
    require(actor, DemandPermission.SUBMIT, shrink.demand.requesting_unit)
    rules.check_answer(shrink.state)
    shrink.answered_by_name, shrink.answered_at = actor.name, now
    return carry_out(shrink, ShrinkState.ACCEPTED, actor=actor, now=now)


@transaction.atomic
def keep_grant(*, actor: Actor, now: datetime, shrink: Shrink, reason: str) -> Shrink:
    """The requester wants to keep the grant, with a reason that the bureau reviews.

    Raises Forbidden, ShrinkAnswered, FieldErrors.
    """
    shrink = locked_shrink(shrink)
    demand = shrink.demand
    require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_keep(shrink.state, reason)
    shrink.state, shrink.reason = ShrinkState.KEPT, reason.strip()
    shrink.answered_by_name, shrink.answered_at = actor.name, now
    shrink.save()
    close_todos(demand, now, SHRINK_TODO)
    open_todo(demand, KEEP_TODO, DemandPermission.SHRINK, platform_path(), now)
    note(demand, DemandEvent.SHRINK_KEPT, actor=actor, now=now, details={"reason": reason})
    return shrink


@transaction.atomic
def decide_shrink(*, actor: Actor, now: datetime, shrink: Shrink, keep: bool, reason: str) -> Shrink:
    """The bureau lets the grant stand, or has the proposal carried out all the same.

    Raises Forbidden, ShrinkAnswered, FieldErrors, GrantOver.
    """
    shrink = locked_shrink(shrink)
    require(actor, DemandPermission.SHRINK, shrink.demand)
    rules.check_decision(shrink.state, reason)
    shrink.decision, shrink.decided_by_name, shrink.decided_at = reason.strip(), actor.name, now
    if not keep:
        return carry_out(shrink, ShrinkState.OVERRULED, actor=actor, now=now)
    shrink.state = ShrinkState.UPHELD
    shrink.save()
    close_todos(shrink.demand, now, KEEP_TODO)
    note(shrink.demand, DemandEvent.SHRINK_UPHELD, actor=actor, now=now, details={"reason": reason})
    return shrink


def carry_out(shrink: Shrink, state: ShrinkState, *, actor: Actor, now: datetime) -> Shrink:
    """Do what the proposal says: end the use, take fields off, or lower the calls a day."""
    demand = shrink.demand
    shrink.state = state
    shrink.decided_at = shrink.decided_at or now
    shrink.save()
    close_todos(demand, now, SHRINK_TODO, KEEP_TODO)
    reason = N_("The grant was wider than its use.")
    if shrink.kind == Excess.UNUSED:
        close_demand(actor=SYSTEM, now=now, demand=demand, reason=reason)
        return shrink
    grant = Grant.objects.get(uid=demand.grant_uid)
    left = [name for name in grant.fields if name not in set(shrink.remove)]
    shrink_grant(actor=SYSTEM, grant=grant, fields=left, daily_limit=shrink.volume_per_day, reason=reason, now=now)
    demand.fields = [name for name in demand.fields if name in set(left)]
    demand.volume_per_day = shrink.volume_per_day or demand.volume_per_day
    demand.updated_at = now
    demand.save(update_fields=["fields", "volume_per_day", "updated_at"])
    details = {"kind": shrink.kind, "removed": shrink.remove, "volume_per_day": shrink.volume_per_day, "how": state}
    note(demand, DemandEvent.SHRUNK, actor=actor, now=now, details=details)
    return shrink


def remind_unused(*, now: datetime) -> int:
    """Remind of unanswered proposals, twice; after that they take effect only if the bureau has set so.

    Returns how many were reminded or carried out.
    """
    policy, count = policy_set(), 0
    for row in list(Shrink.objects.filter(state=ShrinkState.OPEN)):
        with transaction.atomic():
            shrink = locked_shrink(row)
            since = shrink.reminded_at or shrink.opened_at
            if shrink.state != ShrinkState.OPEN or not rules.is_due(since=since, policy=policy, now=now):
                continue
            if shrink.demand.state != DemandState.IN_USE:
                shrink.state = ShrinkState.LAPSED
                shrink.save(update_fields=["state"])
                close_todos(shrink.demand, now, SHRINK_TODO)
                continue
            if shrink.reminders < rules.REMINDERS:
                shrink.reminders, shrink.reminded_at = shrink.reminders + 1, now
                shrink.save(update_fields=["reminders", "reminded_at"])
                details = {"reminder": shrink.reminders}
                note(shrink.demand, DemandEvent.SHRINK_REMINDED, actor=SYSTEM, now=now, details=details)
            elif policy.auto_end:
                carry_out(shrink, ShrinkState.LAPSED, actor=SYSTEM, now=now)
            else:
                continue
            count += 1
    return count


def ask_ratings(*, now: datetime) -> int:
    """Ask requesters to rate the data after the first calls, or at the end of the use; returns how many are asked."""
    rows = list(to_be_rated(calls=policy_set().rate_after_calls).select_related("requesting_unit"))
    for demand in rows:
        open_todo(demand, RATE_TODO, DemandPermission.SUBMIT, demand.requesting_unit.path, now)
    return len(rows)


@transaction.atomic
def rate_demand(*, actor: Actor, now: datetime, demand: Demand, data: RatingData) -> Rating:
    """The requester rates the data after use. Raises Forbidden, NotRatable, RatedAlready, FieldErrors."""
    demand = locked(demand)
    require(actor, DemandPermission.SUBMIT, demand.requesting_unit)
    rules.check_ratable(
        demand.state, granted=bool(demand.grant_uid), calls=calls_of(demand).calls, rated=is_rated(demand)
    )
    rules.check_rating(data)
    rating = Rating.objects.create(
        demand=demand,
        grade=data.grade,
        used_for=data.used_for.strip(),
        effect=data.effect.strip(),
        comment=data.comment.strip(),
        rated_by_name=actor.name,
        rated_at=now,
    )
    close_todos(demand, now, RATE_TODO)
    note(demand, DemandEvent.RATED, actor=actor, now=now, details={"grade": data.grade})
    return rating


@transaction.atomic
def answer_rating(*, actor: Actor, now: datetime, demand: Demand, reply: str) -> Rating:
    """The supplier answers a rating, once. Raises Forbidden, NotRated, FieldErrors."""
    demand = locked(demand)
    require(actor, DemandPermission.CONFIRM, demand.supplier_unit)
    rating = Rating.objects.select_for_update().filter(demand=demand).first()
    rules.check_reply(rated=rating is not None, replied=bool(rating and rating.reply), reply=reply)
    rating = Rating.objects.get(demand=demand)
    rating.reply, rating.replied_by_name, rating.replied_at = reply.strip(), actor.name, now
    rating.save()
    note(demand, DemandEvent.RATING_ANSWERED, actor=actor, now=now, details={"grade": rating.grade})
    return rating


@transaction.atomic
def set_policy(*, actor: Actor, now: datetime, data: PolicyData) -> Policy:
    """What the bureau sets for the detector, meetings, escalations and ratings. Raises Forbidden, FieldErrors."""
    require(actor, DemandPermission.POLICY)
    rules.check_policy(data)
    values = {name: getattr(data, name) for name in SET}
    row, _made = Policy.objects.update_or_create(pk=1, defaults=values)
    kind = "demands.policy"
    audit.record(actor=actor, action=DemandEvent.POLICY_SET, kind=kind, uid="1", label=kind, details=values, now=now)
    outbox.add(name=DemandEvent.POLICY_SET, payload=values, now=now)
    return row
