"""The product's own source, read as trees."""

from __future__ import annotations

import ast
import gc
from pathlib import Path


def parsed(path: Path) -> ast.Module:
    """A module's tree.

    The collector rests meanwhile. Building a tree makes objects enough to wake it; what it then closes may end in a
    formatted traceback (an event loop that an earlier test left open does, under pytest). That parses too, and CPython
    3.11 counts the depth of both in one place and gives up: "AST constructor recursion depth mismatch".
    """
    text = path.read_text(encoding="utf-8")
    was_on = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text)
    finally:
        if was_on:
            gc.enable()
