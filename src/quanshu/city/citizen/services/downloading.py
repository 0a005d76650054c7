"""A subject takes its data away: one signed zip, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from quanshu.city.citizen import queries
from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.types import HeldRecord
from quanshu.kernel.packages import make_package, pair_of
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.keys import node_key
from quanshu.shared.outbox import api as outbox
from quanshu.shared.web.api import safe_cell
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject

KEY = "my-data-ed25519"
HEAD = ("theme", "table", "record", "field", "title", "value", "source_unit", "source_at")


@transaction.atomic
def download_data(*, actor: Actor, subject: Subject, now: datetime) -> bytes:
    """What is held about a subject and who used it, as a zip with a signed manifest (see kernel.packages).

    Raises Forbidden, `subjects.not_mandated`.
    """
    require(actor, CitizenPermission.DOWNLOAD)
    acting_subject(actor, uid=subject.uid, now=now, what=MandateScope.DOWNLOAD)
    records = queries.records_of(subject)
    uses = [{**{name: getattr(use, name) for name in use.__slots__}, "at": use.at.isoformat()}
            for use in queries.uses_of(subject, now=now)]  # fmt: skip
    body = {"subject": subject.uid, "records": [row_of(record) for record in records], "uses": uses}
    files = {
        "data.json": json.dumps(body, ensure_ascii=False, indent=2).encode(),
        "data.csv": csv_of(records).encode("utf-8-sig"),
    }
    facts = {
        "node": settings.QUANSHU_NODE_NAME,
        "region": settings.QUANSHU_NODE_REGION,
        "made_at": now.isoformat(),
        "subject": subject.uid,
        "records": len(records),
    }
    package = make_package(files, facts, pair_of(node_key(KEY)))
    details = {"records": len(records), "uses": len(uses), "bytes": len(package)}
    audit.record(
        actor=actor, action=CitizenEvent.DOWNLOADED, obj=subject, kind="subjects.subject", details=details, now=now
    )
    outbox.add(name=CitizenEvent.DOWNLOADED, payload={"subject_uid": subject.uid, **details}, now=now)
    return package


def row_of(record: HeldRecord) -> dict[str, Any]:
    """A record as plain values."""
    return {
        "uid": record.uid,
        "table_uid": record.entry_uid,
        "table": record.title,
        "theme": record.theme,
        "unit": record.unit,
        "at": record.at.isoformat() if record.at else None,
        "library": record.library,
        "fields": [
            {
                "name": field.name,
                "title": field.title,
                "value": field.value,
                "unit": field.unit,
                "at": field.at.isoformat() if field.at else None,
                "reportable": field.reportable,
            }
            for field in record.fields
        ],
    }


def csv_of(records: list[HeldRecord]) -> str:
    """One line a field (RFC 4180); what a spreadsheet would run as a formula is disarmed."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEAD)
    for record in records:
        for field in record.fields:
            at = field.at.isoformat() if field.at else ""
            line = (record.theme, record.title, record.uid, field.name, field.title, field.value, field.unit, at)
            writer.writerow([safe_cell(part) for part in line])
    return out.getvalue()
