"""Queueing and running jobs."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cronsim import CronSim
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.clock import now as clock_now
from quanshu.kernel.errors import Conflict, NotFound
from quanshu.kernel.ids import new_uid
from quanshu.kernel.redaction import redact
from quanshu.kernel.trace import current_trace, new_trace, tracing
from quanshu.shared.access.api import Actor, allows, require
from quanshu.shared.jobs import figures, registry
from quanshu.shared.jobs.models import Job, PeriodicJob, WorkerSign
from quanshu.shared.jobs.permissions import JobPermission

logger = logging.getLogger(__name__)
_running: ContextVar[Job | None] = ContextVar("quanshu_running_job", default=None)
WORKER_SILENT = timedelta(seconds=15)
SKEW = timedelta(minutes=1)
LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Counts of background work."""

    queued: int
    running: int
    failed_day: int
    oldest_due: datetime | None


class JobNotFound(NotFound):
    code = "jobs.job_not_found"
    message = "There is no background work “%(job)s”."
    remedy = "Open the operations page and choose one."


class JobNotFailed(Conflict):
    code = "jobs.not_failed"
    message = "Only work that has failed can be queued again."
    remedy = "Wait until it ends."


def enqueue(
    name: str,
    payload: dict[str, Any],
    *,
    now: datetime,
    run_at: datetime | None = None,
    key: str | None = None,
) -> Job:
    """Queue a job in the caller's transaction. With a `key`, one that waits or runs already is returned instead."""
    if name not in registry.jobs:
        raise LookupError(f"no job is called {name!r}")
    if key:
        there = Job.objects.filter(key=key, state__in=["queued", "running"]).first()
        if there is not None:
            return there
    try:
        with transaction.atomic():
            return Job.objects.create(
                name=name,
                payload=payload,
                key=key or "",
                run_at=run_at or now,
                created_at=now,
                trace_id=current_trace(),
            )
    except IntegrityError:
        return Job.objects.get(key=key, state__in=["queued", "running"])


def claim(now: datetime) -> Job | None:
    """Take the lease of the next due job, or of one whose worker died. None when there is none."""
    due = Q(state="queued", run_at__lte=now) | Q(state="running", lease_until__lt=now) | from_the_future(now)
    rows = Job.objects.filter(due).order_by("run_at", "id")
    if not rows.exists():
        return None
    with transaction.atomic():
        # Workers pass over what another is taking at this moment, instead of waiting for it and finding it taken.
        job = rows.select_for_update(skip_locked=True).first()
        if job is None:
            return None
        spec = registry.jobs.get(job.name)
        job.state, job.lease = "running", new_uid()
        job.lease_until = now + timedelta(seconds=spec.lease_seconds if spec else 60)
        job.save(update_fields=["state", "lease", "lease_until"])
        return job


def from_the_future(now: datetime) -> Q:
    """Jobs whose times only a clock that was ahead can have written; they must not wait until it has caught up."""
    longest = max((spec.lease_seconds for spec in registry.jobs.values()), default=60)
    return (
        Q(state="queued", created_at__gt=now + SKEW)
        | Q(state="queued", attempts__gt=0, run_at__gt=now + LONGEST_WAIT + SKEW)
        | Q(state="running", lease_until__gt=now + timedelta(seconds=longest) + SKEW)
    )


def run_due(now: datetime) -> int:
    """Run every job that is due, one after another; returns how many were run. For tests and the demo."""
    count = 0
    while (job := claim(max(now, clock_now()))) is not None:
        run(job)
        count += 1
    return count


def run(job: Job) -> None:
    """Do a claimed job: renew its lease while it runs, note its end, or when it will be tried again."""
    spec = registry.jobs.get(job.name)
    if spec is None:
        finish(job, state="failed", error=f"no job is called {job.name!r}")
        return
    if job.attempts >= spec.max_attempts:
        # Its worker died in every attempt: such work would take down one worker after another.
        finish(job, state="failed", error=f"its worker died in {job.attempts} attempts; {job.error}")
        return
    job.attempts += 1
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        attempts=job.attempts, lease_until=clock_now() + timedelta(seconds=spec.lease_seconds)
    )
    stop = threading.Event()
    keeper = threading.Thread(target=keep_lease, args=(job, spec.lease_seconds, stop), daemon=True)
    keeper.start()
    token, began, outcome = _running.set(job), time.perf_counter(), "failed"
    try:
        with tracing(job.trace_id or new_trace()):
            work(job, spec)
        outcome = "done"
    except Exception:  # noqa: BLE001
        # A job's fault is a row, not the end of the worker.
        put_off(job, spec, traceback.format_exc(limit=8))
    else:
        finish(job, state="done")
    finally:
        figures.count_job(job.name, outcome, time.perf_counter() - began)
        _running.reset(token)
        stop.set()
        keeper.join()


