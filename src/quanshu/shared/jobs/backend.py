"""Django's Tasks interface over our job rows: `task.enqueue(...)` queues a Job."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus

from quanshu.kernel.clock import now as clock_now
from quanshu.shared.jobs.registry import job
from quanshu.shared.jobs.services import enqueue


@job("jobs.task")
def run_task(payload: dict[str, Any]) -> None:
    """Call a task function by its path."""
    module, _dot, name = payload["path"].rpartition(".")
    getattr(import_module(module), name).func(*payload["args"], **payload["kwargs"])


class JobBackend(BaseTaskBackend):
    """Queues tasks as jobs; results are looked up on the job's row, not through this interface."""

    supports_defer = True
    supports_async_task = False
    supports_get_result = False

    def enqueue(self, task: Task, args: Any, kwargs: Any) -> TaskResult:
        self.validate_task(task)
        now = clock_now()
        payload = {"path": task.module_path, "args": list(args), "kwargs": dict(kwargs)}
        row = enqueue("jobs.task", payload, now=now, run_at=task.run_after)
        return TaskResult(
            task=task,
            id=row.uid,
            status=TaskResultStatus.READY,
            enqueued_at=now,
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=dict(kwargs),
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
