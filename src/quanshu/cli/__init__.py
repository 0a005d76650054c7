"""The `quanshu` command."""

from __future__ import annotations

from quanshu.cli.root import main

__all__ = ["main"]
