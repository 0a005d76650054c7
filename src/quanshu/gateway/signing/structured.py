"""Structured fields (RFC 8941, carried on by RFC 9651), as far as signatures need them: dictionaries.

Stricter than the standard in one thing: a key named twice is refused, where the standard takes the last. Decimals,
dates and display strings stand in no field of ours and are refused.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MOST_TEXT = 8192
KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
ESCAPED = re.compile(r"\\(.)")
NOT_IN_STRINGS = re.compile(r"[^\x20-\x7e]")
MOST_INTEGER = 999_999_999_999_999


class Malformed(ValueError):
    """The text has not the form of a structured field."""


class Token(str):
    """A bare word, told apart from a quoted string."""

    __slots__ = ()


Bare = int | str | Token | bytes | bool


@dataclass(frozen=True, slots=True)
class Item:
    """A value with its parameters."""

    value: Bare
    params: Mapping[str, Bare] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    """Items in brackets, with parameters of the whole."""

    items: Sequence[Item]
    params: Mapping[str, Bare] = field(default_factory=dict)


Member = Item | InnerList


def parse_dictionary(text: str) -> dict[str, Member]:
    """A dictionary field's members in their order. Raises Malformed."""
    return _Reader(text).dictionary()


def serialise_dictionary(members: Mapping[str, Member]) -> str:
    """The one text of a dictionary. Raises Malformed for what no field can hold."""
    parts = []
    for key, member in members.items():
        if isinstance(member, Item) and member.value is True:
            parts.append(serialise_key(key) + serialise_params(member.params))
        else:
            parts.append(f"{serialise_key(key)}={serialise(member)}")
    return ", ".join(parts)


def serialise(member: Member) -> str:
    """The one text of an item or an inner list."""
    if isinstance(member, InnerList):
        inside = " ".join(serialise(item) for item in member.items)
        return f"({inside}){serialise_params(member.params)}"
    return serialise_bare(member.value) + serialise_params(member.params)


def serialise_params(params: Mapping[str, Bare]) -> str:
    """Parameters behind their semicolons."""
    return "".join(
        f";{serialise_key(key)}" if value is True else f";{serialise_key(key)}={serialise_bare(value)}"
        for key, value in params.items()
    )


def serialise_key(key: str) -> str:
    """A key, which is lower case."""
    if not KEY.fullmatch(key):
        raise Malformed(f"{key!r} is no key")
    return key


def serialise_bare(value: Bare) -> str:
    """A value without parameters."""
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        if abs(value) > MOST_INTEGER:
            raise Malformed("an integer has at most 15 digits")
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode('ascii')}:"
    if isinstance(value, Token):
        if not TOKEN.fullmatch(value):
            raise Malformed("not a token")
        return str(value)
    if NOT_IN_STRINGS.search(value):
        raise Malformed("a string holds printable ASCII")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Reader:
    """Reads a field from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_TEXT:
            raise Malformed(f"longer than {MOST_TEXT} characters")
        self.text = text
        self.at = 0

    def dictionary(self) -> dict[str, Member]:
        members: dict[str, Member] = {}
        self.skip(" ")
        if self.at == len(self.text):
            return members
        while True:
            key = self.key()
            if key in members:
                raise Malformed(f"the key {key} stands twice")
            members[key] = self.member() if self.take("=") else Item(True, self.params())
            self.skip(" \t")
            if self.at == len(self.text):
                return members
            if not self.take(","):
                raise Malformed(f"a comma was expected at {self.at}")
            self.skip(" \t")
            if self.at == len(self.text):
                raise Malformed("it ends in a comma")

    def member(self) -> Member:
        return self.inner_list() if self.take("(") else self.item()

    def inner_list(self) -> InnerList:
        items: list[Item] = []
        while True:
            self.skip(" ")
            if self.take(")"):
                return InnerList(tuple(items), self.params())
            items.append(self.item())
            if self.text[self.at : self.at + 1] not in (" ", ")"):
                raise Malformed(f"a space or bracket was expected at {self.at}")

    def item(self) -> Item:
        return Item(self.bare(), self.params())

    def params(self) -> dict[str, Bare]:
        params: dict[str, Bare] = {}
        while self.take(";"):
            self.skip(" ")
            key = self.key()
            if key in params:
                raise Malformed(f"the parameter {key} stands twice")
            params[key] = self.bare() if self.take("=") else True
        return params

    def key(self) -> str:
        return self.match(KEY).group()

    def bare(self) -> Bare:
        first = self.text[self.at : self.at + 1]
        if first == '"':
            return ESCAPED.sub(r"\1", self.match(STRING).group(1))
        if first == ":":
            return self.bytes()
        if first == "?":
            word = self.text[self.at : self.at + 2]
            if word not in ("?0", "?1"):
                raise Malformed(f"?0 or ?1 was expected at {self.at}")
            self.at += 2
            return word == "?1"
        if first == "-" or (first.isascii() and first.isdigit()):
            return int(self.match(INTEGER).group())
        return Token(self.match(TOKEN).group())

    def bytes(self) -> bytes:
        text = self.match(BYTES).group(1)
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as fault:
            raise Malformed("not Base64") from fault

    def match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise Malformed(f"not understood at {self.at}")
        self.at = found.end()
        return found

    def skip(self, letters: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in letters:
            self.at += 1

    def take(self, letter: str) -> bool:
        if self.text.startswith(letter, self.at):
            self.at += 1
            return True
        return False
