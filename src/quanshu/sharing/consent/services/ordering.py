"""Legal orders that delay the display of uses."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.consent import rules
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.models import Consent, DisplayOrder
from quanshu.sharing.consent.permissions import ConsentPermission as P
from quanshu.sharing.consent.types import OrderData

ORDER_KIND = "consent.order"


@transaction.atomic
def record_order(*, actor: Actor, now: datetime, consent: Consent, data: OrderData) -> DisplayOrder:
    """Record a legal order: uses of the consent in its time are shown to the subject when it has ended.

    Raises Forbidden, FieldErrors.
    """
    require(actor, P.ORDER, consent)
    rules.check_order(data, now=now)
    order = DisplayOrder.objects.create(
        consent=consent,
        authority=data.authority.strip(),
        number=data.number.strip(),
        basis=data.basis.strip(),
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        recorded_by_name=actor.name[:100],
        recorded_at=now,
    )
    _note(ConsentEvent.ORDER_RECORDED, order, actor, now)
    return order


@transaction.atomic
def end_order(*, actor: Actor, now: datetime, order: DisplayOrder) -> DisplayOrder:
    """End an order before its time; the uses it delayed are shown at once. Raises Forbidden, OrderOver."""
    rows = DisplayOrder.objects.select_for_update(of=("self",)).select_related("consent__consumer__unit")
    order = rows.select_related("consent__service", "consent__subject").get(pk=order.pk)
    require(actor, P.ORDER, order)
    rules.check_order_end(ends_at=order.ends_at, now=now)
    order.ends_at = max(now, order.starts_at)
    order.save(update_fields=["ends_at"])
    _note(ConsentEvent.ORDER_ENDED, order, actor, now)
    return order


def _note(event: ConsentEvent, order: DisplayOrder, actor: Actor, now: datetime) -> None:
    details = {
        "consent": order.consent.uid,
        "authority": order.authority,
        "number": order.number,
        "basis": order.basis,
        "until": order.ends_at.isoformat(),
    }
    audit.record(
        actor=actor, action=event, obj=order, kind=ORDER_KIND, uid=order.uid, label=str(order), details=details, now=now
    )
    outbox.add(name=event, payload={"uid": order.uid, "at": now.isoformat(), **details}, now=now)
