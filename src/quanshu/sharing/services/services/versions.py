"""Versions side by side: the one before answers until its printed end, and grants may be bound to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import SYSTEM, Actor, allows, require
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Grant, Service, ServiceVersion
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.queries import TEXTS, old_versions, published_spec
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import GroundMissing, NothingBound, VersionNotOld
from quanshu.supply.catalogue.api import ItemData


def earliest_end(today: date) -> date:
    """The first day a version may end on: ten working days of notice. Raises MissingYear."""
    return calendar().due(today, rules.NOTICE_DAYS)


def keep_beside(*, actor: Actor, now: datetime, service: Service, number: int, ends_on: date | None) -> None:
    """Print the end of the version that a new one follows, bind grants to it where the new one would break them.

    Where the new one asks for consent, those before that tell on no ground end with it, and grants follow it.
    """
    today = city_day(now)
    earliest = earliest_end(today)
    last = ends_on or max(earliest, today + timedelta(days=rules.BESIDE_DAYS))
    rules.check_end(last, today=today, earliest=earliest)
    row = ServiceVersion.objects.get(service=service, number=number)
    ended = [old for old in [*old_versions(service), row] if rules.gives_way(old.spec, service.spec)]
    if row in ended:
        last = today - timedelta(days=1)
    row.deprecated_at, row.ends_on = now, last
    row.serving_file, row.serving_table, row.serving_key = (
        service.serving_file,
        service.serving_table,
        service.serving_key,
    )
    row.save()
    breaking = any(change.breaking for change in rules.compare_specs(row.spec, service.spec))
    unbind(service, ended)
    if breaking and row not in ended:
        Grant.objects.filter(service=service, version=0, revoked_at__isnull=True).update(version=number)
    details = {"sid": service.sid, "version": number, "ends_on": last.isoformat(), "breaking": breaking}
    note(ServiceEvent.VERSION_KEPT, service, actor=actor, now=now, details=details)


def unbind(service: Service, ended: Sequence[ServiceVersion]) -> None:
    """Grants bound to versions that have ended are answered by the newest."""
    numbers = [row.number for row in ended]
    Grant.objects.filter(service=service, version__in=numbers, revoked_at__isnull=True).update(version=0)


def end_without_ground(service: Service, items: Mapping[str, ItemData], *, now: datetime) -> int:
    """End the old versions that tell what a risen grade made sensitive, and name no ground; returns how many."""
    ended = []
    for row in old_versions(service).filter(ends_on__gte=city_day(now)):
        data = rules.data_of({name: getattr(service, name) for name in TEXTS}, row.spec)
        try:
            rules.check_ground_held(data, items)
        except GroundMissing as fault:
            row.ends_on = city_day(now) - timedelta(days=1)
            row.save(update_fields=["ends_on"])
            details = {"sid": service.sid, "version": row.number, "ends_on": row.ends_on.isoformat(), **fault.params}
            note(ServiceEvent.VERSION_END, service, actor=SYSTEM, now=now, details=details)
            ended.append(row)
    if ended:
        unbind(service, ended)
        mark_dirty()
    return len(ended)


@transaction.atomic
def set_version_end(*, actor: Actor, now: datetime, service: Service, number: int, ends_on: date) -> ServiceVersion:
    """Move the printed end of an old version, never closer than the notice. Raises Forbidden, VersionNotOld,
    FieldErrors."""
    service = Service.objects.select_for_update(of=("self",)).select_related("unit").get(pk=service.pk)
    require(actor, ServicePermission.PUBLISH, service)
    row = old_versions(service).filter(number=number).first()
    if row is None:
        raise VersionNotOld(number=number)
    today = city_day(now)
    rules.check_end(ends_on, today=today, earliest=earliest_end(today))
    if rules.gives_way(row.spec, published_spec(service)):
        fault = N_("The newest version asks for consent to what this one tells without.")
        raise FieldErrors(errors=(FieldError("ends_on", fault, N_("It has ended; its callers ask for consents.")),))
    row.ends_on = ends_on
    row.save(update_fields=["ends_on"])
    mark_dirty()
    details = {"sid": service.sid, "version": number, "ends_on": ends_on.isoformat()}
    note(ServiceEvent.VERSION_END, service, actor=actor, now=now, details=details)
    return row


@transaction.atomic
def move_grant(*, actor: Actor, now: datetime, grant: Grant) -> Grant:
    """Have a grant answered by the newest version from now on. The application's unit may, and who grants.

    Raises Forbidden, NothingBound.
    """
    rows = Grant.objects.select_for_update(of=("self",)).select_related("service__unit", "consumer__unit")
    grant = rows.get(pk=grant.pk)
    if not allows(actor, ServicePermission.GRANT_CREATE, grant):
        require(actor, ServicePermission.CONSUMER_MANAGE, grant.consumer)
    if not grant.version:
        raise NothingBound
    before, grant.version = grant.version, 0
    grant.save(update_fields=["version"])
    mark_dirty()
    note(ServiceEvent.GRANT_MOVED, grant, actor=actor, now=now, details={"sid": grant.service.sid, "from": before})
    return grant
