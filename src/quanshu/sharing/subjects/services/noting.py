"""Steps four and five of every write of this room. A subject is told by uid, never by number or name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.models import Mandate, Subject

SUBJECT = "subjects.subject"
MANDATE = "subjects.mandate"


def note_subject(
    event: SubjectEvent, subject: Subject, *, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None
) -> None:
    """Record what a subject did, and tell the rooms above."""
    audit.record(actor=actor, action=event, obj=subject, kind=SUBJECT, details=details, now=now)
    outbox.add(name=event, payload={"uid": subject.uid, "kind": subject.kind}, now=now)


def note_mandate(
    event: SubjectEvent, mandate: Mandate, *, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None
) -> None:
    """Record an act on a mandate, and tell the rooms above."""
    facts = {"principal": mandate.principal.uid, "agent": mandate.agent.uid, "kind": mandate.kind}
    audit.record(actor=actor, action=event, obj=mandate, kind=MANDATE, details={**facts, **(details or {})}, now=now)
    outbox.add(name=event, payload={"uid": mandate.uid, **facts}, now=now)
