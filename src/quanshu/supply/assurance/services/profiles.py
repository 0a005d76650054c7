"""Profiles: one pass over a table, and the rules that it and the catalogue suggest, with what would fail now."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.checks import CheckSpec, run_checks
from quanshu.lake.checks.profile import TOP, TableProfile, profile_table
from quanshu.lake.masking import Mask, mask_value
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.supply.assurance import rules
from quanshu.supply.assurance.events import AssuranceEvent
from quanshu.supply.assurance.models import Profile
from quanshu.supply.assurance.services.noting import note
from quanshu.supply.assurance.types import Suggestion
from quanshu.supply.catalogue.api import Entry, items_of, key_columns
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import NothingLanded, QualityPermission, RuleData, ScanState, present_rules

JOB = "assurance.profile"
MOST_OTHERS = 60


@transaction.atomic
def start_profile(*, actor: Actor, now: datetime, entry: Entry) -> Profile:
    """Queue a profile of an entry's table; one that is queued already is returned. Raises Forbidden, NothingLanded."""
    profile = Profile(entry=entry, queued_at=now)
    require(actor, QualityPermission.SCAN, profile)
    if not get_lake().exists(entry.lake_table):
        raise NothingLanded(entry=entry.resource_name)
    waiting = Profile.objects.filter(entry=entry, state=ScanState.QUEUED).first()
    if waiting is not None:
        return waiting
    profile.save()
    jobs.enqueue(JOB, {"profile_uid": profile.uid}, now=now, key=f"{JOB}:{profile.uid}")
    note(AssuranceEvent.PROFILE_QUEUED, uid=profile.uid, entry=entry, actor=actor, now=now)
    return profile


def profile_now(profile_uid: str, now: datetime) -> Profile:
    """Make a queued profile. Safe to run again: one that has ended is left alone."""
    profile = Profile.objects.select_related("entry__unit").get(uid=profile_uid)
    if profile.state in {ScanState.FINISHED, ScanState.FAILED}:
        return profile
    Profile.objects.filter(pk=profile.pk).update(state=ScanState.RUNNING)
    entry, today = profile.entry, now.astimezone(CITY_TZ).date()
    try:
        found = profile_table(get_lake(), entry.lake_table, today=today, others=keys_of_others(entry))
        # Names of rules are kept as text, so in the platform's language.
        with override(settings.LANGUAGE_CODE):
            suggested = suggestions_of(entry, found)
        counted = with_failures(entry, suggested, found, now)
    except QuanshuError as fault:
        profile.state, profile.ended_at = ScanState.FAILED, now
        profile.error = {"code": fault.code, "params": {key: str(value) for key, value in fault.params.items()}}
        with transaction.atomic():
            profile.save()
            details = {"code": fault.code}
            note(AssuranceEvent.PROFILE_FAILED, uid=profile.uid, entry=entry, actor=SYSTEM, now=now, details=details)
        return profile
    profile.state, profile.ended_at = ScanState.FINISHED, now
    profile.lake_version, profile.rows = found.version, found.rows
    profile.body, profile.suggestions = body_of(entry, found), [kept(one) for one in counted]
    with transaction.atomic():
        profile.save()
        counts: dict[str, Any] = {"rows": found.rows, "suggestions": len(counted)}
        note(AssuranceEvent.PROFILE_MADE, uid=profile.uid, entry=entry, actor=SYSTEM, now=now, details=counts)
    return profile


def keys_of_others(entry: Entry) -> list[tuple[str, str]]:
    """(table, key) of landed tables of one key, those of the same unit first: what columns may refer to."""
    lake, found = get_lake(), []
    others = Entry.objects.filter(landed_rows__gt=0).exclude(pk=entry.pk).prefetch_related("items")
    for other in sorted(others, key=lambda one: (one.unit_id != entry.unit_id, one.pk))[:MOST_OTHERS]:
        keys = key_columns(other)
        if len(keys) == 1 and lake.exists(other.lake_table):
            found.append((other.lake_table, keys[0]))
    return found


def suggestions_of(entry: Entry, profile: TableProfile) -> list[Suggestion]:
    """What items and data suggest and the table has not yet; a column that did not land is left out."""
    items = items_of(entry)
    landed = {column.name for column in profile.columns}
    every = [*rules.from_items(items), *rules.from_profile(items, profile)]
    return [one for one in rules.merged(every, present_rules(entry)) if set(one.data.columns) <= landed]


def with_failures(entry: Entry, suggested: list[Suggestion], profile: TableProfile, now: datetime) -> list[Suggestion]:
    """The same suggestions with the rows that would be tested and would fail now."""
    specs = [
        CheckSpec(str(place), one.data.kind, tuple(one.data.columns), one.data.params)
        for place, one in enumerate(suggested)
    ]
    if not specs:
        return []
    today = now.astimezone(CITY_TZ).date()
    report = run_checks(
        get_lake(),
        entry.lake_table,
        specs,
        keys=key_columns(entry),
        today=today,
        version=profile.version,
        keep=0,
    )
    results = [report.results[spec.id] for spec in specs]
    return [
        Suggestion(one.data, one.evidence, one.figures, result.tested, result.failed)
        for one, result in zip(suggested, results, strict=True)
    ]


def kept(one: Suggestion) -> dict[str, Any]:
    """A suggestion as it is kept with its profile."""
    data = asdict(one.data)
    return {
        **{name: data[name] for name in ("name", "kind", "columns", "params")},
        "evidence": one.evidence,
        "figures": dict(one.figures),
        "tested": one.tested,
        "failed": one.failed,
    }


def rule_data(kept_one: dict[str, Any]) -> RuleData:
    """The rule of a kept suggestion."""
    return RuleData(kept_one["name"], kept_one["kind"], tuple(kept_one["columns"]), kept_one["params"])


def body_of(entry: Entry, profile: TableProfile) -> dict[str, Any]:
    """The profile as it is kept: values of masked and personal columns only under a mask, frequent ones not at all."""
    items = {item.name: item for item in items_of(entry)}
    columns = []
    for column in profile.columns:
        item = items.get(column.name)
        mask = Mask(item.mask or Mask.NONE) if item else Mask.FULL
        hidden = item is None or item.personal or mask != Mask.NONE
        mask = Mask.FULL if hidden and mask == Mask.NONE else mask
        row = asdict(column)
        for name in ("minimum", "maximum"):
            row[name] = mask_value(mask, row[name]) if hidden and row[name] is not None else row[name]
        row["top"] = [] if hidden else [[value[:100], count] for value, count in column.top[:TOP]]
        columns.append({**row, "masked": hidden})
    return {
        "approximate": profile.approximate,
        "columns": columns,
        "keys": [list(key) for key in profile.keys],
        "dependencies": [asdict(row) for row in profile.dependencies],
        "inclusions": [asdict(row) for row in profile.inclusions],
    }
