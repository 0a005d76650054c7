"""12-digit statistical region codes (统计用区划代码): province, city, district, street, village."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from quanshu.kernel.identifiers.base import Identifier

FORM = re.compile(r"[1-9][0-9]{11}", re.ASCII)
WIDTHS = (2, 4, 6, 9, 12)


class RegionLevel(IntEnum):
    PROVINCE = 1
    CITY = 2
    DISTRICT = 3
    STREET = 4
    VILLAGE = 5


@dataclass(frozen=True, slots=True)
class RegionCode(Identifier):
    """A region code padded with zeros below its level."""

    kind = "region code"
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code of 2, 4, 6, 9 or 12 digits; shorter ones are padded. Raises BadIdentifier."""
        value = text.strip()
        if len(value) in WIDTHS:
            value = value.ljust(12, "0")
        if not FORM.fullmatch(value):
            raise cls.refuse(text, "it has not 12 digits")
        widths = list(WIDTHS)
        parts = [value[a:b] for a, b in zip([0, *widths], widths, strict=False)]
        empty = [set(part) == {"0"} for part in parts]
        # 东莞, 中山, 儋州 and 嘉峪关 have streets without districts; no other level is ever left out.
        if any(empty[index] and not all(empty[index:]) for index in (0, 1, 3)):
            raise cls.refuse(text, "a level in the middle is empty")
        return cls(value)

    def __str__(self) -> str:
        return self.value

    @property
    def level(self) -> RegionLevel:
        for level, width in zip(RegionLevel, WIDTHS, strict=True):
            if set(self.value[width:]) <= {"0"}:
                return level
        return RegionLevel.VILLAGE

    @property
    def parent(self) -> Self | None:
        """The region above; None for a province."""
        if self.level == RegionLevel.PROVINCE:
            return None
        return type(self)(self.value[: WIDTHS[self.level - 2]].ljust(12, "0"))

    @property
    def prefix(self) -> str:
        """The digits that every region inside shares."""
        return self.value[: WIDTHS[self.level - 1]]

    def contains(self, other: RegionCode) -> bool:
        """Whether `other` is this region or lies in it."""
        return other.value.startswith(self.prefix)

    def masked(self) -> str:
        """Region codes are public."""
        return self.value
