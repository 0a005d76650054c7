"""Versions side by side: the one before answers until its printed end, and grants may be bound to it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from quanshu.shared.access.api import Actor, allows, require
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Grant, Service, ServiceVersion
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.queries import old_versions
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import NothingBound, VersionNotOld


def earliest_end(today: date) -> date:
    """The first day a version may end on: ten working days of notice. Raises MissingYear."""
    return calendar().due(today, rules.NOTICE_DAYS)


def keep_beside(*, actor: Actor, now: datetime, service: Service, number: int, ends_on: date | None) -> None:
    """Print the end of the version that a new one follows, bind grants to it where the new one would break them."""
    today = city_day(now)
    earliest = earliest_end(today)
    last = ends_on or max(earliest, today + timedelta(days=rules.BESIDE_DAYS))
    rules.check_end(last, today=today, earliest=earliest)
    row = ServiceVersion.objects.get(service=service, number=number)
    row.deprecated_at, row.ends_on = now, last
    row.serving_file, row.serving_table, row.serving_key = (
        service.serving_file,
        service.serving_table,
        service.serving_key,
    )
    row.save()
    breaking = any(change.breaking for change in rules.compare_specs(row.spec, service.spec))
    if breaking:
        Grant.objects.filter(service=service, version=0, revoked_at__isnull=True).update(version=number)
    details = {"sid": service.sid, "version": number, "ends_on": last.isoformat(), "breaking": breaking}
    note(ServiceEvent.VERSION_KEPT, service, actor=actor, now=now, details=details)


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
