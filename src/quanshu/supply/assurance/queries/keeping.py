"""Reads of profiles, rule sets and reports, and of calls that reports are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from quanshu.shared.access.api import Actor, find_seen
from quanshu.supply.assurance.models import PreCheck, Profile, Report, RuleSet
from quanshu.supply.assurance.types import CallFacts, CallNotFound, ReportNotFound, SetNotFound
from quanshu.supply.catalogue.api import Entry, EntryState, list_entries
from quanshu.supply.quality.api import ScanState

Calls = Callable[..., CallFacts | None]
ports: dict[str, Any] = {}


def latest_profile(entry: Entry, *, finished: bool = False) -> Profile | None:
    """The table's newest profile, or the newest that is finished."""
    rows = Profile.objects.filter(entry=entry)
    return (rows.filter(state=ScanState.FINISHED) if finished else rows).first()


def list_sets(actor: Actor) -> QuerySet[RuleSet]:
    """Every rule set the actor may see."""
    return RuleSet.objects.visible_to(actor).select_related("entry__unit", "current")


def get_set(*, actor: Actor, uid: str) -> RuleSet:
    """One rule set; SetNotFound."""
    return find_seen(list_sets(actor), uid, SetNotFound(rule_set=uid))


def pre_checks(rule_set: RuleSet) -> QuerySet[PreCheck]:
    """What the set found in loads, the latest first."""
    return PreCheck.objects.filter(version__rule_set=rule_set).select_related("version", "entry")


def list_reports(actor: Actor) -> QuerySet[Report]:
    """Reports of the actor's unit and on its data."""
    return Report.objects.visible_to(actor).select_related("problem__entry", "problem__unit", "unit")


def get_report(*, actor: Actor, uid: str) -> Report:
    """One report; ReportNotFound."""
    return find_seen(list_reports(actor), uid, ReportNotFound(report=uid))


def reportable_entry(*, actor: Actor, uid: str) -> Entry:
    """A published entry the catalogue shows the actor, for a report without a call; CallNotFound."""
    entry = list_entries(actor).filter(uid=uid, state=EntryState.PUBLISHED).select_related("unit").first()
    if entry is None:
        raise CallNotFound(call=uid)
    return entry


def call_facts(*, actor: Actor, sid: str = "", receipt_id: str = "") -> CallFacts:
    """What a report may say of a call: its entry and the fields it may answer with; CallNotFound."""
    find = ports.get("calls")
    found = find(actor=actor, sid=sid, receipt_id=receipt_id) if find else None
    if not isinstance(found, CallFacts):
        raise CallNotFound(call=receipt_id or sid)
    return found


def register_calls(find: Calls) -> None:
    """Name the function that knows calls: `find(actor=, sid=, receipt_id=)` gives CallFacts, None when unseen."""
    ports["calls"] = find
