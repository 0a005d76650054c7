"""Grants in use: calls from the receipts, proposals to shrink, ratings, time held by each party, what is set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import Actor, find_seen
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.sharing.demands.models import Demand, Meeting, Policy, Rating, Shrink, Stay
from quanshu.sharing.demands.rules.using import average
from quanshu.sharing.demands.types import (
    CallFacts,
    MeetingNotFound,
    MeetingState,
    PolicyData,
    RatingFigures,
    ShrinkNotFound,
    Side,
)
from quanshu.sharing.services.api import Exchange, Service

SET = tuple(PolicyData.__dataclass_fields__)


def policy_set() -> PolicyData:
    """What the bureau has set, or what holds until it does."""
    row = Policy.objects.first()
    return PolicyData(**{name: getattr(row, name) for name in SET}) if row else PolicyData()


def calls_of(demand: Demand) -> CallFacts:
    """Answered calls under a demand's grant, the platform's probes left out."""
    if not demand.grant_uid:
        return CallFacts(0, frozenset(), 0)
    calls = Exchange.objects.by_people().filter(grant_uid=demand.grant_uid, status__lt=400).order_by()
    # A verification is answered with no field: what it read is what it compared.
    told = "parameters" if demand.wanted is not None and demand.wanted.shape == "verify" else "fields"
    read = {name for text in calls.values_list(told, flat=True).distinct() for name in text.split(",") if name}
    days = calls.annotate(day=TruncDate("at", tzinfo=CITY_TZ)).values("day").annotate(count=Count("pk"))
    return CallFacts(calls.count(), frozenset(read), max((row["count"] for row in days), default=0))


def last_call(demand: Demand) -> datetime | None:
    """The latest answered call under a demand's grant."""
    calls = Exchange.objects.by_people().filter(grant_uid=demand.grant_uid, grant_uid__gt="", status__lt=400)
    found = calls.order_by("-at").first()
    return found.at if found else None


def held_days(demand: Demand, *, now: datetime) -> dict[str, int]:
    """Working days that each party has held the case, the one that holds it now counted to today."""
    found = {side.value: 0 for side in Side}
    for stay in demand.stays.all():
        found[stay.side] += stay.days if stay.until else days_between(stay.since, now)
    return found


def days_between(since: datetime, until: datetime) -> int:
    """Working days from one moment to another, none when the second lies before the first."""
    return max(calendar().between(city_day(since), city_day(until)), 0)


def held_totals(rows: QuerySet[Demand]) -> dict[str, int]:
    """Working days charged to each party over some demands, of stays that have ended."""
    ended = Stay.objects.filter(demand__in=rows.order_by().values("pk"), until__isnull=False)
    sums = dict(ended.values_list("side").annotate(days=Sum("days")).order_by("side"))
    return {side.value: sums.get(side.value, 0) for side in Side}


def list_shrinks(actor: Actor) -> QuerySet[Shrink]:
    """Proposals to shrink that the actor may see."""
    rows = Shrink.objects.visible_to(actor)
    return rows.select_related("demand__entry", "demand__requesting_unit", "demand__supplier_unit")


def get_shrink(*, actor: Actor, uid: str) -> Shrink:
    """One proposal; ShrinkNotFound."""
    return find_seen(list_shrinks(actor), uid, ShrinkNotFound(shrink=uid))


def get_meeting(demand: Demand, number: int) -> Meeting:
    """A meeting of a demand by its id; MeetingNotFound."""
    found = demand.meetings.filter(pk=number).first()
    if found is None:
        raise MeetingNotFound(meeting=number)
    return found


def conditions_of(demand: Demand) -> list[str]:
    """What both sides have agreed: terms of a negotiation, and conclusions of meetings that both have signed."""
    signed = demand.meetings.filter(state=MeetingState.SIGNED)
    return [*([demand.terms] if demand.terms else []), *(text for row in signed for text in row.conclusions)]


def shrink_figures(actor: Actor) -> dict[str, int]:
    """How many proposals stand how, and how many grants are narrower for it."""
    counts = dict(Shrink.objects.visible_to(actor).values_list("state").annotate(n=Count("pk")).order_by("state"))
    done = sum(counts.get(state, 0) for state in ("accepted", "overruled", "lapsed"))
    return {
        "proposed": sum(counts.values()),
        "open": counts.get("open", 0),
        "kept": counts.get("kept", 0),
        "upheld": counts.get("upheld", 0),
        "narrowed": done,
    }


def rating_figures(actor: Actor) -> tuple[RatingFigures, list[RatingFigures]]:
    """Ratings of the platform, and of each supplier, over the demands the actor may see."""
    rows = Rating.objects.filter(demand__in=Demand.objects.visible_to(actor))
    by_unit: dict[str, list[int]] = {}
    for rating in rows.select_related("demand__supplier_unit"):
        by_unit.setdefault(str(rating.demand.supplier_unit), []).append(rating.grade)
    whole = figures("", [grade for grades in by_unit.values() for grade in grades])
    return whole, sorted((figures(name, grades) for name, grades in by_unit.items()), key=lambda row: row.name)


def figures(name: str, grades: Iterable[int]) -> RatingFigures:
    """The figures of some grades."""
    found = list(grades)
    return RatingFigures(name, len(found), average(found), sum(grade >= 4 for grade in found))


def service_rating(service: Service) -> RatingFigures:
    """Ratings of demands that were granted on a service."""
    grades = Rating.objects.filter(demand__service=service).values_list("grade", flat=True)
    return figures(service.sid, grades)


def is_rated(demand: Demand) -> bool:
    """Whether the requester has rated the data."""
    return Rating.objects.filter(demand=demand).exists()


def to_be_rated(*, calls: int) -> QuerySet[Demand]:
    """Demands without a rating whose use has ended, or whose grant was called at least so often."""
    uids = (
        Exchange.objects.by_people()
        .filter(status__lt=400, grant_uid__gt="")
        .values("grant_uid")
        .annotate(count=Count("pk"))
        .filter(count__gte=calls)
        .order_by()
        .values("grant_uid")
    )
    over = Q(state="closed", grant_uid__gt="") | Q(state="in_use", grant_uid__in=uids)
    return Demand.objects.filter(over, rating__isnull=True)
