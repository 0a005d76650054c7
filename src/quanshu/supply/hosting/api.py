"""The door: what other rooms may import."""

from __future__ import annotations

__all__: tuple[str, ...] = ()
