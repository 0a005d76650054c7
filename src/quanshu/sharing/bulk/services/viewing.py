"""The view of a grant: built, kept fresh as its source changes, and removed a stated time after the end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.errors import SchemaMismatch
from quanshu.lake.masking import Mask
from quanshu.lake.views import ViewRefresh as Refreshed
from quanshu.lake.views import materialise_view, tidy_view
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.bulk.events import BulkEvent
from quanshu.sharing.bulk.models import BulkGrant, ViewRefresh
from quanshu.sharing.bulk.queries import conditions_of, salts, shared_items
from quanshu.sharing.bulk.services.granting import begin_anew, build_later, locked
from quanshu.sharing.bulk.services.noting import note
from quanshu.sharing.bulk.types import BulkState
from quanshu.supply.lake_store import get_lake

REFRESHES_KEPT = 200
# Files of a view that a change of definition left behind: addresses that were given hold a quarter of an hour.
LEFT_BEHIND = timedelta(hours=1)


def refresh_entry(entry_uid: str, now: datetime) -> int:
    """Say that the views of an entry are behind, and have each refreshed by a job; returns how many."""
    grants = BulkGrant.objects.filter(entry__uid=entry_uid, state=BulkState.ACTIVE)
    grants.filter(stale_since__isnull=True).update(stale_since=now)
    for grant in grants:
        build_later(grant, now)
    return len(grants)


def refresh_view(grant_uid: str, now: datetime) -> BulkGrant | None:
    """Bring a grant's view up to date with its entry; None when the grant is over or no data have landed.

    Safe to run again. A fault of the data is kept with the grant and told there; readers keep the version before.
    """
    grant = BulkGrant.objects.filter(uid=grant_uid, state=BulkState.ACTIVE).select_related("entry__unit").first()
    if grant is None or not get_lake().exists(grant.entry.lake_table):
        return None
    began = time.perf_counter()
    try:
        keys = [item.name for item in shared_items(grant.entry).values() if item.is_key]
        if grant.view_version is not None and keys != grant.keys:
            _anew(grant, now)
            return None
        done = _materialised(grant, keys)
    except SchemaMismatch:
        _anew(grant, now)
        return None
    except QuanshuError as fault:
        _kept(grant, None, now, began, fault=fault.code)
        return grant
    tidy_view(get_lake(), grant.view, keep=grant.versions_kept + 1)
    BulkGrant.objects.filter(pk=grant.pk).update(keys=keys)
    _kept(grant, done, now, began)
    return grant


@transaction.atomic
def _anew(grant: BulkGrant, now: datetime) -> None:
    """The entry has another key, or a column another type: readers get a view of the next generation."""
    begin_anew(locked(grant), now)


def _materialised(grant: BulkGrant, keys: Sequence[str]) -> Refreshed:
    salt, key_salt = salts(grant)
    return materialise_view(
        get_lake(),
        grant.entry.lake_table,
        grant.view,
        columns=grant.fields,
        masks={name: Mask(mask) for name, mask in grant.masks.items()},
        where=conditions_of(grant),
        keys=keys,
        salt=salt,
        key_salt=key_salt,
    )


@transaction.atomic
def _kept(grant: BulkGrant, done: Refreshed | None, now: datetime, began: float, *, fault: str = "") -> None:
    """Keep what a refresh did; a view that has changed is told of in the audit trail."""
    ViewRefresh.objects.create(
        grant=grant,
        at=now,
        mode=done.mode if done else "failed",
        source_version=done.source_version if done else None,
        view_version=done.version if done else None,
        rows=done.rows if done else 0,
        inserted=done.inserted if done else 0,
        updated=done.updated if done else 0,
        deleted=done.deleted if done else 0,
        duration_ms=int((time.perf_counter() - began) * 1000),
        fault=fault,
    )
    old = ViewRefresh.objects.filter(grant=grant).values_list("pk", flat=True)[REFRESHES_KEPT:]
    ViewRefresh.objects.filter(pk__in=list(old)).delete()
    rows = BulkGrant.objects.filter(pk=grant.pk)
    if done is None:
        rows.update(fault=fault)
        return
    rows.filter(stale_since__lte=now).update(stale_since=None)
    rows.update(
        fault="",
        source_table=grant.entry.lake_table,
        source_version=done.source_version,
        view_version=done.version,
        view_rows=done.rows,
        refreshed_at=now,
    )
    grant.refresh_from_db()
    if done.mode != "none":
        counts = {"inserted": done.inserted, "updated": done.updated, "deleted": done.deleted, "rows": done.rows}
        note(BulkEvent.REFRESHED, grant, actor=SYSTEM, now=now, details={"version": done.version, **counts})


def remove_views(now: datetime) -> int:
    """Remove the files of grants whose retention is over, and views left behind; returns how many tables."""
    lake, gone = get_lake(), 0
    over = BulkGrant.objects.filter(ended_at__isnull=False, removed_at__isnull=True).exclude(view="")
    for grant in over.select_related("consumer__unit", "entry__unit"):
        if grant.ended_at is None or grant.ended_at + timedelta(days=grant.retention_days) > now:
            continue
        for table in [grant.view, *(name for name, _at in grant.old_views)]:
            lake.drop(table)
            gone += 1
        with transaction.atomic():
            BulkGrant.objects.filter(pk=grant.pk).update(removed_at=now, old_views=[])
            note(BulkEvent.REMOVED, grant, actor=SYSTEM, now=now, details={"table": grant.full_name})
    for grant in BulkGrant.objects.filter(state=BulkState.ACTIVE).exclude(old_views=[]):
        due = [name for name, at in grant.old_views if datetime.fromisoformat(at) + LEFT_BEHIND <= now]
        for table in due:
            lake.drop(table)
            gone += 1
        rest = [part for part in grant.old_views if part[0] not in due]
        BulkGrant.objects.filter(pk=grant.pk).update(old_views=rest)
    return gone
