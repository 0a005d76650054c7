"""Names of acts and of what they are done to, in the reader's language; rooms register theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_labels: dict[str, Any] = {}
_kinds: dict[str, Any] = {}
_details: dict[str, Any] = {}


def register_actions(labels: Mapping[str, Any]) -> None:
    """Add names of acts: {action code: lazy text}."""
    _labels.update({str(code): label for code, label in labels.items()})


def actions_called(words: str) -> list[str]:
    """Codes of the acts whose name in the reader's language holds these words."""
    return [code for code, label in _labels.items() if words.casefold() in str(label).casefold()]


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


def register_details(labels: Mapping[str, Any]) -> None:
    """Add names of what entries hold beside their object: {key of `details`: lazy text}."""
    _details.update({str(key): label for key, label in labels.items()})


def detail_label(key: str) -> str:
    """The name of a detail, or its key."""
    return str(_details.get(key, key))
