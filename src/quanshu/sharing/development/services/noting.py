"""What every step of an order has in common: the table, clocks, to-dos, audit, outbox, notices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import holders
from quanshu.shared.access.api import Actor
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow import api as workflow
from quanshu.sharing.development import rules
from quanshu.sharing.development.events import DevelopmentEvent
from quanshu.sharing.development.models import Order
from quanshu.sharing.development.permissions import DevelopmentPermission as P
from quanshu.sharing.development.queries import KIND, platform_unit
from quanshu.sharing.development.types import OrderState as S

PUBLISH = "development.publish"
# Who acts in a state: the to-do's kind, the permission, and whether it is the asking unit.
TODOS = {
    S.OPEN: (rules.TAKE, P.BUILD, False),
    S.BUILDING: (rules.BUILD, P.BUILD, False),
    S.READY: (rules.ACCEPT, P.ACCEPT, True),
    S.ACCEPTED: (PUBLISH, P.OPEN, False),
}
NEWS = {
    DevelopmentEvent.OPENED: N_("Development order %(order)s was opened"),
    DevelopmentEvent.HANDED: N_("Development order %(order)s waits for your acceptance"),
    DevelopmentEvent.ACCEPTED: N_("Development order %(order)s was accepted"),
    DevelopmentEvent.SENT_BACK: N_("Development order %(order)s was sent back"),
    DevelopmentEvent.PUBLISHED: N_("The service of development order %(order)s is published"),
    DevelopmentEvent.CANCELLED: N_("Development order %(order)s was cancelled"),
}


def locked(order: Order) -> Order:
    """The order's row, locked for the rest of the transaction."""
    rows = Order.objects.select_for_update(of=("self",)).select_related("entry__unit", "unit")
    return rows.get(pk=order.pk)


def take(order: Order, step: str, *, actor: Actor, now: datetime, details: Mapping[str, Any] | None = None) -> Order:
    """Take a step of the table that has been asked and checked."""
    transition = rules.check_step(order.state, step)
    for kind in transition.stops:
        workflow.stop_clock(kind=kind, subject_kind=KIND, subject_uid=order.uid, now=now)
    order.state, order.updated_at = transition.target, now
    order.save()
    for kind in transition.starts:
        start_clock(order, kind, now=now)
    show_todo(order, now)
    note(order, DevelopmentEvent(transition.event), actor=actor, now=now, details=details)
    return order


def start_clock(order: Order, kind: str, *, now: datetime) -> None:
    """Start a clock, held by the asking unit while it accepts, else by the platform."""
    path = order.unit.path if kind == rules.ACCEPT else platform_unit().path
    workflow.start_clock(
        kind=kind, subject_kind=KIND, subject_uid=order.uid, days=rules.CLOCK_DAYS[kind], holder_path=path, now=now
    )


def show_todo(order: Order, now: datetime) -> None:
    """Keep exactly the to-do that the state asks for open."""
    wanted, permission, asking = TODOS.get(S(order.state), (None, "", False))
    workflow.keep_one_todo(
        wanted,
        kinds={kind for kind, *_rest in TODOS.values()},
        subject_kind=KIND,
        subject_uid=order.uid,
        title=str(order),
        url=order.get_absolute_url(),
        permission=permission,
        unit_path=order.unit.path if asking else platform_unit().path,
        now=now,
    )


def note(
    order: Order,
    event: DevelopmentEvent,
    *,
    actor: Actor,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Steps four and five of a write: audit, then outbox; and tell whoever waits to know."""
    audit.record(
        actor=actor,
        action=event,
        kind=KIND,
        uid=order.uid,
        label=str(order),
        place=order.access_place(),
        details={"number": order.number, **(details or {})},
        now=now,
    )
    payload = {"order_uid": order.uid, "demand_uid": order.demand_uid, "entry_uid": order.entry.uid}
    outbox.add(name=event, payload={**payload, "state": order.state, "at": now.isoformat()}, now=now)
    if event not in NEWS:
        return
    asking = [uid for role in ("developer", "steward") for uid in holders(order.unit.path, role)]
    platform = holders(platform_unit().path, "bureau")
    to_platform = event in {DevelopmentEvent.OPENED, DevelopmentEvent.ACCEPTED, DevelopmentEvent.SENT_BACK}
    people = sorted({*platform, order.builder_uid} - {""} if to_platform else set(asking))
    with override(settings.LANGUAGE_CODE):
        subject = gettext(NEWS[event]) % {"order": str(order)}
        notify(
            recipients=[uid for uid in people if uid != actor.uid],
            subject=subject,
            body=str((details or {}).get("reason", "")),
            url=order.get_absolute_url(),
            now=now,
        )
