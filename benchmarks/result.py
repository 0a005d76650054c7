"""One row of benchmarks/results.json, and measuring in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """Our figure beside theirs; `ratio` is ours / theirs, and holds when it is at least `target`.

    `peak_mib` is the most memory that our side's process held, 0 for this process so far.
    """

    name: str
    ours: float
    against: str
    theirs: float
    target: float
    unit: str
    peak_mib: int = 0
    note: str = ""

    def row(self) -> dict[str, Any]:
        """As JSON."""
        ratio = self.ours / self.theirs
        return {
            **asdict(self),
            "ratio": round(ratio, 3),
            "held": ratio >= self.target,
            "peak_mib": self.peak_mib or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }


@dataclass(frozen=True)
class Measured:
    """What a piece of work answered, and the most memory its process held."""

    value: Any
    peak_mib: int


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def apart(work: Callable[..., Any], *args: Any) -> Measured:
    """Do a piece of work in a new process, so that neither memory nor caches of another measurement count."""
    context = multiprocessing.get_context("spawn")
    answer, told = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(told, work, args))
    process.start()
    told.close()
    try:
        found = answer.recv()
    except EOFError as fault:
        process.join()
        raise RuntimeError(f"{work.__module__}.{work.__name__} ended with {process.exitcode} and no answer") from fault
    process.join()
    return Measured(*found)


def _report(told: Any, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    value = work(*args)
    told.send((value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024))
