"""Who used a subject's data: calls whose receipts carry marks of its rows, and calls under its consents."""

from __future__ import annotations

from datetime import datetime, timedelta

from quanshu.city.citizen.queries.finding import records_of
from quanshu.city.citizen.types import Use
from quanshu.sharing.consent.api import ConsentUse, delayed_receipts, uses_since
from quanshu.sharing.services.api import Exchange, calls_with_row, told_of
from quanshu.sharing.subjects.api import Subject
from quanshu.supply.catalogue.api import Entry, item_titles

REACH = timedelta(days=365)
MOST = 500


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
    for row in uses_since(subject, since=since):
        found.setdefault(row.receipt_id, use_by_consent(row))
    for receipt_id in delayed_receipts(list(found), now=now):
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


def use_by_consent(row: ConsentUse) -> Use:
    """A call under a consent as its subject is told of it."""
    service = row.consent.service
    return Use(
        at=row.at,
        unit=row.unit_name,
        application=row.application,
        service=service.title,
        purpose=row.purpose,
        case_number=row.case_number,
        fields=row.fields,
        receipt_id=row.receipt_id,
        table=service.title,
    )
