"""An entry as the bytes that are hashed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from quanshu.shared.audit.models import AuditEntry
from quanshu.tlog.entries import DIGESTS, canonical

NAMES = (
    "uid",
    "actor_uid",
    "actor_name",
    "actor_kind",
    "actor_unit",
    "action",
    "object_kind",
    "object_uid",
    "label",
    "unit_path",
    "region_code",
    "details",
    "outcome",
    "request_id",
    "salt",
    "trace_id",
    "at",
)


def moment(at: datetime) -> str:
    """A time as it is hashed: ISO 8601 in UTC with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def statement_of(entry: AuditEntry, form: int = DIGESTS) -> bytes:
    """The entry in full, with its salt: sorted JSON. A statement of form 0 does not name its form."""
    return statement({name: getattr(entry, name) for name in NAMES} | {"at": moment(entry.at)}, form)


def statement(values: Mapping[str, Any], form: int) -> bytes:
    """The same from the row's values by NAMES, with the time as `moment` gives it."""
    body = dict(values)
    if not body["trace_id"]:
        # Entries of before there were traces keep the hash they have.
        del body["trace_id"]
    if form:
        body["form"] = form
    return canonical(body)
