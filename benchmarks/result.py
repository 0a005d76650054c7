"""One row of benchmarks/results.json."""

from __future__ import annotations

import resource
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """Our figure beside theirs; `ratio` is ours / theirs, and holds when it is at least `target`."""

    name: str
    ours: float
    against: str
    theirs: float
    target: float
    unit: str
    note: str = ""

    def row(self) -> dict[str, Any]:
        """As JSON, with the peak memory of this process so far."""
        ratio = self.ours / self.theirs
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return {**asdict(self), "ratio": round(ratio, 3), "held": ratio >= self.target, "peak_mib": peak}


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]
