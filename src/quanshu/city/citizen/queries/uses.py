"""Who used a subject's data: calls whose receipts carry marks of its rows, and what other rooms know of.

Rooms below that keep uses of their own, as consents do, add theirs by `register_uses`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from quanshu.city.citizen.queries.finding import records_of
from quanshu.city.citizen.types import Use
from quanshu.sharing.services.api import Exchange, calls_with_row, told_of
from quanshu.sharing.subjects.api import Subject
from quanshu.supply.catalogue.api import Entry, item_titles

REACH = timedelta(days=365)
MOST = 500
Uses = Callable[..., Sequence[Use]]
_sources: list[Uses] = []


def register_uses(find: Uses) -> None:
    """Have `find(subject=, since=)` add uses that receipts' marks do not tell."""
    if find not in _sources:
        _sources.append(find)


def uses_of(subject: Subject, *, now: datetime) -> list[Use]:
    """Uses of a subject's rows within a year, the latest first, 500 at the most; a call is told once.

    Of a call with more rows than are marked, the first 200 are known.
    """
    since = now - REACH
    found: dict[str, Use] = {}
    records = records_of(subject)
    entries = {row.uid: row for row in Entry.objects.filter(uid__in={record.entry_uid for record in records})}
    for record in records:
        keys = tuple(record.key.values())
        if not any(part is not None for part in keys):
            continue
        for call in calls_with_row(entry_uid=record.entry_uid, key=keys, since=since):
            found.setdefault(call.receipt_id, use_of(call, entries[record.entry_uid]))
    for find in _sources:
        for use in find(subject=subject, since=since):
            found.setdefault(use.receipt_id, use)
    return sorted(found.values(), key=lambda use: use.at, reverse=True)[:MOST]


def use_of(call: Exchange, entry: Entry) -> Use:
    """A call as its subject is told of it."""
    unit = call.consumer.unit if call.consumer else None
    return Use(
        at=call.at,
        unit=str(unit) if unit else "",
        application=call.consumer.title if call.consumer else call.rid,
        service=call.service.title if call.service else call.sid,
        purpose=call.purpose,
        case_number=call.case_number,
        fields=", ".join(item_titles(entry, sorted(told_of(call)))),
        receipt_id=call.receipt_id,
        table=entry.title,
    )
