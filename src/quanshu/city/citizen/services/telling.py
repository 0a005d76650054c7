"""Receivers of a wrong value are told that it has been corrected, also those who had it from a library."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.city.citizen.models import Correction, Received
from quanshu.city.citizen.queries.finding import libraries_from, records_of
from quanshu.city.citizen.services.noting import tell
from quanshu.organisation.api import holders
from quanshu.sharing.services.api import row_receivers
from quanshu.supply.catalogue.api import key_columns
from quanshu.supply.quality.api import Receiver, wrong_since

CORRECTED = N_("%(table)s: a value you received was wrong and has been corrected")
REACH = timedelta(days=365)


def tell_receivers(correction: Correction, *, now: datetime) -> int:
    """Keep for each receiving unit which calls carried the value, and tell those whom data quality does not.

    Data quality tells the receivers of the source's own services when the problem closes; here are those of the
    libraries built from it. Returns how many calls were kept.
    """
    since = wrong_since(correction.problem) if correction.problem else now - REACH
    key = correction.content["key"]
    whole = tuple(key[name] for name in key_columns(correction.entry))
    column = correction.column
    direct = row_receivers(entry_uid=correction.entry.uid, key=whole, columns=(column,), since=since, until=now)
    count = keep(correction, correction.entry.uid, column, direct, now)
    told: dict[str, Receiver] = {}
    for entry, columns in libraries_from(correction.entry, column):
        for record in records_of(correction.subject, entry_uid=entry.uid):
            own = tuple(record.key.values())
            if not any(part is not None for part in own):
                continue
            found = row_receivers(entry_uid=entry.uid, key=own, columns=columns, since=since, until=now)
            count += keep(correction, entry.uid, columns[0], found, now)
            for receiver in found:
                told.setdefault(receiver.unit_uid, receiver)
    for receiver in told.values():
        people = [*holders(receiver.unit_path, "developer"), *holders(receiver.unit_path, "steward")]
        tell(people, CORRECTED, correction, url=f"/services/calls/{receiver.receipt_id}/", now=now)
    return count


def keep(correction: Correction, entry_uid: str, column: str, found: list[Receiver], now: datetime) -> int:
    """A row for each call, once."""
    known = set(correction.received.values_list("receipt_id", flat=True))
    fresh = {row.receipt_id: row for row in found if row.receipt_id not in known}
    Received.objects.bulk_create(
        Received(
            correction=correction,
            entry_uid=entry_uid,
            receipt_id=row.receipt_id,
            unit_uid=row.unit_uid,
            unit_name=row.unit_name,
            unit_path=row.unit_path,
            application=row.application,
            case_number=row.case_number,
            field=column,
            called_at=row.at,
            told_at=now,
        )
        for row in fresh.values()
    )
    return len(fresh)
