"""A subject looks at what is held about it; every look is recorded."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.city.citizen import queries
from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.types import HeldRecord, RecordNotFound, Use
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject


@transaction.atomic
def view_records(
    *, actor: Actor, subject: Subject, entry_uid: str = "", record_uid: str = "", now: datetime
) -> list[HeldRecord]:
    """What is held about a subject, in clear, to itself or to whoever may act for it; one record with its uids.

    Raises Forbidden, `subjects.not_mandated`, `citizen.record_not_found`.
    """
    require(actor, CitizenPermission.VIEW)
    acting_subject(actor, uid=subject.uid, now=now, what=MandateScope.VIEW)
    found = queries.records_of(subject, entry_uid=entry_uid)
    if record_uid:
        found = [record for record in found if record.uid == record_uid]
        if not found:
            raise RecordNotFound
    audit.record(
        actor=actor,
        action=CitizenEvent.VIEWED,
        obj=subject,
        kind="subjects.subject",
        details={"tables": sorted({record.entry_uid for record in found}), "records": len(found)},
        now=now,
    )
    return found


@transaction.atomic
def view_uses(*, actor: Actor, subject: Subject, now: datetime) -> list[Use]:
    """Who used a subject's data within a year. Raises Forbidden, `subjects.not_mandated`."""
    require(actor, CitizenPermission.VIEW)
    acting_subject(actor, uid=subject.uid, now=now, what=MandateScope.VIEW)
    found = queries.uses_of(subject, now=now)
    audit.record(
        actor=actor,
        action=CitizenEvent.USES_VIEWED,
        obj=subject,
        kind="subjects.subject",
        details={"uses": len(found)},
        now=now,
    )
    return found
