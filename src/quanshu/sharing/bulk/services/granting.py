"""Bulk grants: asked for, decided, made, ended at once by a revocation."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as N_

from quanshu.gateway.snapshot import append_revocation
from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.bulk import rules
from quanshu.sharing.bulk.events import BulkEvent
from quanshu.sharing.bulk.models import BulkGrant
from quanshu.sharing.bulk.permissions import BulkPermission as P
from quanshu.sharing.bulk.queries import data_of, landed_schema, shared_items
from quanshu.sharing.bulk.services.noting import note
from quanshu.sharing.bulk.types import BulkData, BulkState, ConsentEach
from quanshu.sharing.services.api import Consumer, ConsumerOff, consent_only, mark_dirty, masks_agreed
from quanshu.supply.catalogue.api import Entry, ItemData

REFRESH_JOB = "bulk.refresh"
KIND, DECIDE = "bulk.grant", "bulk.decide"
NOT_ALLOWED_NOW = N_("The catalogue no longer allows what was granted.")
CONSENT_NOW = N_("What was granted is told only by the consent of whom it is about.")


@transaction.atomic
def request_bulk(*, actor: Actor, consumer: Consumer, entry: Entry, data: BulkData, now: datetime) -> BulkGrant:
    """Ask the provider of an entry to share it in bulk with an application of one's unit.

    Raises Forbidden, ConsumerOff, EntryNotReady, EntryNotShared, NoKey, FieldErrors.
    """
    require(actor, P.ASK, consumer)
    grant = _made(actor, consumer, entry, data, now)
    grant.state = BulkState.REQUESTED
    _saved(grant)
    note(BulkEvent.REQUESTED, grant, actor=actor, now=now, details=told_of(grant))
    workflow.open_todo(
        kind=DECIDE,
        subject_kind=KIND,
        subject_uid=grant.uid,
        title=f"{entry.resource_name} → {consumer.name}",
        url=grant.get_absolute_url(),
        permission=P.CREATE,
        unit_path=entry.unit.path,
        now=now,
    )
    return grant


@transaction.atomic
def create_bulk(*, actor: Actor, consumer: Consumer, entry: Entry, data: BulkData, now: datetime) -> BulkGrant:
    """Share an entry in bulk with an application. Its view is built by a job.

    Raises Forbidden, ConsumerOff, EntryNotReady, EntryNotShared, NoKey, FieldErrors.
    """
    grant = _made(actor, consumer, entry, data, now)
    require(actor, P.CREATE, grant)
    _activate(grant, actor, now)
    _saved(grant)
    note(BulkEvent.GRANTED, grant, actor=actor, now=now, details=told_of(grant))
    build_later(grant, now)
    return grant


@transaction.atomic
def approve_bulk(*, actor: Actor, grant: BulkGrant, reason: str, now: datetime) -> BulkGrant:
    """Grant what was asked for. Raises what `create_bulk` raises, WrongState and OwnRequest."""
    grant = locked(grant)
    require(actor, P.CREATE, grant)
    rules.MACHINE.check(grant.state, "approve")
    rules.check_decider(requested_by=grant.created_by_uid, actor_uid=actor.uid)
    rules.check_reason(reason)
    checked(grant.consumer, grant.entry, data_of(grant), now)
    # What was agreed with the application since it asked.
    agreed = masks_agreed(consumer_id=grant.consumer_id, entry=grant.entry, now=now)
    grant.masks = rules.with_agreed(grant.masks, agreed)
    _activate(grant, actor, now)
    grant.reason = reason.strip()
    grant.save()
    note(BulkEvent.APPROVED, grant, actor=actor, now=now, details=told_of(grant) | {"reason": grant.reason})
    _tell_decided(grant, N_("Your bulk request for %(entry)s is granted."), now)
    build_later(grant, now)
    return grant


@transaction.atomic
def refuse_bulk(*, actor: Actor, grant: BulkGrant, reason: str, now: datetime) -> BulkGrant:
    """Refuse what was asked for. Raises Forbidden, WrongState, OwnRequest, FieldErrors."""
    grant = locked(grant)
    require(actor, P.CREATE, grant)
    rules.MACHINE.check(grant.state, "refuse")
    rules.check_decider(requested_by=grant.created_by_uid, actor_uid=actor.uid)
    rules.check_reason(reason)
    grant.state, grant.decided_at, grant.decided_by = BulkState.REFUSED, now, actor.name
    grant.reason, grant.ended_at = reason.strip(), now
    grant.save()
    note(BulkEvent.REFUSED, grant, actor=actor, now=now, details={"reason": grant.reason})
    _tell_decided(grant, N_("Your bulk request for %(entry)s is refused."), now)
    return grant


@transaction.atomic
def revoke_bulk(*, actor: Actor, grant: BulkGrant, reason: str, now: datetime) -> BulkGrant:
    """End a bulk grant; gateways refuse it and the file addresses it gave within a second.

    Raises Forbidden, WrongState, FieldErrors.
    """
    grant = locked(grant)
    require(actor, P.REVOKE, grant)
    rules.MACHINE.check(grant.state, "revoke")
    rules.check_reason(reason)
    grant.state, grant.ended_at, grant.reason = BulkState.REVOKED, now, reason.strip()
    grant.save(update_fields=["state", "ended_at", "reason"])
    mark_dirty()
    note(BulkEvent.REVOKED, grant, actor=actor, now=now, details={"reason": reason, "table": grant.full_name})
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "bulk", grant.uid, now.isoformat()))
    return grant


def revoke_not_allowed(*, entry_uid: str, now: datetime) -> int:
    """Hold an entry's bulk grants against what the catalogue now says of it; returns how many were changed.

    A grant the entry no longer allows is revoked. Where a grade has risen, or a stricter mask was agreed with the
    application in another grant, the field goes on under the new mask, in a view built anew, and what was clear can be
    read no more (就高从严). What services now tell by consent alone is shared in bulk no more.
    """
    changed = 0
    for row in BulkGrant.objects.filter(entry__uid=entry_uid, state=BulkState.ACTIVE):
        with transaction.atomic():
            grant = locked(row)
            try:
                items = shared_items(grant.entry)
                agreed = masks_agreed(consumer_id=grant.consumer_id, entry=grant.entry, now=now)
                masks = rules.with_agreed(rules.stricter(grant.masks, items, grant.fields), agreed)
                before, grant.masks = grant.masks, masks
                rules.check_terms(data_of(grant), items, entry=str(grant.entry))
                rules.check_consent(grant.fields, by_consent=consent_only(grant.entry))
            except QuanshuError as fault:
                reason = CONSENT_NOW if isinstance(fault, ConsentEach) else NOT_ALLOWED_NOW
                revoke_bulk(actor=SYSTEM, grant=grant, reason=reason, now=now)
                changed += 1
                continue
            if masks != before:
                begin_anew(grant, now)
                changed += 1
    return changed


def begin_anew(grant: BulkGrant, now: datetime) -> None:
    """Give the grant a view of another generation; readers get no more of the one before."""
    grant.old_views = [*grant.old_views, [grant.view, now.isoformat()]]
    grant.generation += 1
    grant.view = rules.view_name(grant.uid, grant.generation)
    grant.source_version = grant.view_version = grant.view_rows = grant.refreshed_at = None
    grant.stale_since = now
    grant.save()
    mark_dirty()
    note(BulkEvent.REFRESHED, grant, actor=SYSTEM, now=now, details={"generation": grant.generation})
    build_later(grant, now)


def end_due(now: datetime) -> int:
    """End grants whose time is over; returns how many."""
    due = BulkGrant.objects.filter(state=BulkState.ACTIVE, valid_until__lte=now)
    for row in due:
        with transaction.atomic():
            grant = locked(row)
            rules.MACHINE.check(grant.state, "end")
            grant.state, grant.ended_at = BulkState.ENDED, now
            grant.save(update_fields=["state", "ended_at"])
            mark_dirty()
            note(BulkEvent.ENDED, grant, actor=SYSTEM, now=now, details={"table": grant.full_name})
    return len(due)


@transaction.atomic
def ask_refresh(*, actor: Actor, grant: BulkGrant, now: datetime) -> BulkGrant:
    """Have a view refreshed now, as after its source was mended. Raises Forbidden, WrongState."""
    require(actor, P.CREATE, grant)
    rules.MACHINE.check(grant.state, "revoke")
    note(BulkEvent.REFRESH_ASKED, grant, actor=actor, now=now)
    build_later(grant, now)
    return grant


def build_later(grant: BulkGrant, now: datetime) -> None:
    """Have the view built or refreshed by a job."""
    jobs.enqueue(REFRESH_JOB, {"grant_uid": grant.uid}, now=now)


def locked(grant: BulkGrant) -> BulkGrant:
    """The grant as it is now, held until the transaction ends."""
    rows = BulkGrant.objects.select_for_update(of=("self",))
    return rows.select_related("consumer__unit", "entry__unit").get(pk=grant.pk)


def told_of(grant: BulkGrant) -> dict[str, Any]:
    """What the audit trail keeps of a grant: names, never a condition's values."""
    return {
        "table": grant.full_name,
        "rid": grant.consumer.rid,
        "entry": grant.entry.uid,
        "fields": grant.fields,
        "masks": grant.masks,
        "conditions": [f"{part['column']} {part['operator']}" for part in grant.where],
        "valid_until": grant.valid_until.isoformat(),
    }


