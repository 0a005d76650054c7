"""Subjects become known."""

from __future__ import annotations

import base64
from datetime import datetime

from django.db import transaction

from quanshu.kernel.ciphers import suite
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.keys import node_key
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.subjects import rules
from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.models import Subject
from quanshu.sharing.subjects.permissions import SubjectPermission
from quanshu.sharing.subjects.queries import digest_of


@transaction.atomic
def ensure_subject(*, actor: Actor, kind: str, number: str, name: str, now: datetime) -> Subject:
    """The subject with this number, enrolled if it was not. Raises FieldErrors for a number that is none."""
    require(actor, SubjectPermission.ENROL)
    number = rules.check_number(kind=kind, number=number)
    digest = digest_of(kind, number)
    subject = Subject.objects.filter(digest=digest).first()
    if subject is not None:
        return subject
    uid = new_uid()
    sealed = suite("intl").seal(node_key("subject-seal"), number.encode(), uid.encode())
    subject = Subject.objects.create(
        uid=uid, kind=kind, digest=digest, sealed=base64.b64encode(sealed).decode("ascii"), name=name, created_at=now
    )
    audit.record(actor=actor, action=SubjectEvent.ENROLLED, obj=subject, kind="subjects.subject", now=now)
    outbox.add(name=SubjectEvent.ENROLLED, payload={"uid": uid, "kind": kind}, now=now)
    return subject
