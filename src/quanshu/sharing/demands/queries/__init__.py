"""Reads of demands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Count, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from quanshu.kernel.clock import CITY_TZ
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, allows, scope_q
from quanshu.shared.workflow.api import Clock
from quanshu.sharing.demands.models import Demand, Meeting
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.queries.wanted import told_parts
from quanshu.sharing.demands.types import OPEN_STATES, ClockKind, DemandFigures, DemandNotFound, Field, Side
from quanshu.sharing.services.api import Consumer, Service, default_mask, items_in, least_masks, terms_of
from quanshu.supply.catalogue.api import Entry

KIND = "demands.demand"


def list_demands(actor: Actor) -> QuerySet[Demand]:
    """Every demand the actor may see, with the due day of the clock that runs."""
    rows = Demand.objects.visible_to(actor)
    return rows.select_related("entry", "requesting_unit", "supplier_unit", "consumer", "service", "wanted").annotate(
        due_on=Subquery(running_clocks().values("due_on")[:1])
    )


def files_of_minutes(digests: Collection[str]) -> set[str]:
    """Which of some stored files are put to the minutes of a meeting."""
    wanted = set(digests)
    rows = Meeting.objects.exclude(files=[]).values_list("files", flat=True).iterator()
    return {str(file["digest"]) for files in rows for file in files if file["digest"] in wanted}


def get_demand(*, actor: Actor, uid: str) -> Demand:
    """One demand by uid or number; DemandNotFound when there is none or it may not be seen."""
    demand = list_demands(actor).filter(Q(uid=uid) | Q(number=uid, number__gt="")).first()
    if demand is None:
        raise DemandNotFound(demand=uid)
    return demand


def running_clocks() -> QuerySet[Clock]:
    """Clocks of the demand of an outer query that have not been stopped."""
    return Clock.objects.filter(subject_kind=KIND, subject_uid=OuterRef("uid"), stopped_at__isnull=True)


def overdue(rows: QuerySet[Demand], *, today: date) -> QuerySet[Demand]:
    """Demands whose running clock is past its due day; a paused clock is not overdue."""
    return rows.filter(Exists(running_clocks().filter(due_on__lt=today)), paused=False)


def on_side(rows: QuerySet[Demand], actor: Actor, side: str) -> QuerySet[Demand]:
    """Demands the actor's unit and those below it made, or are asked to answer."""
    field = "requesting_unit__path" if side == Side.REQUESTER else "supplier_unit__path"
    return rows.filter(**{f"{field}__startswith": actor.unit_path}) if actor.unit_path else rows.none()


def ledger(actor: Actor) -> QuerySet[Demand]:
    """The 台账: every filed demand the actor may see, with due day, day of stop and days used of each clock."""
    rows = list_demands(actor).filed().prefetch_related("escalations", "stays")  # type: ignore[attr-defined]
    return with_clocks(rows)


def with_clocks(rows: QuerySet[Demand]) -> QuerySet[Demand]:
    """Annotate check_*, confirm_* and publish_* with `due`, `stopped` (city days) and `used` (working days)."""
    for kind in ClockKind:
        name = kind.value.rpartition(".")[2]
        clocks = Clock.objects.filter(subject_kind=KIND, subject_uid=OuterRef("uid"), kind=kind).order_by("-id")
        stopped = clocks.annotate(
            day=TruncDate("stopped_at", tzinfo=CITY_TZ, output_field=DateField()),
        )
        rows = rows.annotate(
            **{
                f"{name}_due": Subquery(clocks.values("due_on")[:1]),
                f"{name}_stopped": Subquery(stopped.values("day")[:1]),
                f"{name}_used": Subquery(clocks.values("days_used")[:1]),
            }
        )
    return rows


def demand_figures(*, today: date, rows: QuerySet[Demand] | None = None) -> DemandFigures:
    """Counts and on-time rates of both clocks over `rows`, by default every demand ever filed."""
    filed = (Demand.objects.all() if rows is None else rows).filter(~Q(number="")).order_by()
    answered = Q(answered_at__isnull=False, confirm_stopped__isnull=False)
    granted = Q(granted_at__isnull=False, publish_stopped__isnull=False)
    counts = with_clocks(filed).aggregate(
        total=Count("pk"),
        open=Count("pk", filter=Q(state__in=OPEN_STATES)),
        confirm_done=Count("pk", filter=answered),
        confirm_on_time=Count("pk", filter=answered & Q(confirm_stopped__lte=F("confirm_due"))),
        publish_done=Count("pk", filter=granted),
        publish_on_time=Count("pk", filter=granted & Q(publish_stopped__lte=F("publish_due"))),
    )
    states = filed.values_list("state").annotate(count=Count("pk")).order_by("state")
    return DemandFigures(by_state=tuple(states), overdue_open=overdue(filed, today=today).count(), **counts)


def consumers_for(actor: Actor) -> QuerySet[Consumer]:
    """Applications the actor may ask data for."""
    reach = scope_q(actor, DemandPermission.SUBMIT, unit_path="unit__path")
    return Consumer.objects.filter(reach, active=True).select_related("unit").order_by("name")


def fields_of(entry: Entry) -> tuple[Field, ...]:
    """The entry's items as the rules see them."""
    return tuple(Field(name=item.name, grade=item.grade) for item in entry.items.all())


def asked_fields(entry: Entry, wanted: Service | None) -> tuple[Field, ...]:
    """What can be asked for as the rules see it: what a service tells by itself, else the entry's items."""
    if wanted is None:
        return fields_of(entry)
    return tuple(Field(name=part["name"], grade=part.get("grade", "")) for part in told_parts(wanted))


def grade_masks(demand: Demand) -> dict[str, str]:
    """{field asked for: the mask its grade asks}, by the entry as published or the service asked for."""
    if demand.wanted is not None:
        return {name: mask for name, mask in least_masks(demand.wanted).items() if name in demand.fields}
    items = items_in(terms_of(demand.entry) or {"items": ()})
    return {name: default_mask(items[name]) for name in demand.fields if name in items}


def side_of(actor: Actor, demand: Demand) -> frozenset[Side]:
    """From which sides the actor may act on a demand."""
    sides = set()
    if allows(actor, DemandPermission.SUBMIT, demand.requesting_unit):
        sides.add(Side.REQUESTER)
    if allows(actor, DemandPermission.CONFIRM, demand.supplier_unit):
        sides.add(Side.SUPPLIER)
    if allows(actor, DemandPermission.CHECK, demand):
        sides.add(Side.PLATFORM)
    return frozenset(sides)


def platform_path() -> str:
    """The path of the unit that runs the platform: it holds the check clock."""
    unit = Unit.objects.active().filter(kind="platform").order_by("path").first()
    return unit.path if unit else ""
