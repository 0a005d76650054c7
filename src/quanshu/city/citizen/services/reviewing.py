"""The bureau looks at a rejection: the value stands, or the unit shall correct it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.city.citizen import rules
from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.services.noting import locked, move
from quanshu.shared.access.api import Actor, require
from quanshu.supply.quality.api import report_problem_row


@transaction.atomic
def uphold_rejection(*, actor: Actor, correction: Correction, reason: str, now: datetime) -> Correction:
    """The value stands, with reasons. Raises Forbidden, FieldErrors, `citizen.correction_wrong_state`."""
    correction = locked(correction)
    require(actor, CitizenPermission.REVIEW, correction)
    rules.check_step(correction.state, "uphold")
    correction.review_answer = rules.check_answer(reason)
    return move(correction, "uphold", actor=actor, now=now)


@transaction.atomic
def overturn_rejection(*, actor: Actor, correction: Correction, reason: str, now: datetime) -> Correction:
    """The unit shall correct the value; its two working days begin anew.

    Raises Forbidden, FieldErrors, `citizen.correction_wrong_state`.
    """
    correction = locked(correction)
    require(actor, CitizenPermission.REVIEW, correction)
    rules.check_step(correction.state, "overturn")
    correction.review_answer = rules.check_answer(reason)
    key = correction.content["key"]
    correction.problem = report_problem_row(correction.entry, key=key, column=correction.column, now=now)
    return move(correction, "overturn", actor=actor, now=now)
