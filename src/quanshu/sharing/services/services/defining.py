"""Services themselves: made, changed, published, revised, withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.gateway.snapshot import append_revocation
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.organisation.api import Unit, holders
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs import api as jobs
from quanshu.shared.notify.api import notify
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Service, ServiceVersion
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.queries import (
    TEXTS,
    check_publishable,
    is_sensitive,
    items_in,
    old_versions,
    published_spec,
    terms_of,
)
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.probing import tell_mounting
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.services.releasing import check_only_cube, with_values
from quanshu.sharing.services.services.serving import put_in_force
from quanshu.sharing.services.services.versions import end_without_ground, keep_beside
from quanshu.sharing.services.types import (
    EntryNotReady,
    EntryNotShared,
    GroundMissing,
    NothingLanded,
    ServiceData,
    ServiceState,
    Shape,
)
from quanshu.supply.catalogue.api import Entry, EntryVersion, ItemData
from quanshu.supply.lake_store import get_lake

SERVE_JOB = "services.serve"
NOT_ALLOWED_NOW = N_("The catalogue entry no longer allows it.")
GROUND_NOW = N_("A grade has risen and no ground is named: open the next version, ask for consent or name the law.")
STOPPED = N_("The service “%(service)s” was stopped")


@transaction.atomic
def create_service(
    *, actor: Actor, now: datetime, entry: Entry, data: ServiceData, unit: Unit | None = None
) -> Service:
    """Draft a service over a published entry; its unit provides it, or the one that composes several.

    Raises Forbidden, EntryNotReady, EntryNotShared, FieldErrors.
    """
    service = Service(entry=entry, unit=unit or entry.unit, created_at=now)
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
    items = _shared_items(service.entry)
    rules.check_service(data, items)
    for name in TEXTS:
        setattr(service, name, getattr(data, name).strip())
    service.spec = rules.spec_of(data, items)
    service.updated_at = now
    set_ground(service, data, items)
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError as fault:
        taken = FieldError("sid", N_("Another service has this code."), N_("Choose another code."))
        raise FieldErrors(errors=(taken,)) from fault
    note(event, service, actor=actor, now=now, details={"sid": service.sid, "shape": service.shape})
    return service


def set_ground(service: Service, data: ServiceData, items: dict[str, ItemData]) -> None:
    """Keep on what ground the service answers, and whether it needs one."""
    service.consent_mode, service.statutory_basis = data.consent.mode, data.consent.basis.strip()
    service.sensitive = bool(rules.sensitive_names(rules.told(data), items))


@transaction.atomic
def publish_service(*, actor: Actor, now: datetime, service: Service, ends_on: date | None = None) -> Service:
    """Freeze the draft as a version and have it served; the version in force answers beside it until `ends_on`.

    The entry is asked again, as its grades may have risen since the draft was made. Without a day the version before
    answers 30 days more; that of a statistic ends at once, for two cubes could be subtracted. Raises Forbidden,
    WrongState, EntryNotReady, EntryNotShared, GroundMissing, FieldErrors,
    NothingLanded, StatisticTwice, CubeTooLarge, and what the rooms above refuse with.
    """
    service = _locked(service)
    require(actor, ServicePermission.PUBLISH, service)
    check_publishable(service)
    service.spec = _check_against_entry(service, service.spec)
    service.sensitive = is_sensitive(service)
    if service.shape != Shape.COMPOSITE and not get_lake().exists(service.entry.lake_table):
        raise NothingLanded(entry=service.entry.resource_name)
    if service.shape == Shape.STATISTIC:
        check_only_cube(service)
        service.spec = with_values(service.entry.lake_table, service.spec)
    ServiceVersion.objects.create(
        service=service, number=service.version, spec=service.spec, published_at=now, published_by=actor.name
    )
    if service.served_version and service.shape != Shape.STATISTIC:
        keep_beside(actor=actor, now=now, service=service, number=service.served_version, ends_on=ends_on)
    service.state, service.published_at, service.updated_at = ServiceState.PUBLISHED, now, now
    service.save(update_fields=["spec", "state", "published_at", "updated_at", "sensitive"])
    if service.shape == Shape.COMPOSITE:
        put_in_force(service, now)
    else:
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
    """Stop a service, also one whose next version is a draft; gateways refuse calls within a second.

    Raises Forbidden, WrongState, FieldErrors.
    """
    service = _locked(service)
    require(actor, ServicePermission.PUBLISH, service)
    if service.state != ServiceState.DRAFT or service.served_version is None:
        rules.check_step(service.state, "withdrawn")
    if not reason.strip():
        raise FieldErrors(errors=(FieldError("reason", N_("This must not be empty."), N_("Say why.")),))
    ended = [service.served_version, *old_versions(service).values_list("number", flat=True)]
    service.state, service.served_version, service.updated_at = ServiceState.WITHDRAWN, None, now
    service.probe_ok = None
    service.save(update_fields=["state", "served_version", "updated_at", "probe_ok"])
    mark_dirty()
    tell_mounting(service.entry, now)
    details = {"sid": service.sid, "reason": reason, "entry_uid": service.entry.uid}
    note(ServiceEvent.WITHDRAWN, service, actor=actor, now=now, details=details)
    folder = settings.QUANSHU_GATEWAY_DIR
    for number in ended:
        uid = f"{service.sid}@{number}"
        transaction.on_commit(partial(append_revocation, folder, "service", uid, now.isoformat()))
    return service


def withdraw_not_allowed(*, entry_uid: str, now: datetime) -> int:
    """Stop the entry's services that what the catalogue now says of it forbids; returns how many.

    It was withdrawn, may no longer be shared, or an item's grade has risen (就高从严): above what the service shows, or
    so that it now needs a ground it does not name. Old versions without that ground end too.
    """
    stopped = 0
    before = items_before(entry_uid)
    # A composite falls with a part of it, which its own room sees to.
    rows = Service.objects.filter(entry__uid=entry_uid).exclude(state=ServiceState.WITHDRAWN)
    rows = rows.exclude(shape=Shape.COMPOSITE)
    for service in rows.exclude(state=ServiceState.DRAFT, served_version=None).select_related("entry"):
        try:
            _check_against_entry(service, published_spec(service))
            if service.state == ServiceState.PUBLISHED:
                _check_against_entry(service, service.spec)
            check_ground_still(service, before)
        except (EntryNotReady, EntryNotShared, FieldErrors, GroundMissing) as fault:
            reason = GROUND_NOW if isinstance(fault, GroundMissing) else NOT_ALLOWED_NOW
            withdraw_service(actor=SYSTEM, now=now, service=service, reason=reason)
            tell_stopped(service, reason, now)
            stopped += 1
        else:
            keep_flag(service)
            end_without_ground(service, items_in(terms_of(service.entry) or {"items": ()}), now=now)
    return stopped


def items_before(entry_uid: str) -> dict[str, ItemData]:
    """The items of an entry as its version before the one in force had them; none where it has no other."""
    entry = Entry.objects.get(uid=entry_uid)
    rows = EntryVersion.objects.filter(entry=entry, number__lt=entry.published_version or 0)
    row = rows.order_by("-number").first()
    return items_in(row.snapshot) if row is not None else {}


def check_ground_still(service: Service, before: dict[str, ItemData]) -> None:
    """The version in force names a ground for what a risen grade made sensitive. Raises GroundMissing."""
    data = rules.data_of({name: getattr(service, name) for name in TEXTS}, published_spec(service))
    rules.check_ground_held(data, items_in(terms_of(service.entry) or {"items": ()}), before)


def keep_flag(service: Service) -> None:
    """Whether the service needs a ground, by the entry's grades as they now are."""
    found = is_sensitive(service)
    if found != service.sensitive:
        Service.objects.filter(pk=service.pk).update(sensitive=found)


