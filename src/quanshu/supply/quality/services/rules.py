"""Rules: made, revised to a next version, switched on and off, taken up from suggestions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality import rules
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Rule, RuleVersion
from quanshu.supply.quality.permissions import QualityPermission
from quanshu.supply.quality.queries import present_rules, suggested_rules
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.types import RuleData


@transaction.atomic
def create_rule(*, actor: Actor, now: datetime, entry: Entry, data: RuleData) -> Rule:
    """Add a rule to an entry's table. Raises Forbidden, FieldErrors."""
    rule = Rule(entry=entry, created_at=now)
    require(actor, QualityPermission.EDIT, rule)
    return _keep(rule, data, actor=actor, now=now, event=QualityEvent.RULE_CREATED)


@transaction.atomic
def revise_rule(*, actor: Actor, now: datetime, rule: Rule, data: RuleData) -> Rule:
    """Give a rule its next version; problems found by the one before close only by that one.

    Raises Forbidden, FieldErrors.
    """
    rule = Rule.objects.select_for_update(of=("self",)).select_related("entry__unit").get(pk=rule.pk)
    require(actor, QualityPermission.EDIT, rule)
    return _keep(rule, data, actor=actor, now=now, event=QualityEvent.RULE_REVISED)


@transaction.atomic
def switch_rule(*, actor: Actor, now: datetime, rule: Rule, active: bool) -> Rule:
    """Switch a rule on or off; its open problems stay until their version passes. Raises Forbidden."""
    rule = Rule.objects.select_for_update(of=("self",)).select_related("entry__unit").get(pk=rule.pk)
    require(actor, QualityPermission.EDIT, rule)
    rule.active = active
    rule.save(update_fields=["active"])
    details = {"active": active}
    note(
        QualityEvent.RULE_SWITCHED,
        uid=rule.uid,
        entry=rule.entry,
        actor=actor,
        now=now,
        label=rule.name,
        details=details,
    )
    return rule


@transaction.atomic
def adopt_suggestions(
    *, actor: Actor, now: datetime, entry: Entry, wanted: Sequence[RuleData] | None = None
) -> list[Rule]:
    """Add suggested rules: those wanted, or all that follow from the entry's items and are not there yet.

    One that has been added meanwhile is passed over. Raises Forbidden.
    """
    present = present_rules(entry)
    chosen = suggested_rules(entry) if wanted is None else wanted
    fresh = [data for data in chosen if (data.kind, tuple(data.columns)) not in present]
    return [create_rule(actor=actor, now=now, entry=entry, data=data) for data in fresh]


def _keep(rule: Rule, data: RuleData, *, actor: Actor, now: datetime, event: QualityEvent) -> Rule:
    rules.check_rule(data, columns=[item.name for item in items_of(rule.entry)], tables=get_lake().tables())
    rule.name, rule.severity = data.name.strip(), data.severity
    rule.dimension = data.dimension or rules.DIMENSION_OF[data.kind]
    rule.save()
    rule.current = RuleVersion.objects.create(
        rule=rule,
        number=rule.versions.count() + 1,
        kind=data.kind,
        columns=list(data.columns),
        params=dict(data.params),
        created_at=now,
        created_by=actor.name,
    )
    rule.save(update_fields=["current"])
    details = {"kind": data.kind, "columns": list(data.columns), "version": rule.current.number}
    note(event, uid=rule.uid, entry=rule.entry, actor=actor, now=now, label=rule.name, details=details)
    return rule
