"""Rows of background work."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from quanshu.kernel.ids import new_uid


class Job(models.Model):
    """One piece of work. A running job belongs to the worker that holds its lease until it runs out."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid)
    name = models.CharField(max_length=80)
    payload = models.JSONField(default=dict)
    key = models.CharField(max_length=150, blank=True)
    state = models.CharField(max_length=10, default="queued")
    run_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    lease = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True)
    progress = models.JSONField(null=True)
    error = models.TextField(blank=True)
    trace_id = models.CharField(max_length=32, blank=True, default="")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["state", "run_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key"],
                condition=~Q(key="") & Q(state__in=["queued", "running"]),
                name="jobs_key_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"

    @property
    def label(self) -> str:
        """The work in the reader's language, or its code."""
        from quanshu.shared.jobs.registry import job_label

        return job_label(self.name)


class PeriodicJob(models.Model):
    """A job that is due again and again, by a cron line in the city's time."""

    name = models.CharField(max_length=80, unique=True)
    cron = models.CharField(max_length=60)
    active = models.BooleanField(default=True)
    next_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return f"{self.name} {self.cron}"


class WorkerSign(models.Model):
    """When a worker process was last seen at work."""

    worker = models.CharField(max_length=80, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
