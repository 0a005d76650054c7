"""Names of rights in the reader's language; rooms register theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_labels: dict[str, Any] = {}


def register_rights(labels: Mapping[str, Any]) -> None:
    """Add names of rights: {permission code: lazy text}."""
    _labels.update({str(code): label for code, label in labels.items()})


def right_label(permission: str) -> str:
    """The name of a right, or its code."""
    return str(_labels.get(permission, permission))
