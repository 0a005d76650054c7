"""Deliveries set up, changed, paused, ended; their connection tried."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from quanshu.kernel.errors import QuanshuError
from quanshu.lake.delivering import try_target
from quanshu.lake.delivering.types import TargetNotAllowed
from quanshu.lake.landing.network import HostNotAllowed, PrivateAddress
from quanshu.lake.landing.sftp import list_sftp
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs.api import next_time
from quanshu.shared.keys import seal_text
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.delivery import rules
from quanshu.sharing.delivery.events import DeliveryEvent
from quanshu.sharing.delivery.models import Batch, Delivery
from quanshu.sharing.delivery.permissions import DeliveryPermission as P
from quanshu.sharing.delivery.queries import FAMILY, PARTS, database_of, file_of, reach, secret_of, server_of
from quanshu.sharing.delivery.services.noting import note
from quanshu.sharing.delivery.types import UNFINISHED, BatchState, Channel, DeliveryData, DeliveryState
from quanshu.supply.lake_store import get_lake


@transaction.atomic
def create_delivery(*, actor: Actor, grant: BulkGrant, data: DeliveryData, now: datetime) -> Delivery:
    """Set up a delivery of a bulk grant in force. Raises Forbidden, GrantOver, FieldErrors."""
    require(actor, P.MANAGE, grant.consumer)
    check_in_force(grant, now)
    delivery = Delivery(grant=grant, state=DeliveryState.ACTIVE, created_at=now, created_by=actor.name)
    return _keep(delivery, data, DeliveryEvent.CREATED, actor=actor, now=now)


@transaction.atomic
def change_delivery(*, actor: Actor, delivery: Delivery, data: DeliveryData, now: datetime) -> Delivery:
    """Change a delivery; its channel stays, an empty secret keeps the one it has. Raises as create_delivery."""
    delivery = locked(delivery)
    require(actor, P.MANAGE, delivery)
    rules.MACHINE.check(delivery.state, "end")
    return _keep(delivery, replace(data, channel=delivery.channel), DeliveryEvent.CHANGED, actor=actor, now=now)


@transaction.atomic
def pause_delivery(*, actor: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """Stop for a time; a batch under way ends first. Raises Forbidden, WrongState."""
    return _step(delivery, "pause", DeliveryEvent.PAUSED, actor=actor, now=now)


@transaction.atomic
def resume_delivery(*, actor: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """Go on. Raises Forbidden, WrongState, GrantOver."""
    check_in_force(delivery.grant, now)
    return _step(delivery, "resume", DeliveryEvent.RESUMED, actor=actor, now=now)


@transaction.atomic
def end_delivery(*, actor: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """End a delivery for good: batches stop, files can be downloaded no more. Raises Forbidden, WrongState."""
    delivery = _step(delivery, "end", DeliveryEvent.ENDED, actor=actor, now=now)
    close_batches(delivery, now)
    return delivery


def end_with_grant(*, grant_uid: str, now: datetime) -> int:
    """End every delivery of a grant that is over; returns how many."""
    rows = Delivery.objects.filter(grant__uid=grant_uid).exclude(state=DeliveryState.ENDED).select_related(*PARTS)
    for delivery in rows:
        end_delivery(actor=SYSTEM, delivery=delivery, now=now)
    return len(rows)


def try_delivery(*, actor: Actor, delivery: Delivery, now: datetime) -> Delivery:
    """Sign in at the receiver and see whether a delivery could be made.

    Raises Forbidden, NothingToTry, GrantOver, and what the receiver's side raises (`lake.*`).
    """
    require(actor, P.RUN, delivery)
    rules.check_try(delivery.channel)
    check_in_force(delivery.grant, now)
    try:
        _try(delivery)
    except QuanshuError as fault:
        _noted_try(delivery, fault.code, actor=actor, now=now)
        raise
    _noted_try(delivery, "", actor=actor, now=now)
    return delivery


def _try(delivery: Delivery) -> None:
    if delivery.channel == Channel.SFTP:
        try:
            list_sftp(replace(server_of(delivery), folder="."), reach())
        except (HostNotAllowed, PrivateAddress) as fault:
            raise TargetNotAllowed(host=f"{delivery.options['host']}:{delivery.options['port']}") from fault
        return
    lake, view = get_lake(), delivery.grant.view
    try_target(database_of(delivery), reach(), lake.schema(view) if lake.exists(view) else None)


@transaction.atomic
def _noted_try(delivery: Delivery, fault: str, *, actor: Actor, now: datetime) -> None:
    details = {"target": delivery.target, "fault": fault}
    note(DeliveryEvent.TRIED, delivery, actor=actor, now=now, details=details)


def check_in_force(grant: BulkGrant, now: datetime) -> BulkGrant:
    """The grant as it is in the database now. Raises GrantOver."""
    row = BulkGrant.objects.select_related("consumer").get(pk=grant.pk)
    rules.check_grant(state=row.state, valid_until=row.valid_until, consumer_active=row.consumer.active, now=now)
    return row


def locked(delivery: Delivery) -> Delivery:
    """The delivery as it is now, held until the transaction ends."""
    return Delivery.objects.select_for_update(of=("self",)).select_related(*PARTS).get(pk=delivery.pk)


def close_batches(delivery: Delivery, now: datetime) -> None:
    """Stop batches that wait or run, and take the files away."""
    delivery.batches.filter(state__in=UNFINISHED).update(state=BatchState.STOPPED, ended_at=now)
    for batch in delivery.batches.filter(expires_at__isnull=False):
        file_of(batch).unlink(missing_ok=True)
    Batch.objects.filter(delivery=delivery, expires_at__gt=now).update(expires_at=now)


def _step(delivery: Delivery, name: str, event: DeliveryEvent, *, actor: Actor, now: datetime) -> Delivery:
    delivery = locked(delivery)
    require(actor, P.MANAGE, delivery)
    delivery.state = rules.MACHINE.check(delivery.state, name).target
    delivery.next_at = _next(delivery, now)
    delivery.save(update_fields=["state", "next_at"])
    note(event, delivery, actor=actor, now=now, details={"table": delivery.grant.full_name})
    return delivery


def _next(delivery: Delivery, now: datetime) -> datetime | None:
    at_work = delivery.cron and delivery.state == DeliveryState.ACTIVE
    return next_time(delivery.cron, now) if at_work else None


def _keep(delivery: Delivery, data: DeliveryData, event: DeliveryEvent, *, actor: Actor, now: datetime) -> Delivery:
    options = rules.clean_options(data.channel, data.options)
    moved = bool(delivery.pk) and options != delivery.options
    given = {name: value for name, value in data.secret.items() if value}
    rules.check_secret(delivery.options, options, kept=bool(delivery.sealed_secret), given=bool(given))
    # What was entered for one server is not sent to another.
    secret = given if rules.is_elsewhere(delivery.options, options) else {**secret_of(delivery), **given}
    rules.check_data(replace(data, options=options, secret=secret))
    delivery.name, delivery.channel, delivery.form = data.name.strip(), data.channel, data.form
    delivery.extent, delivery.cron, delivery.link_days = data.extent, data.cron.strip(), data.link_days
    delivery.options = options
    if moved:
        # Another place has had nothing yet.
        delivery.base_view, delivery.base_version = "", None
    if options:
        sealed = seal_text(FAMILY, json.dumps(secret, ensure_ascii=False), delivery.uid) if secret else ""
        delivery.sealed_secret = sealed
    delivery.next_at = _next(delivery, now)
    delivery.save()
    details = {"table": delivery.grant.full_name, "target": delivery.target, "extent": delivery.extent}
    note(event, delivery, actor=actor, now=now, details=details)
    return delivery
