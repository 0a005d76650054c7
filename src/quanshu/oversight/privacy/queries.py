"""Reads of privacy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from quanshu.organisation.api import Unit
from quanshu.oversight.privacy import rules
from quanshu.oversight.privacy.models import ErasureRun, ImpactRecord, LegalHold, RetentionRule, Unmasking
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import (
    HoldingNotFound,
    HoldKept,
    HoldNotFound,
    RecordNotFound,
    RecordState,
    RuleNotFound,
    RuleState,
    RunNotFound,
    ServiceNotInSight,
    Standing,
    Subject,
    UnmaskNotFound,
    UnmaskState,
)
from quanshu.shared.access.api import Actor, find_seen, scope_q
from quanshu.shared.holdings import Due, Holding, Reach, find_holding, holdings
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.services.api import Grant, Service, ServiceState, Shape, items_in, published_spec, terms_of

UNDER_WAY = (RecordState.DRAFT, RecordState.REVIEW)


def platform_path() -> str:
    """The path of the unit that runs the platform; "" on a node that has none yet."""
    unit = Unit.objects.filter(kind="platform").order_by("pk").first()
    return unit.path if unit else ""


def list_rules(actor: Actor) -> QuerySet[RetentionRule]:
    """Rules the actor may see."""
    return RetentionRule.objects.visible_to(actor).select_related("unit")


def get_rule(*, actor: Actor, uid: str) -> RetentionRule:
    """Raises `privacy.rule_not_found`."""
    return find_seen(list_rules(actor), uid, RuleNotFound())


def list_holds(actor: Actor) -> QuerySet[LegalHold]:
    """Holds the actor may see."""
    return LegalHold.objects.visible_to(actor).select_related("unit")


def get_hold(*, actor: Actor, uid: str) -> LegalHold:
    """Raises `privacy.hold_not_found`."""
    return find_seen(list_holds(actor), uid, HoldNotFound())


def list_runs(actor: Actor) -> QuerySet[ErasureRun]:
    """Runs the actor may see."""
    return ErasureRun.objects.visible_to(actor).select_related("rule__unit", "hold")


def get_run(*, actor: Actor, uid: str) -> ErasureRun:
    """Raises `privacy.run_not_found`."""
    return find_seen(list_runs(actor), uid, RunNotFound())


def get_holding(key: str) -> Holding:
    """Raises `privacy.holding_not_found`."""
    found = find_holding(key)
    if found is None:
        raise HoldingNotFound(holding=key)
    return found


def least_days() -> dict[str, int]:
    """{holding: the fewest days a rule may name}."""
    return {holding.key: holding.least_days for holding in holdings()}


def hold_over(holding: Holding, unit_path: str, now: datetime) -> LegalHold | None:
    """The hold that stops everything a rule of this holding and unit reaches, or None.

    Where rows belong to no unit, a hold of one unit cannot be told apart and stops all of them.
    """
    for row in LegalHold.objects.in_force(now).select_related("unit"):
        kept = HoldKept(row.holding, row.unit_path if holding.by_unit else "")
        if rules.stopped_by(holding.key, unit_path, [kept]):
            return row
    return None


def reach_of(holding: Holding, *, unit_path: str, keep_days: int, now: datetime) -> Reach:
    """What a rule reaches now: not what a hold covers, nor units with a rule of their own."""
    before = rules.cutoff(keep_days, now=now)
    if not holding.by_unit:
        return Reach(before)
    kept = [HoldKept(row.holding, row.unit_path) for row in LegalHold.objects.in_force(now).select_related("unit")]
    own = RetentionRule.objects.filter(holding=holding.key, state=RuleState.IN_FORCE, unit__isnull=False)
    paths = list(own.values_list("unit__path", flat=True))
    return Reach(before, unit_path, rules.spared(holding.key, unit_path, kept, paths))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would do now, without doing it."""

    due: Due
    before: datetime
    hold: LegalHold | None
    spared: tuple[str, ...]


def preview(*, holding: Holding, unit_path: str, keep_days: int, now: datetime) -> Preview:
    """How many are due, since when, and what stops or spares them. Deletes nothing."""
    reach = reach_of(holding, unit_path=unit_path, keep_days=keep_days, now=now)
    return Preview(holding.due(reach), reach.before, hold_over(holding, unit_path, now), reach.spared)


def certificate_of(run: ErasureRun) -> dict[str, Any]:
    """What a run certifies, as plain values."""
    rule = run.rule
    return {
        "certificate": run.uid,
        "holding": run.holding,
        "unit": rule.unit.uid if rule.unit else None,
        "rule": rule.uid,
        "basis": rule.basis,
        "keep_days": rule.keep_days,
        "before": run.before.isoformat(),
        "oldest": run.oldest.isoformat() if run.oldest else None,
        "erased": run.erased,
        "digest": f"sha-256={run.digest}",
        "started_at": run.started_at.isoformat(),
        "ended_at": run.ended_at.isoformat() if run.ended_at else None,
    }


def items_told(service: Service) -> dict[str, tuple[bool, str, str]]:
    """{item: (personal, grade, mask)} of what a service takes and tells, by the entry as published; of a draft, what
    it will once it is published."""
    terms = terms_of(service.entry)
    if terms is None:
        return {}
    spec = service.spec if service.state == ServiceState.DRAFT else published_spec(service)
    known = items_in(terms)
    masks = {part["name"]: "none" for part in spec.get("parameters", ())}
    masks |= {part["name"]: str(part.get("mask") or "none") for part in spec.get("fields", ())}
    return {
        name: (known[name].personal, known[name].grade, mask) for name, mask in sorted(masks.items()) if name in known
    }


