"""Service levels: what was promised for a month against what happened."""

from __future__ import annotations

from quanshu.oversight.monitoring.types import Budget


def budget(*, good: int, total: int, target: float) -> Budget:
    """A month with `good` of `total` events as promised. The error budget is what may fail: total × (1 − target).

    `left` is the share of it that is left, below 0 when more failed; with a target of 1 nothing may fail.
    """
    if total <= 0:
        return Budget(good=0, total=0, value=None, target=target, left=None, met=None)
    value, allowed, failed = good / total, total * (1 - target), total - good
    left = 1 - failed / allowed if allowed > 1e-9 else (1.0 if failed == 0 else 0.0)
    return Budget(good=good, total=total, value=value, target=target, left=left, met=value >= target)
