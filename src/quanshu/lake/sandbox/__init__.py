"""Queries of people who are not trusted with the platform: in a process of their own, over copies made for them."""

from __future__ import annotations

from quanshu.lake.sandbox.parent import (
    Limits,
    SandboxAnswer,
    SandboxDied,
    SandboxFailed,
    SandboxMemory,
    SandboxTable,
    SandboxTime,
    run_sandboxed,
)

__all__ = [
    "Limits",
    "SandboxAnswer",
    "SandboxDied",
    "SandboxFailed",
    "SandboxMemory",
    "SandboxTable",
    "SandboxTime",
    "run_sandboxed",
]
