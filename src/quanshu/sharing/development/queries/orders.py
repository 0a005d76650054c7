"""Orders: listed, found, counted."""

from __future__ import annotations

from django.db.models import Count, DateField, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor
from quanshu.shared.workflow.api import Clock
from quanshu.sharing.development import rules
from quanshu.sharing.development.models import Comment, Order
from quanshu.sharing.development.types import OrderFigures, OrderNotFound, OrderState
from quanshu.sharing.services.api import Service

KIND = "development.order"


def list_orders(actor: Actor) -> QuerySet[Order]:
    """Every order the actor may see, with the due day of the clock that runs."""
    clocks = Clock.objects.filter(subject_kind=KIND, subject_uid=OuterRef("uid"), stopped_at__isnull=True)
    rows = Order.objects.visible_to(actor).select_related("entry__unit", "unit", "service")
    return rows.annotate(due_on=Subquery(clocks.values("due_on")[:1]))


def get_order(*, actor: Actor, uid: str) -> Order:
    """One order by uid or number; OrderNotFound when there is none or it may not be seen."""
    order = list_orders(actor).filter(Q(uid=uid) | Q(number=uid)).first()
    if order is None:
        raise OrderNotFound(order=uid)
    return order


def find_order_of(demand_uid: str) -> Order | None:
    """The order that a demand opened, cancelled ones left out."""
    rows = Order.objects.filter(demand_uid=demand_uid).exclude(state=OrderState.CANCELLED) if demand_uid else None
    return rows.select_related("unit", "entry__unit").first() if rows is not None else None


def comments_of(order: Order) -> QuerySet[Comment]:
    """What was said, the first on top."""
    return Comment.objects.filter(order=order)


def drafts_for(order: Order) -> QuerySet[Service]:
    """Drafts of the order's entry that no other order under way is about."""
    taken = Order.objects.filter(state__in=rules.BINDING, service__isnull=False).exclude(pk=order.pk)
    drafts = Service.objects.filter(entry=order.entry, state="draft").select_related("unit", "entry")
    return drafts.exclude(pk__in=taken.filter(version=F("service__version")).values("service"))


def platform_unit() -> Unit:
    """The unit that runs the platform and builds its services."""
    return Unit.objects.active().filter(kind="platform").order_by("path").first() or Unit()


def order_figures() -> OrderFigures:
    """Orders by how far they came; those handed over, and accepted at the first time; builds in time."""
    rows = Order.objects.order_by()
    counts = rows.aggregate(
        total=Count("pk"),
        open=Count("pk", filter=Q(state__in=rules.UNDER_WAY)),
        accepted=Count("pk", filter=Q(accepted_at__isnull=False)),
        published=Count("pk", filter=Q(state=OrderState.PUBLISHED)),
        cancelled=Count("pk", filter=Q(state=OrderState.CANCELLED)),
        handed=Count("pk", filter=Q(handed_at__isnull=False)),
        accepted_at_once=Count("pk", filter=Q(accepted_at__isnull=False, sent_back=0)),
    )
    builds = Clock.objects.filter(subject_kind=KIND, kind=rules.BUILD, stopped_at__isnull=False)
    builds = builds.filter(subject_uid__in=rows.exclude(state=OrderState.CANCELLED).values("uid"))
    days = builds.annotate(day=TruncDate("stopped_at", tzinfo=CITY_TZ, output_field=DateField()))
    return OrderFigures(built=builds.count(), built_on_time=days.filter(day__lte=F("due_on")).count(), **counts)
