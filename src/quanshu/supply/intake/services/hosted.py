"""Rows that came into the lake by hand, under a hosting agreement, told like any other load."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.events import IntakeEvent

KIND = "intake.hosted"


@transaction.atomic
def land_hosted(
    *, actor: Actor, now: datetime, entry: Entry, change_uid: str, lake_version: int, rows_total: int, landed: int = 1
) -> None:
    """Tell the rooms above of rows that are in the lake without a run of intake: quality and services follow.

    `change_uid` stands for the run; the caller has asked for permission and written the rows.
    """
    details = {"rows_in": landed, "landed": landed, "refused": 0, "lake_version": lake_version}
    audit.record(
        actor=actor,
        action=IntakeEvent.BATCH_LANDED,
        obj=entry,
        kind=KIND,
        uid=change_uid,
        label=entry.resource_name,
        details=details,
        now=now,
    )
    outbox.add(
        name=IntakeEvent.BATCH_LANDED,
        payload={
            "run_uid": change_uid,
            "source_uid": "",
            "entry_uid": entry.uid,
            **details,
            "lake_table": entry.lake_table,
            "rows_total": rows_total,
            "at": now.isoformat(),
        },
        now=now,
    )
