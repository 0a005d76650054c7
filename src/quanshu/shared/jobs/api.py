"""The door of background work."""

from __future__ import annotations

from quanshu.shared.jobs.models import Job
from quanshu.shared.jobs.registry import every_tick, job, job_label, jobs_called, periodic, register_jobs
from quanshu.shared.jobs.services import (
    JobFigures,
    JobNotFound,
    enqueue,
    heartbeat,
    job_figures,
    job_list,
    next_time,
    retry_job,
    run_due,
    worker_seen_at,
    workers_seen,
)
from quanshu.shared.jobs.worker import run_worker

__all__ = [
    "Job",
    "JobFigures",
    "JobNotFound",
    "enqueue",
    "every_tick",
    "heartbeat",
    "job",
    "job_figures",
    "job_label",
    "job_list",
    "jobs_called",
    "next_time",
    "periodic",
    "register_jobs",
    "retry_job",
    "run_due",
    "run_worker",
    "worker_seen_at",
    "workers_seen",
]
