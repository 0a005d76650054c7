"""New data, and entries that change in the catalogue, as bulk sharing sees them."""

from __future__ import annotations

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import Event, subscribe
from quanshu.sharing.bulk.services import refresh_entry, revoke_not_allowed


@subscribe("intake.batch.landed")
def refresh_with_data(event: Event) -> None:
    """Bring the entry's views up to date; a batch told twice finds them so."""
    refresh_entry(event.payload["entry_uid"], now())


@subscribe("catalogue.entry.repointed")
def refresh_with_table(event: Event) -> None:
    """The entry's data are read from another table now: its views follow."""
    refresh_entry(event.payload["entry_uid"], now())


@subscribe("catalogue.entry.published")
def check_new_version(event: Event) -> None:
    """Hold grants against the entry's new version."""
    revoke_not_allowed(entry_uid=event.payload["entry_uid"], now=now())


@subscribe("services.grant.created")
def hold_to_masks(event: Event) -> None:
    """Masks agreed with an application hold in its views of the entry as well."""
    if event.payload.get("masks"):
        revoke_not_allowed(entry_uid=event.payload["entry_uid"], now=now())


@subscribe("services.service.published", "services.service.withdrawn")
def hold_to_consents(event: Event) -> None:
    """What services tell by consent alone, now that one says something else or is gone, is not shared in bulk."""
    if event.payload.get("entry_uid"):
        revoke_not_allowed(entry_uid=event.payload["entry_uid"], now=now())


@subscribe("catalogue.entry.withdrawn")
def end_with_entry(event: Event) -> None:
    """An entry that left the catalogue is shared no more."""
    revoke_not_allowed(entry_uid=event.payload["entry_uid"], now=now())
