"""The checks of shipped rules on intake, reviews and use, and those of an operator's own rules over measures."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Min, OuterRef, Q, Subquery, Sum
from django.urls import reverse

from quanshu.kernel.clock import CITY_TZ
from quanshu.oversight.monitoring.models import AlertRule, Sample
from quanshu.oversight.monitoring.queries.checks import check
from quanshu.oversight.monitoring.queries.measures import measures
from quanshu.oversight.monitoring.queries.rooms import reviews_waiting
from quanshu.oversight.monitoring.types import Finding, Grain, Sense
from quanshu.shared.workflow.api import Clock, city_day
from quanshu.sharing.services.api import ConsumerKey, Exchange, Grant
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.api import Run, Source
from quanshu.supply.libraries.api import Build, Model
from quanshu.supply.quality.api import latest_rates
from quanshu.supply.registration.api import Certificate

CYCLES = {
    "real-time": timedelta(hours=1),
    "daily": timedelta(days=1),
    "weekly": timedelta(days=7),
    "monthly": timedelta(days=31),
    "quarterly": timedelta(days=92),
    "yearly": timedelta(days=366),
}
LEAST_CALLS = 20
HALF_HOUR = timedelta(minutes=30)


@check("intake.overdue", seldom=True)
def intake_overdue(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = Entry.objects.published().must_land().filter(landed_at__isnull=False, intake_sources__active=True)
    for entry in rows.select_related("unit").distinct():
        cycle = CYCLES.get(entry.update_cycle)
        if cycle is None or entry.landed_at is None:
            continue
        cycles = (now - entry.landed_at) / cycle
        if cycles > rule.threshold:
            since = entry.landed_at + cycle * rule.threshold
            yield Finding(entry.uid, round(cycles, 2), entry.title, entry.unit.path, entry.get_absolute_url(), since)


@check("intake.failing", seldom=True)
def intake_failing(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    ended = Run.objects.filter(source=OuterRef("pk"), state__in=["landed", "failed"]).order_by("-ended_at", "-id")
    rows = Source.objects.filter(active=True).annotate(last=Subquery(ended.values("state")[:1])).filter(last="failed")
    for source in rows.select_related("unit", "entry"):
        failed: list[Run] = []
        for run in Run.objects.filter(source=source, state__in=["landed", "failed"]).order_by("-ended_at", "-id")[:50]:
            if run.state != "failed":
                break
            failed.append(run)
        if len(failed) >= rule.threshold:
            url = reverse("intake:run", args=[failed[0].uid])
            yield Finding(source.uid, len(failed), source.name, source.unit.path, url, failed[-1].ended_at)


@check("review.backlog", seldom=True)
def review_backlog(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    for point in reviews_waiting(now):
        if point.amount > rule.threshold:
            since = now - timedelta(seconds=point.peak)
            url = f"{reverse('monitoring:stage', args=['review'])}"
            yield Finding(point.unit_path or "platform", point.amount, "", point.unit_path, url, since)


@check("review.overdue", seldom=True)
def review_overdue(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    day = city_day(now)
    paused = Clock.objects.filter(stopped_at=None, pauses__isnull=False, pauses__ended_on=None).values("pk")
    late = Clock.objects.filter(stopped_at=None, due_on__lt=day).exclude(pk__in=paused)
    for row in late.order_by().values("holder_path").annotate(n=Count("pk"), first=Min("due_on")):
        if row["n"] > rule.threshold:
            since = datetime.combine(row["first"] + timedelta(days=1), datetime.min.time(), tzinfo=CITY_TZ)
            url = reverse("monitoring:stage", args=["review"])
            yield Finding(row["holder_path"] or "platform", row["n"], "", row["holder_path"], url, since)


@check("quality.low", seldom=True)
def quality_low(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = {
        entry.pk: entry for entry in Entry.objects.published().filter(landed_at__isnull=False).select_related("unit")
    }
    for pk, rate in latest_rates(list(rows)).items():
        if rate < rule.threshold:
            entry = rows[pk]
            yield Finding(entry.uid, round(rate, 4), entry.title, entry.unit.path, entry.get_absolute_url())


@check("calls.refused", seldom=True)
def calls_refused(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = (
        Exchange.objects.by_people().filter(at__gte=now - HALF_HOUR, consumer__isnull=False, status__lt=500).order_by()
    )
    bad = Q(status__gte=400)
    for row in rows.values("rid", "consumer__name", "consumer__unit__path").annotate(
        n=Count("pk"), refused=Count("pk", filter=bad), first=Min("at", filter=bad)
    ):
        share = row["refused"] / row["n"]
        if row["n"] >= LEAST_CALLS and share > rule.threshold:
            url = f"{reverse('services:exchanges')}?consumer={row['rid']}&outcome=refused"
            yield Finding(row["rid"], share, row["consumer__name"], row["consumer__unit__path"], url, row["first"])


@check("libraries.failing", seldom=True)
def libraries_failing(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    ended = Build.objects.filter(model=OuterRef("pk")).exclude(ended_at=None).order_by("-ended_at", "-id")
    rows = Model.objects.filter(published__isnull=False).annotate(
        last=Subquery(ended.values("state")[:1]), when=Subquery(ended.values("ended_at")[:1])
    )
    for model in rows.filter(last="failed").select_related("library__unit"):
        yield Finding(model.uid, 1, model.title, model.library.unit.path, model.get_absolute_url(), model.when)


def days_left(until: datetime, now: datetime) -> int:
    """Whole days that are left."""
    return max((until - now).days, 0)


@check("expiry.grant", seldom=True)
def expiry_grant(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    until = now + timedelta(days=rule.threshold)
    rows = Grant.objects.filter(revoked_at=None, valid_until__gt=now, valid_until__lte=until, consumer__active=True)
    for grant in rows.select_related("consumer__unit", "service"):
        label = f"{grant.consumer.title} → {grant.service.title}"
        left = days_left(grant.valid_until, now)
        yield Finding(grant.uid, left, label[:200], grant.consumer.unit.path, grant.get_absolute_url())


@check("expiry.key", seldom=True)
def expiry_key(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    until = now + timedelta(days=rule.threshold)
    rows = ConsumerKey.objects.filter(consumer__active=True, not_after__gt=now, not_after__lte=until)
    later = ConsumerKey.objects.filter(not_after__gt=until).values("consumer")
    for key in rows.exclude(consumer__in=later).select_related("consumer__unit"):
        app = key.consumer
        yield Finding(
            f"{app.rid}:{key.kid}", days_left(key.not_after, now), app.title, app.unit.path, app.get_absolute_url()
        )


@check("expiry.certificate", seldom=True)
def expiry_certificate(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    day = city_day(now)
    rows = Certificate.objects.filter(state="valid", expires_on__lte=day + timedelta(days=rule.threshold))
    for row in rows.select_related("holder", "entry"):
        yield Finding(
            row.number, max((row.expires_on - day).days, 0), f"{row.number} {row.entry.title}", row.holder.path
        )


def own_rule(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    """A rule over a measure: its sum, level or share of failures in the window, for a unit's tree and a subject."""
    start = now - timedelta(minutes=rule.window_minutes)
    rows = Sample.objects.filter(grain=Grain.MINUTE, measure=rule.measure, at__gt=start, at__lte=now)
    if rule.unit_path:
        rows = rows.filter(unit_path__startswith=rule.unit_path)
    if rule.subject:
        rows = rows.filter(subject=rule.subject)
    found = rows.aggregate(n=Sum("count", default=0), bad=Sum("failed", default=0), amount=Sum("amount", default=0))
    measure = measures().get(rule.measure)
    is_level = measure is not None and measure.level is not None
    if is_level:
        newest = rows.order_by("-at").values_list("at", flat=True).first()
        found["n"] = rows.filter(at=newest).aggregate(n=Sum("amount", default=0))["n"] if newest else 0
    url = reverse("monitoring:stage", args=[rule.stage]) if rule.stage != "platform" else "/operations/"
    share = found["bad"] / found["n"] if found["n"] else 0.0
    breached, value = {
        Sense.ABOVE: (found["n"] > rule.threshold, found["n"]),
        Sense.ABSENT: (found["n"] <= rule.threshold, found["n"]),
        Sense.RATE: (found["n"] >= rule.least and share > rule.threshold, share),
    }[Sense(rule.sense)]
    if breached:
        yield Finding("measure", value, rule.subject, rule.unit_path, url)