def subject_of(service: Service, now: datetime) -> Subject:
    """What an impact record of the service is about: every item with its mask, and the purposes granted."""
    items = tuple(f"{name} ({mask})" for name, (_personal, _grade, mask) in items_told(service).items())
    rows = Grant.objects.filter(service=service, revoked_at__isnull=True, valid_until__gt=now)
    purposes = sorted({text.strip() for text in rows.values_list("purpose", flat=True)})
    return Subject(items, tuple(purposes))


def sensitive_in(service: Service) -> tuple[str, ...]:
    """The items of sensitive personal data among what a service takes and tells."""
    told = items_told(service).items()
    return rules.sensitive_items({name: (personal, grade) for name, (personal, grade, _mask) in told})


@dataclass(frozen=True, slots=True)
class Stand:
    """How one sensitive service stands."""

    service: Service
    standing: Standing
    record: ImpactRecord | None
    new_items: tuple[str, ...] = ()
    new_purposes: tuple[str, ...] = ()


def stand_of(service: Service, now: datetime, records: Iterable[ImpactRecord] | None = None) -> Stand:
    """How a service that needs a record stands; the record is the one under way, else the approved one."""
    rows = list(ImpactRecord.objects.filter(service=service)) if records is None else list(records)
    approved = next((row for row in rows if row.state == RecordState.APPROVED), None)
    under_way = next((row for row in rows if row.state in UNDER_WAY), None)
    current = subject_of(service, now)
    then = approved.subject if approved else None
    standing = rules.standing(approved=then, under_way=under_way is not None, now=current)
    fresh = rules.changes(then, current) if then else ((), ())
    return Stand(service, standing, under_way or approved, *fresh)


def check_assessed(service: Service, now: datetime) -> None:
    """What tells of sensitive personal data is published once its record is approved (PIPL article 55).

    A composite tells what its parts do, each of which has a record of its own. Raises `privacy.not_assessed`.
    """
    if service.shape == Shape.COMPOSITE:
        return
    items = sensitive_in(service)
    if items:
        rules.check_in_order(stand_of(service, now).standing, items=items, uid=service.uid)


def services_in_sight(actor: Actor) -> QuerySet[Service]:
    """Services of units within the actor's scope, published or about to be."""
    states = [ServiceState.DRAFT, ServiceState.PUBLISHED]
    rows = Service.objects.filter(scope_q(actor, P.RECORD_VIEW), state__in=states)
    return rows.select_related("entry", "unit")


def stands(actor: Actor, now: datetime) -> dict[int, Stand]:
    """{service: how it stands} of every service in sight that tells of sensitive personal data."""
    needing = [service for service in services_in_sight(actor) if sensitive_in(service)]
    rows = ImpactRecord.objects.filter(service__in=needing, state__in=[*UNDER_WAY, RecordState.APPROVED])
    by_service: dict[int, list[ImpactRecord]] = {}
    for row in rows.select_related("service__unit"):
        by_service.setdefault(row.service_id, []).append(row)
    return {service.pk: stand_of(service, now, by_service.get(service.pk, ())) for service in needing}


def get_service_in_sight(*, actor: Actor, uid: str) -> Service:
    """A service of a unit within the actor's scope, published or not. Raises `privacy.service_not_found`."""
    rows = Service.objects.filter(scope_q(actor, P.RECORD_VIEW)).select_related("entry", "unit")
    return find_seen(rows, uid, ServiceNotInSight())


def list_records(actor: Actor) -> QuerySet[ImpactRecord]:
    """Records the actor may see."""
    return ImpactRecord.objects.visible_to(actor).select_related("service__unit", "service__entry")


def get_record(*, actor: Actor, uid: str) -> ImpactRecord:
    """Raises `privacy.record_not_found`."""
    return find_seen(list_records(actor), uid, RecordNotFound())


def list_unmaskings(actor: Actor) -> QuerySet[Unmasking]:
    """Requests the actor may see."""
    return Unmasking.objects.visible_to(actor)


def get_unmasking(*, actor: Actor, uid: str) -> Unmasking:
    """Raises `privacy.unmask_not_found`."""
    return find_seen(list_unmaskings(actor), uid, UnmaskNotFound())


def may_unmask(actor: Actor, listed: str, now: datetime) -> str:
    """The uid of the right by which the actor exports a list in clear today, or ""."""
    rows = Unmasking.objects.filter(account_uid=actor.uid, listed=listed, state=UnmaskState.GRANTED)
    found = rows.filter(until__gte=city_day(now)).order_by("-until").first() if actor.uid else None
    return found.uid if found else ""


def privacy_figures(actor: Actor, now: datetime) -> Mapping[str, int]:
    """Counts for the head of the room's page."""
    found = [row for row in stands(actor, now).values() if row.service.state == ServiceState.PUBLISHED]
    return {
        "rules": list_rules(actor).filter(state=RuleState.IN_FORCE).count(),
        "holds": LegalHold.objects.in_force(now).count(),
        "needing": len(found),
        "gaps": sum(row.standing != Standing.IN_ORDER for row in found),
    }
