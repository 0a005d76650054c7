"""Who used a subject's data: calls whose receipts carry marks of its rows, and what other rooms know of.

A room that keeps uses of its own, as consents do, is joined by `register_uses`, and one that knows of legal orders to
show uses later by `register_delays`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from quanshu.city.citizen.queries.finding import records_of
from quanshu.city.citizen.types import Use
from quanshu.sharing.services.api import Exchange, calls_with_row, told_of
from quanshu.sharing.subjects.api import Subject
from quanshu.supply.catalogue.api import Entry, item_titles

REACH = timedelta(days=365)
MOST = 500
Uses = Callable[..., Sequence[Use]]
Delays = Callable[..., Collection[str]]
_sources: list[Uses] = []
_delays: list[Delays] = []


def register_uses(find: Uses) -> None:
    """Have `find(subject=, since=)` add uses that receipts' marks do not tell."""
    if find not in _sources:
        _sources.append(find)


def register_delays(find: Delays) -> None:
    """Have `find(subject=, receipt_ids=, now=)` name receipts that a recorded legal order keeps from display yet."""
    if find not in _delays:
        _delays.append(find)


def delayed(subject: Subject, receipt_ids: Collection[str], *, now: datetime) -> set[str]:
    """Receipts that are not to be shown to a subject yet."""
    return {uid for find in _delays for uid in find(subject=subject, receipt_ids=receipt_ids, now=now)}


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
    for receipt_id in delayed(subject, list(found), now=now):
        found.pop(receipt_id, None)
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
