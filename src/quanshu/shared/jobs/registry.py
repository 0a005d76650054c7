"""Which work exists: jobs, periodic jobs, and what a worker does at every tick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Work = Callable[[dict[str, Any]], None]
Tick = Callable[[datetime], Any]


@dataclass(frozen=True, slots=True)
class JobSpec:
    """A job's function, how often it is tried, and how long its lease holds without a sign of life."""

    name: str
    work: Work
    max_attempts: int
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class TickSpec:
    """Something a worker does every `seconds`."""

    name: str
    seconds: float
    work: Tick


jobs: dict[str, JobSpec] = {}
crons: dict[str, str] = {}
ticks: dict[str, TickSpec] = {}
_labels: dict[str, Any] = {}


def job(name: str, max_attempts: int = 5, lease_seconds: float = 60) -> Callable[[Work], Work]:
    """Register the decorated function as the work of jobs called `name`. It must be safe to run again."""

    def register(work: Work) -> Work:
        jobs[name] = JobSpec(name, work, max_attempts, lease_seconds)
        return work

    return register


def periodic(name: str, cron: str) -> None:
    """Have the job `name` queued by a cron line (minute hour day month weekday, city time)."""
    crons[name] = cron


def every_tick(name: str, seconds: float) -> Callable[[Tick], Tick]:
    """Register the decorated function to be called with the time, about every `seconds`, by each worker."""

    def register(work: Tick) -> Tick:
        ticks[name] = TickSpec(name, seconds, work)
        return work

    return register


def registered_jobs() -> Mapping[str, JobSpec]:
    """Every job by name."""
    return jobs


def register_jobs(labels: Mapping[str, Any]) -> None:
    """Add names of jobs: {job's name in code: lazy text}."""
    _labels.update({str(name): label for name, label in labels.items()})


def jobs_called(words: str) -> list[str]:
    """Names in code of the jobs whose name in the reader's language holds these words."""
    return [name for name, label in _labels.items() if words.casefold() in str(label).casefold()]


def job_label(name: str) -> str:
    """The name of a job in the reader's language, or its code."""
    return str(_labels.get(name, name))
