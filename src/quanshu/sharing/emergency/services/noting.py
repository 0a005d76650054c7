"""What every write of this room has in common: locked rows, the audit entry, the event, notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override

from quanshu.shared.access.api import Actor, Placed
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.models import Emergency, Request


def locked(emergency: Emergency) -> Emergency:
    """The emergency's row, locked for the rest of the transaction."""
    return Emergency.objects.select_for_update().get(pk=emergency.pk)


def locked_request(request: Request) -> Request:
    """The demand's row, locked for the rest of the transaction."""
    rows = Request.objects.select_for_update(of=("self",))
    return rows.select_related("emergency", "consumer__unit", "entry__unit", "service").get(pk=request.pk)


def note(
    event: EmergencyEvent,
    thing: Placed,
    *,
    uid: str,
    label: str,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Steps four and five of a write. The object's kind is the first two words of the event."""
    kind = event.rpartition(".")[0]
    audit.record(actor=actor, action=event, obj=thing, kind=kind, uid=uid, label=label, details=details, now=now)
    outbox.add(name=event, payload={"uid": uid, "at": now.isoformat(), **(details or {})}, now=now)


def note_emergency(event: EmergencyEvent, emergency: Emergency, *, actor: Actor, now: datetime, **details: Any) -> None:
    """An act on an emergency."""
    note(
        event,
        emergency,
        uid=emergency.uid,
        label=str(emergency),
        actor=actor,
        now=now,
        details={"number": emergency.number, **details},
    )


def note_request(event: EmergencyEvent, request: Request, *, actor: Actor, now: datetime, **details: Any) -> None:
    """An act on an emergency demand."""
    known = {"number": request.number, "emergency": request.emergency.number, "entry_uid": request.entry.uid}
    note(
        event,
        request,
        uid=request.uid,
        label=str(request),
        actor=actor,
        now=now,
        details={**known, **details},
    )


def tell(people: Sequence[str], text: str, *, of: str, url: str, body: str = "", now: datetime) -> int:
    """Write a notice, in the platform's language, since it is kept as text. `text` has a place %(of)s."""
    if not people:
        return 0
    with override(settings.LANGUAGE_CODE):
        return notify(recipients=people, subject=gettext(text) % {"of": of}, body=body, url=url, now=now)
