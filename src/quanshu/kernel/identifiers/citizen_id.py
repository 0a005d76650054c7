"""Citizen identity numbers (公民身份号码, GB 11643-1999), and the 15-digit form issued before 1999."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from quanshu.kernel.identifiers.base import Identifier

# ISO 7064 MOD 11-2: the weight of position i (from the left, 17 digits) is 2^(17-i) mod 11.
WEIGHTS = tuple(pow(2, 17 - index, 11) for index in range(17))
CHECK_CHARACTERS = "10X98765432"
# First two digits of provinces, autonomous regions, municipalities, Taiwan, Hong Kong, Macao.
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
        "83",
        "91",
    ]
)
LONG = re.compile(r"[0-9]{17}[0-9X]", re.ASCII)
SHORT = re.compile(r"[0-9]{15}", re.ASCII)
OLDEST_YEAR = 1800


def check_character(first17: str) -> str:
    """The 18th character of a number: ISO 7064 MOD 11-2 over the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


@dataclass(frozen=True, slots=True)
class CitizenId(Identifier):
    """A valid number in its 18-character form.

    County codes change over the years and stay in numbers for life, so only the province is checked.
    """

    kind = "citizen ID"
    value: str

    @classmethod
    def parse(cls, text: str, *, today: date | None = None) -> Self:
        """Read an 18- or 15-digit number; surrounding blanks and a small x are forgiven.

        Raises BadIdentifier for a wrong length or character, province, date or check character, and
        for a birth after `today` where one is given.
        """
        value = text.strip().upper()
        if SHORT.fullmatch(value):
            first17 = f"{value[:6]}19{value[6:]}"
            value = first17 + check_character(first17)
        elif not LONG.fullmatch(value):
            raise cls.refuse(text, "it has not 18 digits (the last may be X)")
        if value[:2] not in PROVINCES:
            raise cls.refuse(text, "its first two digits name no province")
        born = birth_of(value)
        if born is None:
            raise cls.refuse(text, "its birth date does not exist")
        if today is not None and born > today:
            raise cls.refuse(text, "its birth date is in the future")
        if check_character(value[:17]) != value[17]:
            raise cls.refuse(text, "its check character is wrong")
        return cls(value)

    def __str__(self) -> str:
        return self.value

    @property
    def region(self) -> str:
        """The six-digit code of the county where the number was first issued."""
        return self.value[:6]

    @property
    def birth_date(self) -> date:
        born = birth_of(self.value)
        if born is None:
            raise self.refuse(self.value, "its birth date does not exist")
        return born

    @property
    def is_female(self) -> bool:
        """Even sequence numbers are given to women."""
        return int(self.value[16]) % 2 == 0

    def masked(self) -> str:
        """Region and last four characters; the birth date is starred."""
        return f"{self.value[:6]}********{self.value[14:]}"


def birth_of(value: str) -> date | None:
    """The date in positions 7 to 14, or None when there is no such day."""
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return None
    return born if born.year >= OLDEST_YEAR else None
