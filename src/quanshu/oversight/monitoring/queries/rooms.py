"""What each room contributes: its live records as measures of the four stages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import DurationField, ExpressionWrapper, F, Min, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from quanshu.oversight.monitoring.queries.measures import Measure, counted, register_measures, waiting
from quanshu.oversight.monitoring.types import Point, Stage
from quanshu.shared.outbox.api import oldest_waiting, outbox_figures
from quanshu.shared.workflow.api import Clock, TodoItem, city_day
from quanshu.sharing.services.api import Exchange, Probe, Serving, oldest_uncarried
from quanshu.supply.intake.api import Run
from quanshu.supply.libraries.api import Build
from quanshu.supply.quality.api import Scan
from quanshu.supply.workspaces.api import Run as Trial

# To-dos that are work to do, not something to decide on.
NO_REVIEWS = ("census.fill", "quality.problems", "quality.assigned")
WEEK = timedelta(days=7)
RUN_UNIT, SCAN_UNIT = "source__unit__path", "entry__unit__path"


def took(later: str, earlier: str) -> ExpressionWrapper:
    """The time between two moments of a record."""
    return ExpressionWrapper(F(later) - F(earlier), output_field=DurationField())


def batches(start: datetime, end: datetime) -> list[Point]:
    """Loads that ended; rows landed, time from being queued to the end."""
    rows = Run.objects.filter(state__in=["landed", "failed"])
    wait = took("ended_at", "queued_at")
    failed = Q(state="failed")
    return counted(rows, start, end, at="ended_at", unit=RUN_UNIT, failed=failed, amount="landed", wait=wait)


def refused(start: datetime, end: datetime) -> list[Point]:
    """Rows that did not fit their contract."""
    rows = Run.objects.filter(state="landed", refused__gt=0)
    return counted(rows, start, end, at="ended_at", unit=RUN_UNIT, amount="refused")


def loads_waiting(now: datetime) -> list[Point]:
    """Loads queued, running or held for a decision."""
    rows = Run.objects.filter(state__in=["queued", "running", "held"])
    return waiting(rows, now, unit=RUN_UNIT, since="queued_at")


def reviews(start: datetime, end: datetime) -> list[Point]:
    """Reviews answered, of all rooms; late when past their day, time from being asked to the answer."""
    rows = TodoItem.objects.exclude(kind__in=NO_REVIEWS).exclude(kind__endswith=".escalated")
    late = Q(due_on__isnull=False, closed_at__date__gt=F("due_on"))
    wait = took("closed_at", "opened_at")
    return counted(rows, start, end, at="closed_at", unit="unit_path", subject="kind", failed=late, wait=wait)


def reviews_waiting(now: datetime) -> list[Point]:
    """Reviews that wait."""
    rows = TodoItem.objects.filter(closed_at=None).exclude(kind__in=NO_REVIEWS).exclude(kind__endswith=".escalated")
    return waiting(rows, now, unit="unit_path", since="opened_at", late=Q(due_on__lt=city_day(now)))


def deadlines(start: datetime, end: datetime) -> list[Point]:
    """Clocks stopped, charged to the unit that held them; failed are those past their day."""
    late = Q(stopped_at__date__gt=F("due_on"))
    wait = took("stopped_at", "started_at")
    return counted(
        Clock.objects.all(), start, end, at="stopped_at", unit="holder_path", subject="kind", failed=late, wait=wait
    )


def scans(start: datetime, end: datetime) -> list[Point]:
    """Quality checks that ended; rows checked, time from landing (being queued) to the end."""
    rows = Scan.objects.exclude(ended_at=None)
    wait = took("ended_at", "queued_at")
    failed = Q(state="failed")
    return counted(rows, start, end, at="ended_at", unit=SCAN_UNIT, failed=failed, amount="rows", wait=wait)


def scans_waiting(now: datetime) -> list[Point]:
    """Quality checks queued or running."""
    return waiting(Scan.objects.filter(ended_at=None), now, unit=SCAN_UNIT, since="queued_at")


def calls(start: datetime, end: datetime) -> list[Point]:
    """Calls to the units' services, the platform's own checks left out; rows answered with, time of the answer."""
    return counted(
        Exchange.objects.by_people().filter(service__isnull=False),
        start,
        end,
        at="at",
        unit="service__unit__path",
        subject="sid",
        failed=Q(status__gte=400),
        amount="rows",
        wait="duration_us",
        scale=1e-6,
    )


def broken(start: datetime, end: datetime) -> list[Point]:
    """Calls that broke on our side (5xx)."""
    rows = Exchange.objects.by_people().filter(status__gte=500, service__isnull=False)
    return counted(rows, start, end, at="at", unit="service__unit__path", subject="sid")


def carried(start: datetime, end: datetime) -> list[Point]:
    """Receipts carried into the list of calls and the audit trail, and how long after the call."""
    rows = Exchange.objects.exclude(carried_at=None)
    return counted(rows, start, end, at="carried_at", unit="service__unit__path", wait=took("carried_at", "at"))


def late_calls(since: datetime, until: datetime) -> datetime | None:
    """When the oldest of the calls happened whose receipts were carried in a stretch."""
    rows = Exchange.objects.filter(carried_at__gte=since, carried_at__lt=until)
    first: datetime | None = rows.order_by().aggregate(first=Min("at"))["first"]
    return first


def receipts_waiting(now: datetime) -> Iterable[Point]:
    """The age of the oldest receipt that waits in a journal."""
    oldest = oldest_uncarried()
    age = max((now - oldest).total_seconds(), 0.0) if oldest else 0.0
    return [Point(at=now, count=1, amount=int(oldest is not None), peak=age)]


def events_waiting(now: datetime) -> Iterable[Point]:
    """Events not delivered yet; failed are those given up."""
    found, oldest = outbox_figures(), oldest_waiting()
    age = max((now - oldest).total_seconds(), 0.0) if oldest else 0.0
    return [Point(at=now, count=1, amount=found["waiting"], failed=found["dead"], peak=age)]


def probes(start: datetime, end: datetime) -> list[Point]:
    """Checks of services through the gateway."""
    failed = Q(ok=False)
    unit = "service__unit__path"
    return counted(
        Probe.objects.all(), start, end, at="at", unit=unit, subject="service__sid", failed=failed,
        wait="duration_us", scale=1e-6,
    )  # fmt: skip


def served(start: datetime, end: datetime) -> list[Point]:
    """Serving tables put in force; rows, time from landing to being served."""
    rows = Serving.objects.filter(landed_at__isnull=False)
    wait = took("at", "landed_at")
    return counted(
        rows, start, end, at="at", unit="service__unit__path", subject="service__sid", amount="rows", wait=wait
    )


def first_calls(start: datetime, end: datetime) -> list[Point]:
    """First calls of freshly served data, and how long after it was served; data of the last week."""
    called = Exchange.objects.by_people().filter(service=OuterRef("service"), at__gte=OuterRef("at"), status__lt=400)
    first = Subquery(called.order_by("at").values("at")[:1])
    rows = Serving.objects.filter(landed_at__isnull=False, at__gte=start - WEEK).annotate(first_call=first)
    wait = took("first_call", "at")
    return counted(rows, start, end, at="first_call", unit="service__unit__path", subject="service__sid", wait=wait)


def uses(start: datetime, end: datetime) -> list[Point]:
    """Calls made by units, by the purpose their grant names; bulk reads are counted by themselves."""
    rows = Exchange.objects.by_people().filter(consumer__isnull=False).exclude(sid__startswith="bulk:")
    return counted(
        rows,
        start,
        end,
        at="at",
        unit="consumer__unit__path",
        subject="purpose",
        failed=Q(status__gte=400),
        amount="rows",
    )


def builds(start: datetime, end: datetime) -> list[Point]:
    """Library tables built."""
    rows = Build.objects.exclude(ended_at=None)
    wait = took("ended_at", "queued_at")
    unit = "model__library__unit__path"
    return counted(rows, start, end, at="ended_at", unit=unit, failed=Q(state="failed"), amount="rows", wait=wait)


def builds_waiting(now: datetime) -> list[Point]:
    """Builds queued or running."""
    rows = Build.objects.filter(ended_at=None)
    return waiting(rows, now, unit="model__library__unit__path", since="queued_at")


def trials(start: datetime, end: datetime) -> list[Point]:
    """Queries run in workspaces."""
    rows = Trial.objects.exclude(ended_at=None)
    wait = took("ended_at", "started_at")
    unit = "draft__workspace__unit__path"
    return counted(rows, start, end, at="ended_at", unit=unit, failed=~Q(error={}), amount="row_count", wait=wait)


def register_rooms() -> None:
    """Every room's measures, in the order they are shown."""
    i, r, t, u = Stage.INTAKE, Stage.REVIEW, Stage.TRANSFER, Stage.USE
    rows, items = _("rows"), _("results")
    register_measures(
        Measure("intake.batches", i, _("Batches taken in"), rows, batches),
        Measure("intake.refused", i, _("Batches with refused rows"), rows, refused),
        Measure("intake.waiting", i, _("Batches under way"), items, level=loads_waiting),
        Measure("review.answered", r, _("Reviews answered"), items, reviews),
        Measure("review.scans", r, _("Quality checks"), rows, scans),
        Measure("review.deadlines", r, _("Deadlines kept or missed"), items, deadlines),
        Measure("review.waiting", r, _("Reviews waiting"), items, level=reviews_waiting),
        Measure("review.scans_waiting", r, _("Quality checks under way"), items, level=scans_waiting),
        Measure("transfer.calls", t, _("Calls to services"), rows, calls, touched=late_calls),
        Measure("transfer.broken", t, _("Calls broken on our side"), items, broken, touched=late_calls),
        Measure("transfer.carried", t, _("Receipts carried"), items, carried),
        Measure("transfer.probes", t, _("Checks of services"), items, probes),
        Measure("transfer.served", t, _("Serving tables put in force"), rows, served),
        Measure("transfer.receipts_waiting", t, _("Receipts waiting"), items, level=receipts_waiting),
        Measure("transfer.events_waiting", t, _("Events waiting"), items, level=events_waiting),
        Measure("use.calls", u, _("Calls by units"), rows, uses, touched=late_calls),
        Measure("use.first_calls", u, _("First calls of new data"), items, first_calls, touched=late_calls),
        Measure("use.builds", u, _("Library tables built"), rows, builds),
        Measure("use.trials", u, _("Queries in workspaces"), rows, trials),
        Measure("use.builds_waiting", u, _("Builds under way"), items, level=builds_waiting),
    )
