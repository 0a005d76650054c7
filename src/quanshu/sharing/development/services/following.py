"""What development does when something happens to a service, and what publishing asks of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow.api import city_day
from quanshu.sharing.development import rules
from quanshu.sharing.development.models import Order
from quanshu.sharing.development.queries import callers_of, find_order_of
from quanshu.sharing.development.services.deciding import cancel_order
from quanshu.sharing.development.services.noting import locked, take
from quanshu.sharing.development.services.sandbox import make_sandbox
from quanshu.sharing.development.types import OrderState
from quanshu.sharing.services.api import Consumer, Service, ServiceVersion, published_spec

RECENT, WEEK = timedelta(days=30), timedelta(days=7)
WARN_DAYS = (14, 7, 3, 1)
NEWS = N_("Version %(number)s of %(service)s answers until %(ends_on)s")
BREAKING = N_("The new version differs so that programs may fail. Your grants stay with the old one until its end.")
GENTLE = N_("The new version takes the calls of the old one as they are.")
LAST = N_("Your application still calls the old version. It is refused after that day.")


def check_may_publish(service: Service) -> None:
    """A draft that an order is about is published once the asking unit has accepted it: the port of publishing.

    Raises NotAccepted, ChangedSince.
    """
    orders = Order.objects.filter(service=service, version=service.version, state__in=rules.BINDING)
    for order in orders:
        rules.check_published(
            order=order.number,
            state=order.state,
            accepted=order.accepted_digest,
            digest=rules.digest_of(service.spec),
        )


@transaction.atomic
def mark_published(*, service: Service, version: int, now: datetime) -> int:
    """The accepted version was published; returns how many orders that ends. Safe to hear twice."""
    rows = Order.objects.filter(service=service, version=version, state=OrderState.ACCEPTED)
    orders = [locked(order) for order in rows]
    for order in orders:
        order.published_at = now
        take(order, "publish", actor=SYSTEM, now=now, details={"sid": service.sid, "version": version})
    return len(orders)


def cancel_order_of(*, demand_uid: str, reason: str, now: datetime) -> Order | None:
    """Cancel the order of a demand that needs it no longer; one that was accepted goes on. None when there is none."""
    order = find_order_of(demand_uid)
    if order is None or order.state not in rules.UNDER_WAY:
        return None
    return cancel_order(actor=SYSTEM, now=now, order=order, reason=reason)


def keep_sandbox(*, service: Service, now: datetime) -> None:
    """A version was published: it stands in the sandbox."""
    row = ServiceVersion.objects.filter(service=service).order_by("-number").first()
    if row is not None:
        make_sandbox(service, row.spec, number=row.number, draft=False, now=now)
    elif service.served_version:
        make_sandbox(service, published_spec(service), number=service.served_version, draft=False, now=now)


def tell_of_version(*, service: Service, number: int, breaking: bool | None, now: datetime) -> int:
    """Tell the callers of an old version of its end, and whether the new one breaks them; returns how many people."""
    row = ServiceVersion.objects.filter(service=service, number=number, ends_on__isnull=False).first()
    if row is None:
        return 0
    body = {True: BREAKING, False: GENTLE, None: ""}[breaking]
    return tell_callers(service, row, body, now=now, since=RECENT)


def warn_last_callers(now: datetime) -> int:
    """Once a day: tell who called an old version in the last week that it ends in 14, 7, 3 or 1 days."""
    days = [city_day(now) + timedelta(days=left) for left in WARN_DAYS]
    rows = ServiceVersion.objects.filter(ends_on__in=days).select_related("service__unit")
    return sum(tell_callers(row.service, row, LAST, now=now, since=WEEK) for row in rows)


def tell_callers(service: Service, row: ServiceVersion, body: str, *, now: datetime, since: timedelta) -> int:
    """Write to the developers and stewards of units that call a version; returns how many people."""
    callers = callers_of(service, row.number, since=now - since)
    paths = Consumer.objects.filter(uid__in=[caller.consumer_uid for caller in callers]).values_list("unit__path")
    people = {uid for (path,) in paths for role in ("developer", "steward") for uid in holders(path, role)}
    with override(settings.LANGUAGE_CODE):
        values = {"number": row.number, "service": service.name, "ends_on": row.ends_on}
        subject, text = gettext(NEWS) % values, gettext(body) if body else ""
        return notify(recipients=sorted(people), subject=subject, body=text, url=service.get_absolute_url(), now=now)
