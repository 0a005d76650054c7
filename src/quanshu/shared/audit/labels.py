"""Names of acts and of what they are done to, in the reader's language; rooms register theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_labels: dict[str, Any] = {}
_kinds: dict[str, Any] = {}


def register_actions(labels: Mapping[str, Any]) -> None:
    """Add names of acts: {action code: lazy text}."""
    _labels.update({str(code): label for code, label in labels.items()})


def label_of(action: str) -> str:
    """The name of an act, or its code."""
    return str(_labels.get(action, action))


def register_kinds(labels: Mapping[str, Any]) -> None:
    """Add names of kinds of objects: {kind code: lazy text}."""
    _kinds.update({str(code): label for code, label in labels.items()})


def kind_label(kind: str) -> str:
    """The name of a kind of object, or its code."""
    return str(_kinds.get(kind, kind))


def kinds() -> Mapping[str, Any]:
    """Every kind that has a name."""
    return _kinds
