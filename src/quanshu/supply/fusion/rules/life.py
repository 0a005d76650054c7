"""生存状态: alive, dead or unknown, from evidence that disagrees. Pure; the rule set is data.

A piece of evidence of death stands unless somebody was seen alive clearly later by evidence that is believed at least
as much. Whoever has a standing evidence of death is dead; whose every evidence of death is contradicted is unknown;
without any, one is alive while some evidence of life is fresh. More evidence of death therefore never brings the dead
back, and more evidence of life never kills.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from quanshu.lake.registry import EvidenceKind, Says
from quanshu.supply.fusion.types import Life, LifeEvidence, LifeStatus

KINDS: Mapping[str, EvidenceKind] = {
    kind.name: kind
    for kind in (
        EvidenceKind("death_certificate", Says.DEAD, 100, dates_death=True),
        EvidenceKind("cremation", Says.DEAD, 95, dates_death=True),
        EvidenceKind("register_cancelled", Says.DEAD, 60),
        EvidenceKind("hospital_visit", Says.ALIVE, 80, fresh_days=730, grace_days=1),
        EvidenceKind("pension_drawn", Says.ALIVE, 60, fresh_days=730, grace_days=60),
        EvidenceKind("allowance_drawn", Says.ALIVE, 50, fresh_days=400, grace_days=60),
        EvidenceKind("registered", Says.ALIVE, 30, grace_days=60),
    )
}
# Two sources that date a death differ when their days lie further apart than this.
DATES_DIFFER_DAYS = 3


def contradicts(alive: LifeEvidence, dead: LifeEvidence) -> bool:
    """Whether somebody was seen alive later than a death allows, whoever is believed."""
    return alive.on > dead.on + timedelta(days=KINDS[alive.kind].grace_days)


def stands(dead: LifeEvidence, alive: Iterable[LifeEvidence]) -> bool:
    """Whether no evidence of life, believed as much or more, contradicts an evidence of death."""
    reliability = KINDS[dead.kind].reliability
    return not any(KINDS[one.kind].reliability >= reliability and contradicts(one, dead) for one in alive)


def _worth(one: LifeEvidence) -> tuple[int, int, str, str]:
    return -KINDS[one.kind].reliability, one.on.toordinal(), one.source, one.kind


def life_status(evidence: Iterable[LifeEvidence], *, today: date) -> LifeStatus:
    """What the evidence up to today says. Evidence dated later is not believed."""
    told = [one for one in evidence if one.on <= today]
    dead = [one for one in told if KINDS[one.kind].says == Says.DEAD]
    alive = [one for one in told if KINDS[one.kind].says == Says.ALIVE]
    against = [one for one in alive if any(contradicts(one, death) for death in dead)]
    dated = [one.on for one in dead if KINDS[one.kind].dates_death]
    differ = bool(dated) and (max(dated) - min(dated)).days > DATES_DIFFER_DAYS
    conflict = bool(against) or differ
    standing = sorted((one for one in dead if stands(one, alive)), key=_worth)
    if standing:
        best = standing[0]
        return LifeStatus(Life.DEAD, best.on, best.source, best.kind, conflict)
    if dead:
        latest = max(against, key=lambda one: (one.on, KINDS[one.kind].reliability, one.source, one.kind))
        return LifeStatus(Life.UNKNOWN, latest.on, latest.source, latest.kind, conflict)
    fresh = [one for one in alive if _is_fresh(one, today)]
    if not fresh:
        return LifeStatus(Life.UNKNOWN)
    best = min(fresh, key=lambda one: (-KINDS[one.kind].reliability, -one.on.toordinal(), one.source, one.kind))
    return LifeStatus(Life.ALIVE, best.on, best.source, best.kind, conflict)


def _is_fresh(one: LifeEvidence, today: date) -> bool:
    days = KINDS[one.kind].fresh_days
    return days is None or (today - one.on).days <= days
