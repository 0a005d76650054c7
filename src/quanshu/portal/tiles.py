"""A schematic tile map of Jinan: one tile a district, placed roughly as they lie to each other.

Drawn by us: it shows neighbours, not borders. Rows run from north to south.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# 12-digit region code -> (row, column).
PLACES: Mapping[str, tuple[int, int]] = {
    "370126000000": (1, 3),
    "370115000000": (2, 3),
    "370105000000": (3, 2),
    "370112000000": (3, 3),
    "370114000000": (3, 4),
    "370104000000": (4, 1),
    "370103000000": (4, 2),
    "370102000000": (4, 3),
    "370176000000": (4, 4),
    "370113000000": (5, 1),
    "370116000000": (5, 4),
    "370124000000": (6, 1),
    "370117000000": (6, 4),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One district: where it stands, what it counts, and how far its units' duties are filled (0 to 1)."""

    code: str
    name: str
    row: int
    column: int
    units: int
    rate: float | None

    @property
    def tone(self) -> str:
        """Colour step of the tile, from the rate."""
        if self.rate is None:
            return "none"
        return "full" if self.rate >= 1 else "most" if self.rate >= 0.5 else "few"


def tiles(rows: Mapping[str, tuple[str, int, float | None]]) -> list[Tile]:
    """Tiles for {region code: (name, units, rate)}; a region without a place is left out."""
    return [
        Tile(code, name, *PLACES[code], units, rate) for code, (name, units, rate) in rows.items() if code in PLACES
    ]
