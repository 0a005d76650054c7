"""The applicant's side: drafted, submitted, handed to a receiver, withdrawn."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, Place, require
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.registration import rules
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.models import Application, Certificate
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.queries import kept_by
from quanshu.supply.registration.services.noting import move, note
from quanshu.supply.registration.types import ApplicationData, ApplicationKind, CertificateState


def receivers_place(application: Application) -> Place:
    """Where the permission to accept is asked for."""
    return Place(unit_path=application.receiver.path if application.receiver else "")


def locked(application: Application) -> Application:
    """The row as it is now, held until the transaction ends."""
    rows = Application.objects.select_for_update(of=("self",))
    return rows.select_related("entry__unit", "unit", "receiver", "certificate").get(pk=application.pk)


@transaction.atomic
def apply_first(*, actor: Actor, now: datetime, entry: Entry, data: ApplicationData) -> Application:
    """Draft the first registration of a resource by its unit.

    Raises Forbidden, FieldErrors, `registration.not_published`, `registration.already_registered`.
    """
    application = Application(
        kind=ApplicationKind.FIRST, entry=entry, unit=entry.unit, created_at=now, created_by=actor.name
    )
    require(actor, RegistrationPermission.APPLY, application)
    rules.check_first(
        published=entry.published_version is not None,
        registered=Certificate.objects.filter(entry=entry, state=CertificateState.VALID).exists(),
        under_way=Application.objects.filter(entry=entry, state__in=rules.UNDER_WAY).exists(),
    )
    return _fill(application, data, actor=actor, now=now)


@transaction.atomic
def apply_further(
    *,
    actor: Actor,
    now: datetime,
    certificate: Certificate,
    kind: ApplicationKind,
    data: ApplicationData,
    receiver: Unit | None = None,
) -> Application:
    """Draft a change, a transfer to `receiver` or a cancellation of a valid certificate.

    Raises Forbidden, FieldErrors, `registration.not_current`, `registration.already_registered`.
    """
    entry = certificate.entry
    application = Application(
        kind=kind,
        entry=entry,
        unit=certificate.holder,
        receiver=receiver,
        certificate=certificate,
        created_at=now,
        created_by=actor.name,
    )
    require(actor, RegistrationPermission.APPLY, application)
    rules.check_further(
        certificate_state=certificate.state,
        under_way=Application.objects.filter(entry=entry, state__in=rules.UNDER_WAY).exists(),
    )
    rules.check_receiver(
        kind=kind, holder=certificate.holder.uid, receiver=receiver.uid if receiver else "", reason=data.reason
    )
    return _fill(application, data, actor=actor, now=now)


@transaction.atomic
def change_application(*, actor: Actor, now: datetime, application: Application, data: ApplicationData) -> Application:
    """Change a draft. Raises Forbidden, FieldErrors, `registration.wrong_state`."""
    application = locked(application)
    require(actor, RegistrationPermission.APPLY, application)
    rules.check_step(application.state, "submit")
    return _fill(application, data, actor=actor, now=now)


def _fill(application: Application, data: ApplicationData, *, actor: Actor, now: datetime) -> Application:
    rules.check_data(data)
    application.source, application.legality = data.source.strip(), data.legality.strip()
    application.rights, application.duties = list(data.rights), data.duties.strip()
    application.years, application.reason, application.updated_at = data.years, data.reason.strip(), now
    application.save()
    note(RegistrationEvent.DRAFTED, application, actor=actor, now=now, details={"kind": application.kind})
    return application


@transaction.atomic
def submit_application(*, actor: Actor, now: datetime, application: Application) -> Application:
    """Submit a draft with its materials: a transfer goes to its receiver first, the rest to formal review.

    Raises Forbidden, `registration.wrong_state`, `registration.materials_missing`, `registration.materials_lacking`.
    """
    application = locked(application)
    require(actor, RegistrationPermission.APPLY, application)
    rules.check_submittable(state=application.state, kind=application.kind, kept=kept_by(application))
    handed = application.kind == ApplicationKind.TRANSFER
    move(application, "hand" if handed else "submit", now=now)
    event = RegistrationEvent.HANDED if handed else RegistrationEvent.SUBMITTED
    note(event, application, actor=actor, now=now)
    return application


@transaction.atomic
def accept_transfer(*, actor: Actor, now: datetime, application: Application) -> Application:
    """The receiver takes a transfer; it goes to formal review. Raises Forbidden, `registration.wrong_state`."""
    application = locked(application)
    require(actor, RegistrationPermission.ACCEPT, receivers_place(application))
    move(application, "accept", now=now)
    note(RegistrationEvent.ACCEPTED, application, actor=actor, now=now)
    return application


@transaction.atomic
def decline_transfer(*, actor: Actor, now: datetime, application: Application, reason: str) -> Application:
    """The receiver declines; the draft is its author's again. Raises Forbidden, `registration.wrong_state`."""
    application = locked(application)
    require(actor, RegistrationPermission.ACCEPT, receivers_place(application))
    application.note = reason.strip()
    move(application, "decline", now=now)
    note(RegistrationEvent.DECLINED, application, actor=actor, now=now)
    return application


@transaction.atomic
def withdraw_application(*, actor: Actor, now: datetime, application: Application) -> Application:
    """Put a draft away. Raises Forbidden, `registration.wrong_state`."""
    application = locked(application)
    require(actor, RegistrationPermission.APPLY, application)
    move(application, "withdraw", now=now)
    note(RegistrationEvent.WITHDRAWN, application, actor=actor, now=now)
    return application
