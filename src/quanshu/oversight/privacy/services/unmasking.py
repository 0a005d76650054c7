"""The right to export personal columns in clear: asked with a purpose, granted until a day, ended."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import override

from quanshu.oversight.privacy import rules
from quanshu.oversight.privacy.events import PrivacyEvent as E
from quanshu.oversight.privacy.models import Unmasking
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.services.noting import note
from quanshu.shared.access.api import Actor, require
from quanshu.shared.web.api import masked_lists
from quanshu.shared.workflow import api as workflow

KIND = "privacy.unmask"
TODO = "privacy.unmask"


@transaction.atomic
def ask_unmasking(*, actor: Actor, now: datetime, listed: str, purpose: str, until: date) -> Unmasking:
    """Ask to export a list in clear, oneself. Raises Forbidden, FieldErrors."""
    row = Unmasking(
        account_uid=actor.uid,
        account_name=actor.name,
        unit_path=actor.unit_path,
        listed=listed,
        purpose=purpose.strip(),
        until=until,
        asked_at=now,
    )
    require(actor, P.UNMASK_ASK, row)
    today = workflow.city_day(now)
    rules.check_unmask(listed=listed, known=masked_lists(), purpose=purpose, until=until, today=today)
    row.save()
    # A to-do's title stands as it was written: in the language of the house.
    with override("zh-hans"):
        title = f"{masked_lists().get(listed, listed)} · {until.isoformat()}"
    workflow.open_todo(
        kind=TODO,
        subject_kind=KIND,
        subject_uid=row.uid,
        title=title,
        url=row.get_absolute_url(),
        permission=P.UNMASK_DECIDE,
        unit_path=row.unit_path,
        now=now,
    )
    note(E.UNMASK_ASKED, row, actor=actor, now=now, details={"listed": listed, "until": until.isoformat()})
    return row


def _step(row: Unmasking, step: str, *, actor: Actor, now: datetime, reason: str = "") -> Unmasking:
    row = Unmasking.objects.select_for_update().get(pk=row.pk)
    require(actor, P.UNMASK_DECIDE, row)
    row.state = rules.check_step(rules.UNMASK_MACHINE, row.state, step)
    rules.check_decider(proposed_by=row.account_uid, actor=actor.uid)
    row.decided_at, row.decided_by, row.reason = now, actor.name, reason.strip()
    row.save()
    workflow.close_todo(kind=TODO, subject_kind=KIND, subject_uid=row.uid, now=now)
    return row


@transaction.atomic
def grant_unmasking(*, actor: Actor, now: datetime, unmasking: Unmasking) -> Unmasking:
    """Grant it; not to oneself. Raises Forbidden, `privacy.wrong_state`, `privacy.own_proposal`."""
    row = _step(unmasking, "grant", actor=actor, now=now)
    note(E.UNMASK_GRANTED, row, actor=actor, now=now, details={"listed": row.listed, "until": row.until.isoformat()})
    return row


@transaction.atomic
def refuse_unmasking(*, actor: Actor, now: datetime, unmasking: Unmasking, reason: str) -> Unmasking:
    """Refuse it with the reason. Raises Forbidden, `privacy.wrong_state`, `privacy.own_proposal`, FieldErrors."""
    rules.check_reason(reason)
    row = _step(unmasking, "refuse", actor=actor, now=now, reason=reason)
    note(E.UNMASK_REFUSED, row, actor=actor, now=now, details={"reason": row.reason})
    return row


@transaction.atomic
def end_unmasking(*, actor: Actor, now: datetime, unmasking: Unmasking, reason: str) -> Unmasking:
    """End it before its day. Raises Forbidden, `privacy.wrong_state`, `privacy.own_proposal`, FieldErrors."""
    rules.check_reason(reason)
    row = _step(unmasking, "end", actor=actor, now=now, reason=reason)
    note(E.UNMASK_ENDED, row, actor=actor, now=now, details={"reason": row.reason})
    return row