def checked(consumer: Consumer, entry: Entry, data: BulkData, now: datetime) -> dict[str, ItemData]:
    """The entry's items, when all that is asked for may be shared now."""
    if not consumer.active:
        raise ConsumerOff(consumer=consumer.name)
    items = shared_items(entry)
    rules.check_consent(data.fields, by_consent=consent_only(entry))
    rules.check_data(data, items, entry=str(entry), landed=landed_schema(entry), now=now)
    return items


def _made(actor: Actor, consumer: Consumer, entry: Entry, data: BulkData, now: datetime) -> BulkGrant:
    consumer = Consumer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=consumer.pk)
    items = checked(consumer, entry, data, now)
    grant = BulkGrant(
        consumer=consumer,
        entry=entry,
        share=rules.SHARE,
        schema=rules.schema_name(entry.unit.code),
        table_name=data.table_name,
        fields=list(data.fields),
        masks=rules.masks_of(data, items, masks_agreed(consumer_id=consumer.pk, entry=entry, now=now)),
        where=[{"column": part.column, "operator": part.operator, "values": list(part.values)} for part in data.where],
        purpose=data.purpose.strip(),
        row_limit=data.row_limit,
        daily_rows=data.daily_rows,
        versions_kept=data.versions_kept,
        retention_days=data.retention_days,
        valid_until=data.valid_until,
        created_at=now,
        created_by=actor.name,
        created_by_uid=actor.uid or "",
    )
    grant.view = rules.view_name(grant.uid, 1)
    return grant


def _tell_decided(grant: BulkGrant, text: str, now: datetime) -> None:
    """Close the deciders' to-do and tell who asked, in the city's language."""
    workflow.close_todo(kind=DECIDE, subject_kind=KIND, subject_uid=grant.uid, now=now)
    with translation.override(settings.LANGUAGE_CODE):
        subject = gettext(text) % {"entry": grant.entry.resource_name}
        people = [grant.created_by_uid]
        notify(recipients=people, subject=subject, body=grant.reason, url=grant.get_absolute_url(), now=now)


def _activate(grant: BulkGrant, actor: Actor, now: datetime) -> None:
    grant.state, grant.valid_from = BulkState.ACTIVE, now
    grant.decided_at, grant.decided_by, grant.stale_since = now, actor.name, now
    mark_dirty()


def _saved(grant: BulkGrant) -> None:
    try:
        with transaction.atomic():
            grant.save()
    except IntegrityError as fault:
        text = N_("The application has a table of this name already.")
        raise FieldErrors(errors=(FieldError("table_name", text, N_("Choose another name.")),)) from fault
