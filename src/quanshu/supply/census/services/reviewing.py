"""Sign-off by the unit's chief, acceptance by the bureau, and more time."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.census import rules
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Extension, Filing
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.queries import KIND
from quanshu.supply.census.services.noting import EXTENSION, locked, move, note, start_filling, stop_waiting
from quanshu.supply.census.services.telling import tell
from quanshu.supply.census.types import ExtensionState


@transaction.atomic
def sign_filing(*, actor: Actor, now: datetime, filing: Filing) -> Filing:
    """The chief data representative signs off; the bureau reviews. Raises Forbidden, `census.wrong_state`."""
    filing = locked(filing)
    require(actor, CensusPermission.SIGN, filing)
    filing.signed_at, filing.signed_by = now, actor.name
    move(filing, "sign", now=now)
    note(CensusEvent.SIGNED, filing, actor=actor, now=now)
    return filing


@transaction.atomic
def send_back_filing(*, actor: Actor, now: datetime, filing: Filing, reason: str) -> Filing:
    """The chief sends a filing back to its steward. Raises Forbidden, `census.wrong_state`, FieldErrors."""
    filing = locked(filing)
    require(actor, CensusPermission.SIGN, filing)
    return _return(filing, "send_back", CensusEvent.SENT_BACK, reason, actor=actor, now=now)


@transaction.atomic
def reject_filing(*, actor: Actor, now: datetime, filing: Filing, reason: str) -> Filing:
    """The bureau returns a signed filing. Raises Forbidden, `census.wrong_state`, FieldErrors."""
    filing = locked(filing)
    require(actor, CensusPermission.REVIEW, filing)
    return _return(filing, "reject", CensusEvent.REJECTED, reason, actor=actor, now=now)


def _return(filing: Filing, step: str, event: CensusEvent, reason: str, *, actor: Actor, now: datetime) -> Filing:
    rules.check_step(filing.state, step, campaign_state=filing.campaign.state)
    check_reason(reason)
    filing.note, filing.signed_at, filing.signed_by = reason.strip(), None, ""
    move(filing, step, now=now)
    note(event, filing, actor=actor, now=now, details={"reason": reason.strip()})
    tell(filing, event, roles=("steward",), body=filing.note, now=now)
    return filing


@transaction.atomic
def accept_filing(*, actor: Actor, now: datetime, filing: Filing) -> Filing:
    """The bureau takes a signed filing. Raises Forbidden, `census.wrong_state`."""
    filing = locked(filing)
    require(actor, CensusPermission.REVIEW, filing)
    filing.accepted_at = now
    move(filing, "accept", now=now)
    note(CensusEvent.ACCEPTED, filing, actor=actor, now=now)
    return filing


@transaction.atomic
def ask_extension(*, actor: Actor, now: datetime, filing: Filing, until: date, reason: str) -> Extension:
    """The unit asks for more time. Raises Forbidden, `census.wrong_state`, FieldErrors."""
    filing = locked(filing)
    require(actor, CensusPermission.FILL, filing)
    rules.check_extension(
        state=filing.state,
        campaign_state=filing.campaign.state,
        until=until,
        due_on=filing.due_on,
        today=workflow.city_day(now),
        reason=reason,
        asked=filing.extensions.filter(state=ExtensionState.ASKED).exists(),
    )
    extension = Extension.objects.create(
        filing=filing, until=until, reason=reason.strip(), asked_at=now, asked_by=actor.name
    )
    workflow.open_todo(
        kind=EXTENSION,
        subject_kind=KIND,
        subject_uid=filing.uid,
        title=str(filing),
        url=filing.get_absolute_url(),
        permission=CensusPermission.REVIEW,
        unit_path="/",
        now=now,
    )
    details = {"until": until.isoformat(), "reason": extension.reason}
    note(CensusEvent.EXTENSION_ASKED, filing, actor=actor, now=now, details=details)
    return extension


@transaction.atomic
def decide_extension(*, actor: Actor, now: datetime, extension: Extension, granted: bool, answer: str) -> Extension:
    """The bureau grants more time, or refuses it with the reason; a granted day starts the clock anew.

    Raises Forbidden, `census.wrong_state`, FieldErrors.
    """
    filing = locked(extension.filing)
    extension = Extension.objects.select_for_update().get(pk=extension.pk)
    require(actor, CensusPermission.REVIEW, filing)
    rules.check_extension_open(extension.state)
    check_reason(answer)
    if granted:
        rules.check_fillable(filing.state, campaign_state=filing.campaign.state)
        stop_waiting(filing, now=now)
        start_filling(filing, until=extension.until, now=now)
        filing.updated_at = now
        filing.save(update_fields=["due_on", "updated_at"])
    extension.state = ExtensionState.GRANTED if granted else ExtensionState.REFUSED
    extension.answer, extension.decided_at = answer.strip(), now
    extension.save(update_fields=["state", "answer", "decided_at"])
    workflow.close_todo(kind=EXTENSION, subject_kind=KIND, subject_uid=filing.uid, now=now)
    details = {"granted": granted, "until": extension.until.isoformat(), "answer": extension.answer}
    note(CensusEvent.EXTENSION_DECIDED, filing, actor=actor, now=now, details=details)
    tell(filing, CensusEvent.EXTENSION_DECIDED, roles=("steward",), body=extension.answer, now=now)
    return extension
