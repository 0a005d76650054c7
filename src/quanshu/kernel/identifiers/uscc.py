"""Unified social credit codes (统一社会信用代码, GB 32100-2015)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from quanshu.kernel.identifiers.base import Identifier

# Digits and letters without I, O, S, V, Z; a character's value is its place here.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
# The weight of position i (from the left, 17 characters) is 3^(i-1) mod 31.
WEIGHTS = tuple(pow(3, index, 31) for index in range(17))
FORM = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", re.ASCII)


def check_character(first17: str) -> str:
    """The 18th character: 31 minus the weighted sum modulo 31."""
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


@dataclass(frozen=True, slots=True)
class Uscc(Identifier):
    """A valid code: registering body, kind, region, organisation code, check character."""

    kind = "unified social credit code"
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code; surrounding blanks and small letters are forgiven. Raises BadIdentifier."""
        value = text.strip().upper()
        if not FORM.fullmatch(value):
            raise cls.refuse(text, "it has not 18 characters of the code's alphabet (no I, O, S, V, Z)")
        if check_character(value[:17]) != value[17]:
            raise cls.refuse(text, "its check character is wrong")
        return cls(value)

    def __str__(self) -> str:
        return self.value

    @property
    def region(self) -> str:
        """The six-digit code of the registering region."""
        return self.value[2:8]

    def masked(self) -> str:
        """Kind, region and last character."""
        return f"{self.value[:8]}*********{self.value[17:]}"
