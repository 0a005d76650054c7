"""Catalogue resource codes (信息资源代码): 类, 项, 目, 细目, then a serial after the slash.

政务信息资源目录编制指南（试行）, 2017: the first digit is the class (1 base, 2 theme, 3 department).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from quanshu.kernel.identifiers.base import Identifier

FORM = re.compile(
    r"(?P<category>[1-3])(?P<item>[0-9]{2})(?P<subject>[0-9]{3})(?P<detail>[0-9]*)/(?P<serial>[0-9]+)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ResourceCode(Identifier):
    """A code and its parts."""

    kind = "resource code"
    value: str
    category: str
    item: str
    subject: str
    detail: str
    serial: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code such as 307001/000012. Raises BadIdentifier."""
        value = text.strip()
        match = FORM.fullmatch(value)
        if match is None:
            raise cls.refuse(text, "it is not class, item, subject, detail, a slash and a serial number")
        return cls(value, **match.groupdict())

    def __str__(self) -> str:
        return self.value

    def masked(self) -> str:
        """Resource codes are public."""
        return self.value
