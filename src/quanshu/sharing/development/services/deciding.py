"""The asking unit accepts or sends back; the platform may cancel."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.sharing.development import rules
from quanshu.sharing.development.models import Order
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.development.queries import platform_unit
from quanshu.sharing.development.services.noting import locked, take


@transaction.atomic
def accept_order(*, actor: Actor, now: datetime, order: Order, remark: str = "") -> Order:
    """The asking unit accepts the draft as it was tested: from now on it may be published, and only as it is.

    Raises Forbidden, WrongState, NotTested.
    """
    order = locked(order)
    require(actor, DevelopmentPermission.ACCEPT, order)
    digest = rules.digest_of(order.service.spec) if order.service else ""
    rules.check_accept(state=order.state, passed=order.passed_digest, digest=digest)
    order.accepted_at, order.accepted_by, order.accepted_digest = now, actor.name, digest
    return take(order, "accept", actor=actor, now=now, details={"remark": remark[: rules.MOST_COMMENT]})


@transaction.atomic
def send_back(*, actor: Actor, now: datetime, order: Order, reason: str) -> Order:
    """The asking unit sends it back with reasons; the building clock starts anew.

    Raises Forbidden, WrongState, FieldErrors, MissingYear.
    """
    order = locked(order)
    require(actor, DevelopmentPermission.ACCEPT, order)
    rules.check_step(order.state, "send_back")
    rules.check_text("reason", reason)
    order.reason, order.passed_digest = reason.strip(), ""
    order.sent_back += 1
    return take(order, "send_back", actor=actor, now=now, details={"reason": reason.strip()})


@transaction.atomic
def cancel_order(*, actor: Actor, now: datetime, order: Order, reason: str) -> Order:
    """The platform cancels an order that is not wanted any more. Raises Forbidden, WrongState, FieldErrors."""
    order = locked(order)
    require(actor, DevelopmentPermission.OPEN, platform_unit())
    rules.check_step(order.state, "cancel")
    rules.check_text("reason", reason)
    order.reason = reason.strip()
    return take(order, "cancel", actor=actor, now=now, details={"reason": order.reason})
