"""The checks of shipped rules on the platform and the transfer stage: what is broken now, by cause."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.urls import reverse
from django.utils.translation import gettext_noop as N_

from quanshu.oversight.monitoring.models import AlertRule, Part
from quanshu.oversight.monitoring.queries.parts import snapshot_in_force
from quanshu.oversight.monitoring.types import Finding
from quanshu.shared.audit.api import oldest_waiting as oldest_unplaced
from quanshu.shared.jobs.api import Job, job_figures, workers_seen
from quanshu.shared.outbox.api import oldest_waiting, outbox_figures
from quanshu.shared.workflow.api import calendar, city_day
from quanshu.sharing.services.api import Exchange, Probe, Service, oldest_uncarried

Check = Callable[[AlertRule, datetime], Iterable[Finding]]
RECENT = timedelta(minutes=10)
DAY = timedelta(days=1)
LEAST_BROKEN = 5
checks: dict[str, Check] = {}
slow: set[str] = set()


def check(code: str, *, seldom: bool = False) -> Callable[[Check], Check]:
    """Register the decorated function as the check of a rule; `seldom` ones are asked once a minute."""

    def register(function: Check) -> Check:
        checks[code] = function
        if seldom:
            slow.add(code)
        return function

    return register


def age(since: datetime | None, now: datetime) -> float:
    """Seconds since a moment; 0 without one."""
    return max((now - since).total_seconds(), 0.0) if since else 0.0


@check("gateway.silent")
def gateway_silent(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    for part in Part.objects.filter(kind="gateway", ok=False):
        yield Finding(part.name, 1, part.name, since=part.good_at or part.since, url="/operations/")


@check("gateway.old_snapshot")
def gateway_old_snapshot(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    version, published = snapshot_in_force()
    behind = age(published, now)
    for part in Part.objects.filter(kind="gateway", ok=True):
        held = part.facts.get("snapshot_version")
        if held is not None and held < version and behind > rule.threshold:
            text = N_("It has snapshot %(held)s, in force is %(version)s.")
            params = {"held": held, "version": version}
            yield Finding(part.name, behind, part.name, since=published, url="/operations/", text=text, params=params)


@check("worker.silent")
def worker_silent(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    newest = max(workers_seen().values(), default=None)
    if newest is not None and age(newest, now) > rule.threshold:
        yield Finding("workers", age(newest, now), since=newest, url="/operations/")


@check("receipts.waiting")
def receipts_waiting(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    oldest = oldest_uncarried()
    if oldest is not None and age(oldest, now) > rule.threshold:
        yield Finding("receipts", age(oldest, now), since=oldest, url="/operations/")


@check("outbox.stuck")
def outbox_stuck(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    oldest, dead = oldest_waiting(), outbox_figures()["dead"]
    if age(oldest, now) > rule.threshold:
        yield Finding("waiting", age(oldest, now), since=oldest, url="/operations/")
    if dead:
        text, params = N_("%(dead)s deliveries were given up after twelve attempts."), {"dead": dead}
        yield Finding("dead", dead, url="/operations/", text=text, params=params)


@check("jobs.waiting")
def jobs_waiting(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    oldest = job_figures(now).oldest_due
    if age(oldest, now) > rule.threshold:
        yield Finding("jobs", age(oldest, now), since=oldest, url="/operations/?state=queued")


@check("jobs.failed", seldom=True)
def jobs_failed(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = Job.objects.filter(state="failed", finished_at__gte=now - DAY).exclude(name="notify.mail").order_by()
    for row in rows.values("name").annotate(n=Count("pk"), first=Min("finished_at")):
        if row["n"] > rule.threshold:
            yield Finding(row["name"], row["n"], row["name"], since=row["first"], url="/operations/?state=failed")


@check("mail.failing", seldom=True)
def mail_failing(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = Job.objects.filter(state="failed", name="notify.mail", finished_at__gte=now - DAY)
    found = rows.aggregate(n=Count("pk"), first=Min("finished_at"))
    if found["n"] > rule.threshold:
        yield Finding("mail", found["n"], since=found["first"], url="/operations/?state=failed&q=notify.mail")


@check("disk.low")
def disk_low(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    for part in Part.objects.filter(kind="disk"):
        free = part.facts.get("free", 1.0)
        if free < rule.threshold:
            text, params = N_("%(gib)s GiB are free."), {"gib": part.facts.get("free_gib", 0)}
            yield Finding(part.name, free, part.name, url="/operations/", text=text, params=params)


@check("clock.skew")
def clock_skew(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    for part in Part.objects.filter(kind="clock"):
        skew = part.facts.get("skew", 0.0)
        if skew > rule.threshold:
            yield Finding(part.name, skew, url="/operations/")


@check("audit.waiting")
def audit_waiting(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    oldest = oldest_unplaced()
    if age(oldest, now) > rule.threshold:
        yield Finding("audit", age(oldest, now), since=oldest, url="/audit/")


@check("service.probe")
def service_probe(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = Service.objects.filter(probe_ok=False, served_version__isnull=False).exclude(state="withdrawn")
    for service in rows.select_related("unit"):
        failed = []
        for probe in Probe.objects.filter(service=service)[:50]:
            if probe.ok:
                break
            failed.append(probe)
        if failed and len(failed) >= rule.threshold:
            yield Finding(
                service.sid,
                len(failed),
                service.title,
                service.unit.path,
                service.get_absolute_url(),
                failed[-1].at,
                N_("The latest answer was “%(code)s”."),
                {"code": failed[0].code},
            )


@check("calls.errors")
def calls_errors(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    rows = Exchange.objects.by_people().filter(at__gte=now - RECENT, service__isnull=False).order_by()
    bad = Q(status__gte=500)
    for row in rows.values("sid", "service__name", "service__unit__path").annotate(
        n=Count("pk"), broken=Count("pk", filter=bad), first=Min("at", filter=bad)
    ):
        if row["broken"] >= LEAST_BROKEN and row["broken"] / row["n"] > rule.threshold:
            url = f"{reverse('services:exchanges')}?service={row['sid']}&outcome=refused"
            share = row["broken"] / row["n"]
            yield Finding(row["sid"], share, row["service__name"], row["service__unit__path"], url, row["first"])


@check("calendar.missing", seldom=True)
def calendar_missing(rule: AlertRule, now: datetime) -> Iterable[Finding]:
    day = city_day(now)
    left = (day.replace(month=12, day=31) - day).days + 1
    if left <= rule.threshold and day.year + 1 not in calendar().years:
        yield Finding(str(day.year + 1), left, str(day.year + 1))
