"""The platform builds: takes an order, attaches a draft, tests it in the sandbox, hands it over."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.sharing.development import rules
from quanshu.sharing.development.events import DevelopmentEvent
from quanshu.sharing.development.models import Order
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.development.queries import drafts_for, platform_unit, specs_of
from quanshu.sharing.development.services.noting import locked, note, show_todo, take
from quanshu.sharing.development.services.sandbox import make_sandbox
from quanshu.sharing.development.services.testing import run_checks
from quanshu.sharing.development.types import DraftOfAnother, NoDraft
from quanshu.sharing.services.api import Service, told_by


@transaction.atomic
def take_order(*, actor: Actor, now: datetime, order: Order) -> Order:
    """Take an order to build it: one of the platform's people. Raises Forbidden, WrongState, MissingYear."""
    order = locked(order)
    require(actor, DevelopmentPermission.BUILD, platform_unit())
    rules.check_step(order.state, "take")
    order.builder_uid, order.builder_name = actor.uid, actor.name
    return take(order, "take", actor=actor, now=now)


@transaction.atomic
def attach_draft(*, actor: Actor, now: datetime, order: Order, service: Service) -> Order:
    """Attach the draft that answers the order. Raises Forbidden, WrongState, DraftOfAnother."""
    order = locked(order)
    require(actor, DevelopmentPermission.BUILD, platform_unit())
    rules.check_step(order.state, "hand")
    if not drafts_for(order).filter(pk=service.pk).exists():
        raise DraftOfAnother(service=service.name, entry=order.entry.resource_name)
    order.service, order.version, order.updated_at = service, service.version, now
    order.checks, order.passed_digest, order.tested_at = [], "", None
    order.save()
    details = {"sid": service.sid, "version": service.version}
    note(order, DevelopmentEvent.ATTACHED, actor=actor, now=now, details=details)
    return order


@transaction.atomic
def try_draft(*, actor: Actor, now: datetime, order: Order) -> Order:
    """Run the attached draft in the sandbox; what passed stands there for the asking unit to try.

    Raises Forbidden, WrongState, NoDraft.
    """
    order = locked(order)
    require(actor, DevelopmentPermission.BUILD, platform_unit())
    rules.check_step(order.state, "hand")
    if order.service is None:
        raise NoDraft
    sandbox = make_sandbox(order.service, order.service.spec, number=order.service.version, draft=True, now=now)
    checks = run_checks(specs_of(sandbox), order.service.spec)
    passed = all(check.ok for check in checks)
    order.checks, order.tested_at, order.updated_at = [asdict(check) for check in checks], now, now
    order.version = order.service.version
    order.passed_digest = rules.digest_of(order.service.spec) if passed else ""
    order.save()
    details = {"passed": passed, "failed": [check.code for check in checks if not check.ok]}
    note(order, DevelopmentEvent.TESTED, actor=actor, now=now, details=details)
    return order


@transaction.atomic
def hand_over(*, actor: Actor, now: datetime, order: Order) -> Order:
    """Hand the tested draft over to the asking unit.

    Raises Forbidden, WrongState, NoDraft, FieldsMissing, NotTested.
    """
    order = locked(order)
    require(actor, DevelopmentPermission.BUILD, platform_unit())
    service = order.service
    rules.check_hand(
        state=order.state,
        attached=service is not None,
        passed=order.passed_digest,
        digest=rules.digest_of(service.spec) if service else "",
        told=told_by(service) if service else (),
        asked=order.fields,
    )
    order.handed_at, order.reason = now, ""
    show_todo(order, now)
    return take(order, "hand", actor=actor, now=now)
