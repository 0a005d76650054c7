"""What happens to composites; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class CompositionEvent(StrEnum):
    CREATED = "composition.graph.created"
    CHANGED = "composition.graph.changed"
    DRAWN = "composition.graph.drawn"
    PUBLISHED = "composition.graph.published"
    WITHDRAWN = "composition.graph.withdrawn"
    FAILING = "composition.graph.failing"
    MENDED = "composition.graph.mended"
