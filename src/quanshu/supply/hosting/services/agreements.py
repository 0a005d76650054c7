"""A table handed to the platform: drafted by its unit, accepted by the bureau, renewed."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override

from quanshu.organisation.api import holders
from quanshu.shared.access.api import Actor, require
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.catalogue.api import Entry, key_columns
from quanshu.supply.hosting import queries, rules
from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.models import Agreement
from quanshu.supply.hosting.permissions import HostingPermission
from quanshu.supply.hosting.services.noting import KIND, TERM, locked, move, note, wait_for
from quanshu.supply.hosting.types import AgreementData, AgreementState


@transaction.atomic
def draft_agreement(*, actor: Actor, now: datetime, entry: Entry, data: AgreementData) -> Agreement:
    """Draft an agreement over an entry by its unit.

    Raises Forbidden, FieldErrors, `hosting.not_hostable`, `hosting.already_hosted`.
    """
    agreement = Agreement(entry=entry, unit=entry.unit, created_at=now, created_by=actor.name)
    require(actor, HostingPermission.DRAFT, agreement)
    held = Agreement.objects.filter(entry=entry, state__in=rules.HELD).exists()
    rules.check_hostable(published=entry.published_version is not None, keys=key_columns(entry), held=held)
    return _fill(agreement, data, actor=actor, now=now)


@transaction.atomic
def change_agreement(*, actor: Actor, now: datetime, agreement: Agreement, data: AgreementData) -> Agreement:
    """Change a draft. Raises Forbidden, FieldErrors, `hosting.wrong_state`."""
    agreement = locked(agreement)
    require(actor, HostingPermission.DRAFT, agreement)
    rules.check_step(agreement.state, "propose")
    return _fill(agreement, data, actor=actor, now=now)


def _fill(agreement: Agreement, data: AgreementData, *, actor: Actor, now: datetime) -> Agreement:
    people = [uid for uid, _name in queries.people_of(agreement.unit)]
    rules.check_data(data, today=workflow.city_day(now), people=people)
    agreement.reason, agreement.works = data.reason.strip(), list(data.works)
    agreement.editors, agreement.four_eyes = list(data.editors), data.four_eyes
    agreement.keep_months, agreement.term_until = data.keep_months, data.term_until
    agreement.updated_at = now
    agreement.save()
    details = {"works": agreement.works, "four_eyes": agreement.four_eyes, "editors": len(agreement.editors)}
    note(HostingEvent.DRAFTED, agreement, actor=actor, now=now, details=details)
    return agreement


@transaction.atomic
def propose_agreement(*, actor: Actor, now: datetime, agreement: Agreement) -> Agreement:
    """Put a draft to the platform. Raises Forbidden, `hosting.wrong_state`."""
    agreement = locked(agreement)
    require(actor, HostingPermission.DRAFT, agreement)
    agreement.note = ""
    move(agreement, "propose", now=now)
    note(HostingEvent.PROPOSED, agreement, actor=actor, now=now)
    return agreement


@transaction.atomic
def withdraw_agreement(*, actor: Actor, now: datetime, agreement: Agreement) -> Agreement:
    """Put a draft away. Raises Forbidden, `hosting.wrong_state`."""
    agreement = locked(agreement)
    require(actor, HostingPermission.DRAFT, agreement)
    move(agreement, "withdraw", now=now)
    note(HostingEvent.WITHDRAWN, agreement, actor=actor, now=now)
    return agreement


@transaction.atomic
def return_agreement(*, actor: Actor, now: datetime, agreement: Agreement, reason: str) -> Agreement:
    """The platform gives a proposal back with the reason. Raises Forbidden, `hosting.wrong_state`, FieldErrors."""
    agreement = locked(agreement)
    require(actor, HostingPermission.ACCEPT, agreement)
    rules.check_step(agreement.state, "return")
    check_reason(reason)
    agreement.note = reason.strip()
    move(agreement, "return", now=now)
    note(HostingEvent.RETURNED, agreement, actor=actor, now=now, details={"reason": agreement.note})
    return agreement


@transaction.atomic
def accept_agreement(*, actor: Actor, now: datetime, agreement: Agreement) -> Agreement:
    """The platform takes the table: rows may be edited from now on.

    Raises Forbidden, `hosting.wrong_state`, `hosting.has_sources`.
    """
    agreement = locked(agreement)
    require(actor, HostingPermission.ACCEPT, agreement)
    rules.check_accept(state=agreement.state, sources=queries.live_sources(agreement.entry))
    agreement.accepted_at = now
    move(agreement, "accept", now=now)
    note(HostingEvent.ACCEPTED, agreement, actor=actor, now=now)
    return agreement


@transaction.atomic
def renew_agreement(*, actor: Actor, now: datetime, agreement: Agreement, until: date, reason: str) -> Agreement:
    """The platform prolongs an agreement in force. Raises Forbidden, `hosting.wrong_state`, FieldErrors."""
    agreement = locked(agreement)
    require(actor, HostingPermission.ACCEPT, agreement)
    rules.check_renew(state=agreement.state, until=until, term_until=agreement.term_until, reason=reason)
    before, agreement.term_until, agreement.term_told = agreement.term_until, until, False
    agreement.updated_at = now
    agreement.save(update_fields=["term_until", "term_told", "updated_at"])
    workflow.close_todo(kind=TERM, subject_kind=KIND, subject_uid=agreement.uid, now=now)
    details = {"before": before.isoformat(), "after": until.isoformat(), "reason": reason.strip()}
    note(HostingEvent.RENEWED, agreement, actor=actor, now=now, details=details)
    return agreement


def remind_terms(now: datetime) -> int:
    """Tell units whose agreements end within thirty days, once a term; returns how many."""
    last = workflow.city_day(now) + timedelta(days=rules.TERM_NOTICE)
    rows = Agreement.objects.filter(state=AgreementState.ACTIVE, term_told=False, term_until__lte=last)
    ending = list(rows.select_related("entry", "unit"))
    for agreement in ending:
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            Agreement.objects.filter(pk=agreement.pk).update(term_told=True)
            wait_for(
                agreement,
                TERM,
                permission=HostingPermission.DRAFT,
                path=agreement.unit.path,
                due_on=agreement.term_until,
                now=now,
            )
            subject = gettext("Hosting ends on %(day)s: %(table)s") % {
                "day": agreement.term_until.isoformat(),
                "table": agreement.entry.resource_name,
            }
            people = holders(agreement.unit.path, "steward") or holders(agreement.unit.path, "chief")
            notify(recipients=people, subject=subject, url=agreement.get_absolute_url(), now=now)
    return len(ending)
