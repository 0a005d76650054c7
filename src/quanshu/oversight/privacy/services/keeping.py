"""Rules of retention and legal holds."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import override

from quanshu.organisation.api import Unit
from quanshu.oversight.privacy import queries, rules
from quanshu.oversight.privacy.events import PrivacyEvent as E
from quanshu.oversight.privacy.models import LegalHold, RetentionRule
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.services.noting import note
from quanshu.oversight.privacy.types import HoldData, RuleData, RuleState
from quanshu.shared.access.api import Actor, require
from quanshu.shared.holdings import find_holding
from quanshu.shared.workflow import api as workflow

KIND = "privacy.rule"
TODO = "privacy.rule"
OPEN = (RuleState.PROPOSED, RuleState.IN_FORCE)


def locked(rule: RetentionRule) -> RetentionRule:
    """The rule as it is now, held until the transaction ends."""
    return RetentionRule.objects.select_for_update(of=("self",)).select_related("unit").get(pk=rule.pk)


@transaction.atomic
def propose_rule(*, actor: Actor, now: datetime, data: RuleData, unit: Unit | None = None) -> RetentionRule:
    """Propose a rule for a unit's holding, or for the whole node.

    Raises Forbidden, FieldErrors, `privacy.rule_there`.
    """
    rule = RetentionRule(
        holding=data.holding,
        unit=unit,
        keep_days=data.keep_days,
        basis=data.basis.strip(),
        note=data.note.strip(),
        proposed_at=now,
        proposed_by=actor.name,
        proposed_by_uid=actor.uid,
    )
    require(actor, P.RULE_PROPOSE, rule)
    found = find_holding(data.holding)
    by_unit = found is not None and found.by_unit
    rules.check_rule(data, known=queries.least_days(), by_unit=by_unit, of_unit=unit is not None)
    there = RetentionRule.objects.filter(holding=data.holding, unit=unit, state__in=OPEN).exists()
    rules.check_only_rule(there=there)
    rule.save()
    # A to-do's title stands as it was written: in the language of the house.
    with override("zh-hans"):
        title = str(found.name if found else rule)
    workflow.open_todo(
        kind=TODO,
        subject_kind=KIND,
        subject_uid=rule.uid,
        title=title,
        url=rule.get_absolute_url(),
        permission=P.RULE_DECIDE,
        unit_path=rule.unit_path,
        now=now,
    )
    details = {"holding": rule.holding, "keep_days": rule.keep_days, "basis": rule.basis}
    note(E.RULE_PROPOSED, rule, actor=actor, now=now, details=details)
    return rule


@transaction.atomic
def approve_rule(*, actor: Actor, now: datetime, rule: RetentionRule) -> RetentionRule:
    """Put a proposed rule in force; not by whoever proposed it. Raises Forbidden, WrongStep, OwnProposal."""
    rule = _decide(rule, "approve", actor=actor, now=now)
    note(E.RULE_APPROVED, rule, actor=actor, now=now, details={"keep_days": rule.keep_days})
    return rule


@transaction.atomic
def refuse_rule(*, actor: Actor, now: datetime, rule: RetentionRule, reason: str) -> RetentionRule:
    """Refuse a proposed rule with the reason. Raises Forbidden, WrongStep, OwnProposal, FieldErrors."""
    rules.check_reason(reason)
    rule = _decide(rule, "refuse", actor=actor, now=now, reason=reason)
    note(E.RULE_REFUSED, rule, actor=actor, now=now, details={"reason": rule.reason})
    return rule


def _decide(rule: RetentionRule, step: str, *, actor: Actor, now: datetime, reason: str = "") -> RetentionRule:
    rule = locked(rule)
    require(actor, P.RULE_DECIDE, rule)
    state = rules.check_step(rules.RULE_MACHINE, rule.state, step)
    rules.check_decider(proposed_by=rule.proposed_by_uid, actor=actor.uid)
    rule.state, rule.decided_at, rule.decided_by, rule.reason = state, now, actor.name, reason.strip()
    rule.save()
    workflow.close_todo(kind=TODO, subject_kind=KIND, subject_uid=rule.uid, now=now)
    return rule


@transaction.atomic
def end_rule(*, actor: Actor, now: datetime, rule: RetentionRule, reason: str) -> RetentionRule:
    """End a rule in force; a run under way ends with what it has done. Raises Forbidden, WrongStep, FieldErrors."""
    rule = locked(rule)
    require(actor, P.RULE_DECIDE, rule)
    rules.check_reason(reason)
    rule.state = rules.check_step(rules.RULE_MACHINE, rule.state, "end")
    rule.reason, rule.ended_at = reason.strip(), now
    rule.save()
    note(E.RULE_ENDED, rule, actor=actor, now=now, details={"reason": rule.reason})
    return rule


@transaction.atomic
def place_hold(*, actor: Actor, now: datetime, data: HoldData, unit: Unit | None = None) -> LegalHold:
    """Stop deletion by an authority's order, at once. Raises Forbidden, FieldErrors."""
    hold = LegalHold(
        holding=data.holding,
        unit=unit,
        order_number=data.order_number.strip(),
        authority=data.authority.strip(),
        reason=data.reason.strip(),
        until=data.until,
        placed_at=now,
        placed_by=actor.name,
    )
    require(actor, P.HOLD, hold)
    rules.check_hold(data, known=queries.least_days(), now=now)
    hold.save()
    details = {"holding": hold.holding or "*", "order": hold.order_number, "authority": hold.authority}
    note(E.HELD, hold, actor=actor, now=now, details=details)
    return hold


@transaction.atomic
def lift_hold(*, actor: Actor, now: datetime, hold: LegalHold, reason: str) -> LegalHold:
    """Lift a hold; what it stopped goes on with the next run. Raises Forbidden, HoldLifted, FieldErrors."""
    hold = LegalHold.objects.select_for_update(of=("self",)).select_related("unit").get(pk=hold.pk)
    require(actor, P.HOLD, hold)
    rules.check_lift(lifted=hold.lifted_at is not None, reason=reason)
    hold.lifted_at, hold.lifted_by, hold.lift_reason = now, actor.name, reason.strip()
    hold.save()
    note(E.LIFTED, hold, actor=actor, now=now, details={"reason": hold.lift_reason})
    return hold
