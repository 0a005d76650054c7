"""Steps four and five of every write of this room."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Scan, Scene, SigningKey, Verifier
from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.subjects.api import Subject

KINDS = {
    Scene: "codes.scene",
    Verifier: "codes.verifier",
    Scan: "codes.scan",
    Subject: "subjects.subject",
    SigningKey: "codes.key",
}


def note(
    event: CodeEvent | str,
    obj: Scene | Verifier | Scan | Subject | SigningKey,
    *,
    actor: Actor,
    now: datetime,
    details: dict[str, Any] | None = None,
    outcome: str = "done",
) -> None:
    """Record the act, and tell the rooms above. Subjects are told by uid alone."""
    details = details or {}
    audit.record(actor=actor, action=event, obj=obj, kind=KINDS[type(obj)], details=details, outcome=outcome, now=now)
    outbox.add(name=str(event), payload={"uid": obj.uid, "at": now.isoformat(), **details}, now=now)


def note_scans(scans: Iterable[tuple[Scan, dict[str, Any]]], *, actor: Actor, now: datetime) -> None:
    """The same of many scans, taken and refused, with what the trail holds of each."""
    entries: list[audit.AuditEntry] = []
    events: list[tuple[str, dict[str, Any]]] = []
    for scan, details in scans:
        event, outcome = (CodeEvent.SCANNED, "done") if scan.ok else (CodeEvent.REFUSED, "refused")
        told: dict[str, Any] = {"kind": KINDS[Scan], "details": details, "outcome": outcome}
        entries.append(audit.record(actor=actor, action=event, obj=scan, now=now, keep=False, **told))
        events.append((str(event), {"uid": scan.uid, "at": now.isoformat(), **details}))
    audit.record_all(entries)
    outbox.add_all(events, now=now)
