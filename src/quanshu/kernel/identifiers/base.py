"""What all identifiers share."""

from __future__ import annotations

from typing import ClassVar, Self

from quanshu.kernel.errors import Invalid


class BadIdentifier(Invalid):
    code = "kernel.bad_identifier"
    message = "“%(value)s” is not a valid %(kind)s: %(fault)s."
    remedy = "Compare it with the document and enter it again."


class Identifier:
    """Base of the value types: `parse` raises BadIdentifier, `is_valid` answers."""

    __slots__ = ()
    kind: ClassVar[str] = "identifier"

    @classmethod
    def parse(cls, text: str) -> Self:
        raise NotImplementedError(f"{cls.__name__} cannot be parsed")

    @classmethod
    def is_valid(cls, text: str) -> bool:
        """Whether `text` parses."""
        try:
            cls.parse(text)
        except BadIdentifier:
            return False
        return True

    @classmethod
    def refuse(cls, text: str, fault: str) -> BadIdentifier:
        """The error for `text`; long values are cut, so that an error never carries a whole document."""
        return BadIdentifier(value=text[:24], kind=cls.kind, fault=fault)
