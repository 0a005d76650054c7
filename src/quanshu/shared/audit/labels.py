"""Names of acts in the reader's language; rooms register theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_labels: dict[str, Any] = {}


def register_actions(labels: Mapping[str, Any]) -> None:
    """Add names of acts: {action code: lazy text}."""
    _labels.update({str(code): label for code, label in labels.items()})


def label_of(action: str) -> str:
    """The name of an act, or its code."""
    return str(_labels.get(action, action))
