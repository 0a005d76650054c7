"""Services themselves: made, changed, published, revised, withdrawn."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop as N_

from quanshu.gateway.snapshot import append_revocation
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Service, ServiceVersion
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import NothingLanded, ServiceData, ServiceState
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.lake_store import get_lake

SERVE_JOB = "services.serve"


@transaction.atomic
def create_service(*, actor: Actor, now: datetime, entry: Entry, data: ServiceData) -> Service:
    """Draft a service over a published entry. Raises Forbidden, EntryNotReady, EntryNotShared, FieldErrors."""
    service = Service(entry=entry, unit=entry.unit, created_at=now)
    require(actor, ServicePermission.EDIT, service)
    return _keep(service, data, actor=actor, now=now, event=ServiceEvent.CREATED)


@transaction.atomic
def update_service(*, actor: Actor, now: datetime, service: Service, data: ServiceData) -> Service:
    """Change a draft. Raises Forbidden, WrongState and as create_service."""
    service = _locked(service)
    require(actor, ServicePermission.EDIT, service)
    rules.check_step(service.state, "changed")
    return _keep(service, data, actor=actor, now=now, event=ServiceEvent.CHANGED)


def _keep(service: Service, data: ServiceData, *, actor: Actor, now: datetime, event: ServiceEvent) -> Service:
    entry = service.entry
    _check_entry(entry)
    items = {item.name: item for item in items_of(entry)}
    rules.check_service(data, items)
    for name in ("sid", "name", "name_en", "abstract", "abstract_en", "shape"):
        setattr(service, name, getattr(data, name).strip())
    service.spec = rules.spec_of(data, items)
    service.updated_at = now
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError as fault:
        taken = FieldError("sid", N_("Another service has this code."), N_("Choose another code."))
        raise FieldErrors(errors=(taken,)) from fault
    note(event, service, actor=actor, now=now, details={"sid": service.sid, "shape": service.shape})
    return service


@transaction.atomic
def publish_service(*, actor: Actor, now: datetime, service: Service) -> Service:
    """Freeze the draft as a version and have it served; the version before answers until the new one is ready.

    Raises Forbidden, WrongState, EntryNotReady, EntryNotShared, NothingLanded.
    """
    service = _locked(service)
    require(actor, ServicePermission.PUBLISH, service)
    rules.check_step(service.state, "published")
    _check_entry(service.entry)
    if not get_lake().exists(service.entry.lake_table):
        raise NothingLanded(entry=service.entry.resource_name)
    ServiceVersion.objects.create(
        service=service, number=service.version, spec=service.spec, published_at=now, published_by=actor.name
    )
    service.state, service.published_at, service.updated_at = ServiceState.PUBLISHED, now, now
    service.save(update_fields=["state", "published_at", "updated_at"])
    jobs.enqueue(SERVE_JOB, {"entry_uid": service.entry.uid}, now=now)
    details = {"sid": service.sid, "version": service.version, "entry_uid": service.entry.uid}
    note(ServiceEvent.PUBLISHED, service, actor=actor, now=now, details=details)
    return service


@transaction.atomic
def revise_service(*, actor: Actor, now: datetime, service: Service) -> Service:
    """Open the next version as a draft; the published one goes on answering. Raises Forbidden, WrongState."""
    service = _locked(service)
    require(actor, ServicePermission.EDIT, service)
    rules.check_step(service.state, "revised")
    service.version += 1
    service.state, service.updated_at = ServiceState.DRAFT, now
    service.save(update_fields=["version", "state", "updated_at"])
    note(ServiceEvent.REVISED, service, actor=actor, now=now, details={"version": service.version})
    return service


@transaction.atomic
def withdraw_service(*, actor: Actor, now: datetime, service: Service, reason: str) -> Service:
    """Stop a service; gateways refuse calls within a second. Raises Forbidden, WrongState, FieldErrors."""
    service = _locked(service)
    require(actor, ServicePermission.PUBLISH, service)
    rules.check_step(service.state, "withdrawn")
    if not reason.strip():
        raise FieldErrors(errors=(FieldError("reason", N_("This must not be empty."), N_("Say why.")),))
    ended = f"{service.sid}@{service.served_version}"
    service.state, service.served_version, service.updated_at = ServiceState.WITHDRAWN, None, now
    service.probe_ok = None
    service.save(update_fields=["state", "served_version", "updated_at", "probe_ok"])
    mark_dirty()
    note(ServiceEvent.WITHDRAWN, service, actor=actor, now=now, details={"sid": service.sid, "reason": reason})
    folder = settings.QUANSHU_GATEWAY_DIR
    transaction.on_commit(partial(append_revocation, folder, "service", ended, now.isoformat()))
    return service


def _check_entry(entry: Entry) -> None:
    rules.check_entry(
        state="published" if entry.published_version else entry.state,
        share_type=entry.share_type,
        law=entry.share_law,
        name=entry.resource_name,
    )


def _locked(service: Service) -> Service:
    rows = Service.objects.select_for_update(of=("self",)).select_related("entry__unit", "unit")
    return rows.get(pk=service.pk)