def work(job: Job, spec: registry.JobSpec) -> None:
    """The work itself; a fault is told under the job's trace and raised again."""
    try:
        spec.work(job.payload)
    except Exception as fault:
        logger.warning("job %s failed: %s", job.name, fault)
        raise


def keep_lease(job: Job, seconds: float, stop: threading.Event) -> None:
    """Push the lease forward three times in each lease until told to stop."""
    try:
        while not stop.wait(seconds / 3):
            try:
                until = clock_now() + timedelta(seconds=seconds)
                Job.objects.filter(pk=job.pk, lease=job.lease).update(lease_until=until)
            except DatabaseError:
                logger.exception("the lease of job %s could not be renewed now", job.name)
                connection.close()
    finally:
        connection.close()


def finish(job: Job, *, state: str, error: str = "") -> None:
    """Note a job's end, unless another worker holds it by now."""
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        state=state, error=redact(error)[-4000:], finished_at=clock_now(), lease="", lease_until=None
    )


def put_off(job: Job, spec: registry.JobSpec, error: str) -> None:
    """Queue a failed job for later, or give it up after its last attempt."""
    if job.attempts >= spec.max_attempts:
        finish(job, state="failed", error=error)
        return
    later = clock_now() + min(timedelta(seconds=2**job.attempts), LONGEST_WAIT)
    Job.objects.filter(pk=job.pk, lease=job.lease).update(
        state="queued", error=redact(error)[-4000:], run_at=later, lease="", lease_until=None
    )


def heartbeat(progress: dict[str, Any] | None = None) -> None:
    """Show how far the running job is. Does nothing outside a job."""
    job = _running.get()
    if job is not None and progress is not None:
        Job.objects.filter(pk=job.pk, lease=job.lease).update(progress=progress)


def queue_periodic(now: datetime) -> int:
    """Queue the periodic jobs that are due; returns how many. A missed time is made up once."""
    count = 0
    for name, cron in registry.crons.items():
        row, _made = PeriodicJob.objects.get_or_create(name=name, defaults={"cron": cron})
        if not row.active:
            continue
        coming = next_time(row.cron, now)
        if row.next_at is None or row.next_at > coming:
            # Later than the next time there is: a clock that was ahead has written it, or the line has changed.
            PeriodicJob.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=coming)
        elif row.next_at <= now:
            with transaction.atomic():
                taken = PeriodicJob.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=coming, last_at=now)
                if taken:
                    enqueue(name, {}, now=now, key=f"periodic:{name}")
                    count += 1
    return count


def next_time(cron: str, now: datetime) -> datetime:
    """The next moment of a cron line, in the city's time."""
    found: datetime = next(CronSim(cron, now.astimezone(CITY_TZ)))
    return found


def workers_seen() -> dict[str, datetime]:
    """{worker (host:process): when it was last seen}, of the last day."""
    return dict(WorkerSign.objects.order_by("worker").values_list("worker", "seen_at"))


def job_figures(now: datetime) -> JobFigures:
    """What waits, runs and has failed, and since when the oldest due job waits."""
    day = now - timedelta(days=1)
    due = Job.objects.filter(state="queued", run_at__lte=now).order_by("run_at").values_list("run_at", flat=True)
    return JobFigures(
        queued=Job.objects.filter(state="queued").count(),
        running=Job.objects.filter(state="running").count(),
        failed_day=Job.objects.filter(state="failed", finished_at__gte=day).count(),
        oldest_due=due.first(),
    )


def job_list(actor: Actor) -> QuerySet[Job]:
    """Every job, for those who may see them."""
    return Job.objects.all() if allows(actor, JobPermission.VIEW) else Job.objects.none()


@transaction.atomic
def retry_job(*, actor: Actor, uid: str, now: datetime) -> Job:
    """Queue failed work again. Raises Forbidden, JobNotFound, JobNotFailed."""
    from quanshu.shared.audit import api as audit

    require(actor, JobPermission.RETRY)
    job = Job.objects.select_for_update().filter(uid=uid).first()
    if job is None:
        raise JobNotFound(job=uid)
    if job.state != "failed":
        raise JobNotFailed
    job.state, job.attempts, job.run_at, job.finished_at = "queued", 0, now, None
    job.save(update_fields=["state", "attempts", "run_at", "finished_at"])
    audit.record(actor=actor, action="jobs.job.retried", kind="jobs.job", uid=job.uid, label=job.name, now=now)
    return job


def sign_in_worker(worker: str, now: datetime) -> None:
    """Note that a worker is at work."""
    WorkerSign.objects.update_or_create(worker=worker, defaults={"seen_at": now})
    WorkerSign.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()


def worker_seen_at() -> datetime | None:
    """When a worker was last seen, or None when none was within fifteen seconds."""
    row = WorkerSign.objects.filter(seen_at__gte=clock_now() - WORKER_SILENT).order_by("-seen_at").first()
    return row.seen_at if row else None
