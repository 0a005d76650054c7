"""Steps four and five of every write of this room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override

from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Certificate
from quanshu.shared.access.api import Actor, Placed
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox


def note(
    event: VaultEvent,
    obj: Placed,
    *,
    kind: str,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Record the act and tell the rooms above. `details` hold no personal data: uids, types and names of claims."""
    uid = str(getattr(obj, "uid", ""))
    audit.record(actor=actor, action=event, obj=obj, kind=kind, uid=uid, details=details, now=now)
    outbox.add(name=event, payload={"uid": uid, "at": now.isoformat(), **(details or {})}, now=now)


def note_certificate(
    event: VaultEvent,
    certificate: Certificate,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """The same for a certificate: its type and its holder's uid are always told."""
    told = {"type": certificate.type_code, "subject": certificate.subject.uid, **(details or {})}
    note(event, certificate, kind="vault.certificate", actor=actor, now=now, details=told)


def tell_holder(certificate: Certificate, subject: str, body: str = "", *, now: datetime) -> None:
    """A notice to the holder, in the city's language; `subject` is a message id."""
    with override(settings.LANGUAGE_CODE):
        notify(
            recipients=[certificate.subject.uid],
            subject=gettext(subject),
            body=body,
            url=f"/vault/mine/{certificate.uid}/",
            now=now,
        )