def tell_stopped(service: Service, reason: str, now: datetime) -> None:
    """Tell those who look after a service that it was stopped by itself, and what to do."""
    with override(settings.LANGUAGE_CODE):
        subject = gettext(STOPPED) % {"service": service.name}
        people = holders(service.unit.path, "steward")
        notify(recipients=people, subject=subject, body=gettext(reason), url=service.get_absolute_url(), now=now)


def _check_against_entry(service: Service, spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with the grades in force. Raises EntryNotReady, EntryNotShared, FieldErrors."""
    items = _shared_items(service.entry)
    data = rules.data_of({name: getattr(service, name) for name in TEXTS}, spec)
    rules.check_service(data, items)
    return rules.spec_of(data, items)


def _shared_items(entry: Entry) -> dict[str, ItemData]:
    """The entry's items as published. Raises EntryNotReady, EntryNotShared."""
    terms = terms_of(entry) or {}
    rules.check_entry(
        state="published" if terms else entry.state,
        share_type=terms.get("share_type", entry.share_type),
        law=terms.get("share_law", entry.share_law),
        name=entry.resource_name,
    )
    return items_in(terms)


def _locked(service: Service) -> Service:
    rows = Service.objects.select_for_update(of=("self",)).select_related("entry__unit", "unit")
    return rows.get(pk=service.pk)
