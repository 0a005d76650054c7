"""Names of clocks and to-dos in the reader's language; rooms register theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_labels: dict[str, Any] = {}


def register_labels(labels: Mapping[str, Any]) -> None:
    """Add names: {kind: lazy text}."""
    _labels.update({str(kind): label for kind, label in labels.items()})


def label_of(kind: str) -> str:
    """The name of a kind, or the kind itself."""
    return str(_labels.get(kind, kind))
