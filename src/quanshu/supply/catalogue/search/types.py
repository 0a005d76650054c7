"""Values of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from quanshu.supply.catalogue.models import Entry


class Place(StrEnum):
    """Where something was found, the weightiest first."""

    CODE = "code"
    TITLE = "title"
    ITEM = "item"
    UNIT = "unit"
    ABSTRACT = "abstract"


@dataclass(frozen=True, slots=True)
class Mark:
    """A text in which something was found: (start, end) of each stretch, in characters."""

    place: Place
    text: str
    spans: tuple[tuple[int, int], ...]

    def pieces(self) -> list[tuple[str, bool]]:
        """The text cut up: (piece, whether it is marked)."""
        found, at = [], 0
        for start, end in self.spans:
            if start > at:
                found.append((self.text[at:start], False))
            found.append((self.text[start:end], True))
            at = end
        if at < len(self.text):
            found.append((self.text[at:], False))
        return found


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry as the reader may see it, where it was found, and whether only by its sound or a corrected letter."""

    entry: Entry
    marks: tuple[Mark, ...]
    by_sound: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """The first page of a search. `total` stops at a limit; `more` says that there are more than that."""

    hits: tuple[Hit, ...]
    total: int
    more: bool
    meant: str = ""

    def as_dict(self) -> Mapping[str, object]:
        """As the API gives it, without the hits."""
        return {"total": self.total, "more": self.more, "did_you_mean": self.meant}
