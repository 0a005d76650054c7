"""Impact records: drafted by the supplying unit, reviewed by the bureau, kept, renewed when the service changes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext, override

from quanshu.organisation.api import holders
from quanshu.oversight.privacy import queries, rules
from quanshu.oversight.privacy.events import PrivacyEvent as E
from quanshu.oversight.privacy.models import ImpactRecord
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.services.noting import note
from quanshu.oversight.privacy.types import RecordData, RecordState, Standing
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.services.api import Service

KIND = "privacy.record"
REVIEW = "privacy.record_review"
GAP = "privacy.record_gap"
SERVICE = "services.service"


def locked(record: ImpactRecord) -> ImpactRecord:
    """The record as it is now, held until the transaction ends."""
    rows = ImpactRecord.objects.select_for_update(of=("self",))
    return rows.select_related("service__unit", "service__entry").get(pk=record.pk)


@transaction.atomic
def draft_record(*, actor: Actor, now: datetime, service: Service, data: RecordData) -> ImpactRecord:
    """Draft the record of a service, or the one that is to replace it.

    Raises Forbidden, FieldErrors, `privacy.not_sensitive`, `privacy.record_under_way`.
    """
    earlier = ImpactRecord.objects.select_for_update().filter(service=service)
    record = ImpactRecord(
        service=service,
        number=earlier.count() + 1,
        drafted_at=now,
        drafted_by=actor.name,
        drafted_by_uid=actor.uid,
    )
    require(actor, P.RECORD_DRAFT, record)
    rules.check_needed(queries.sensitive_in(service))
    rules.check_draftable(under_way=earlier.filter(state__in=queries.UNDER_WAY).exists())
    return _fill(record, data, actor=actor, now=now)


@transaction.atomic
def change_record(*, actor: Actor, now: datetime, record: ImpactRecord, data: RecordData) -> ImpactRecord:
    """Change a draft; it speaks of the service as it is now. Raises Forbidden, FieldErrors, `privacy.wrong_state`."""
    record = locked(record)
    require(actor, P.RECORD_DRAFT, record)
    rules.check_step(rules.RECORD_MACHINE, record.state, "submit")
    return _fill(record, data, actor=actor, now=now)


def _fill(record: ImpactRecord, data: RecordData, *, actor: Actor, now: datetime) -> ImpactRecord:
    rules.check_record(data)
    for name, value in asdict(data).items():
        setattr(record, name, value.strip())
    subject = queries.subject_of(record.service, now)
    record.items, record.purposes = list(subject.items), list(subject.purposes)
    record.save()
    note(E.DRAFTED, record, actor=actor, now=now, details={"service": record.service.sid, "number": record.number})
    return record


@transaction.atomic
def submit_record(*, actor: Actor, now: datetime, record: ImpactRecord) -> ImpactRecord:
    """Hand a draft to the bureau, whose clock begins. Raises Forbidden, `privacy.wrong_state`, `privacy.outdated`."""
    record = locked(record)
    require(actor, P.RECORD_DRAFT, record)
    record.state = rules.check_step(rules.RECORD_MACHINE, record.state, "submit")
    rules.check_record_current(record.subject, queries.subject_of(record.service, now))
    record.submitted_at, record.note = now, ""
    record.save()
    clock = workflow.start_clock(
        kind=REVIEW,
        subject_kind=KIND,
        subject_uid=record.uid,
        days=rules.REVIEW_DAYS,
        holder_path=queries.platform_path(),
        now=now,
    )
    workflow.open_todo(
        kind=REVIEW,
        subject_kind=KIND,
        subject_uid=record.uid,
        title=record.service.title,
        url=record.get_absolute_url(),
        permission=P.RECORD_REVIEW,
        unit_path=record.service.unit.path,
        due_on=clock.due_on,
        now=now,
    )
    note(E.SUBMITTED, record, actor=actor, now=now)
    return record


def _decided(record: ImpactRecord, step: str, *, actor: Actor, now: datetime) -> ImpactRecord:
    record = locked(record)
    require(actor, P.RECORD_REVIEW, record)
    record.state = rules.check_step(rules.RECORD_MACHINE, record.state, step)
    rules.check_decider(proposed_by=record.drafted_by_uid, actor=actor.uid)
    record.decided_at, record.decided_by = now, actor.name
    workflow.stop_clock(kind=REVIEW, subject_kind=KIND, subject_uid=record.uid, now=now)
    workflow.close_todo(kind=REVIEW, subject_kind=KIND, subject_uid=record.uid, now=now)
    return record


@transaction.atomic
def approve_record(*, actor: Actor, now: datetime, record: ImpactRecord) -> ImpactRecord:
    """Approve a record that speaks of the service as it is; it takes the place of the one before.

    Raises Forbidden, `privacy.wrong_state`, `privacy.own_proposal`, `privacy.outdated`.
    """
    record = _decided(record, "approve", actor=actor, now=now)
    rules.check_record_current(record.subject, queries.subject_of(record.service, now))
    for before in ImpactRecord.objects.filter(service=record.service, state=RecordState.APPROVED):
        before.state, before.replaced_at = rules.check_step(rules.RECORD_MACHINE, before.state, "replace"), now
        before.save(update_fields=["state", "replaced_at"])
        note(E.REPLACED, before, actor=actor, now=now, details={"by": record.uid})
    record.kept_until = rules.kept_until(workflow.city_day(now))
    record.save()
    workflow.close_todo(kind=GAP, subject_kind=SERVICE, subject_uid=record.service.uid, now=now)
    note(E.APPROVED, record, actor=actor, now=now, details={"kept_until": record.kept_until.isoformat()})
    return record


@transaction.atomic
def return_record(*, actor: Actor, now: datetime, record: ImpactRecord, reason: str) -> ImpactRecord:
    """Give a record back with what is missing. Raises Forbidden, WrongStep, OwnProposal, FieldErrors."""
    rules.check_reason(reason)
    record = _decided(record, "return", actor=actor, now=now)
    record.note = reason.strip()
    record.save()
    note(E.RETURNED, record, actor=actor, now=now, details={"reason": record.note})
    return record


@transaction.atomic
def withdraw_record(*, actor: Actor, now: datetime, record: ImpactRecord) -> ImpactRecord:
    """Put a draft away. Raises Forbidden, `privacy.wrong_state`."""
    record = locked(record)
    require(actor, P.RECORD_DRAFT, record)
    record.state = rules.check_step(rules.RECORD_MACHINE, record.state, "withdraw")
    record.save()
    note(E.WITHDRAWN, record, actor=actor, now=now)
    return record


@transaction.atomic
def warn_of_gap(service: Service, now: datetime) -> Standing | None:
    """Warn the supplying unit and the bureau of a sensitive service without an approved record; None when none is
    needed. A gap that is known is not told again.
    """
    if not queries.sensitive_in(service):
        return None
    found = queries.stand_of(service, now).standing
    if found == Standing.IN_ORDER:
        workflow.close_todo(kind=GAP, subject_kind=SERVICE, subject_uid=service.uid, now=now)
        return found
    known = workflow.TodoItem.objects.filter(kind=GAP, subject_kind=SERVICE, subject_uid=service.uid, closed_at=None)
    if known.exists():
        return found
    url = f"/privacy/services/{service.uid}/"
    workflow.open_todo(
        kind=GAP,
        subject_kind=SERVICE,
        subject_uid=service.uid,
        title=service.title,
        url=url,
        permission=P.RECORD_DRAFT,
        unit_path=service.unit.path,
        now=now,
    )
    audit.record(
        actor=SYSTEM, action=E.LACKING, obj=service, kind=SERVICE, uid=service.uid, details={"standing": found}, now=now
    )
    people = {*holders(service.unit.path, "steward"), *holders(queries.platform_path(), "bureau")}
    with override("zh-hans"):
        subject = gettext("A sensitive service has no approved impact record: %(service)s") % {"service": service.sid}
        notify(recipients=sorted(people), subject=subject, url=url, now=now)
    return found
