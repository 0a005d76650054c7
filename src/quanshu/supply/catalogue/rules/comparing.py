"""What differs between two versions of an entry, as people read it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

# Words of Latin letters and digits and runs of blanks are marked whole, everything else sign by sign.
TOKEN = re.compile(r"[A-Za-z0-9_]+|\s+|.", re.DOTALL)
# Above this many tokens the marks would cost more than they show.
MOST_TOKENS = 4000


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of text that stayed ("same"), went ("removed") or came ("added")."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value that differs. A field of the standard's own is called `extra.<code>`."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An information item that was added, removed or changed."""

    kind: str
    name: str
    title: str
    title_en: str
    item: Mapping[str, Any]
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions side by side. `moved` tells that the items they share stand in another order."""

    fields: tuple[FieldChange, ...] = ()
    items: tuple[ItemChange, ...] = ()
    moved: bool = False

    @property
    def same(self) -> bool:
        return not (self.fields or self.items or self.moved)


def compare_versions(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """What differs between two snapshots of an entry: core fields, items added, removed and changed."""
    old, new = level_of(before), level_of(after)
    fields = changes_of(old, new)
    left = {item["name"]: item for item in before.get("items", ())}
    right = {item["name"]: item for item in after.get("items", ())}
    items = [as_change("removed", item) for name, item in left.items() if name not in right]
    for name, item in right.items():
        if name not in left:
            items.append(as_change("added", item))
        elif changed := changes_of(left[name], item):
            items.append(as_change("changed", item, changed))
    moved = [name for name in left if name in right] != [name for name in right if name in left]
    return Comparison(fields, tuple(items), moved)


def level_of(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """The core fields and the standard's own on one level."""
    own = {f"extra.{code}": value for code, value in snapshot.get("extra", {}).items()}
    return {name: value for name, value in snapshot.items() if name not in {"items", "extra"}} | own


def changes_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    """Values that differ; what is not there and what is empty are the same."""
    names = [*before, *(name for name in after if name not in before)]
    return tuple(
        FieldChange(name, before.get(name), after.get(name))
        for name in names
        if (before.get(name) or None) != (after.get(name) or None)
    )


def as_change(kind: str, item: Mapping[str, Any], changes: tuple[FieldChange, ...] = ()) -> ItemChange:
    """An item of a snapshot as a change."""
    return ItemChange(kind, item["name"], item.get("title", ""), item.get("title_en", ""), item, changes)


def marks_between(before: str, after: str) -> tuple[Mark, ...]:
    """Two texts as one, with what went and what came marked.

    The stretches that are not "added" make up `before`, those that are not "removed" make up `after`.
    """
    left, right = TOKEN.findall(before), TOKEN.findall(after)
    if len(left) + len(right) > MOST_TOKENS:
        return tuple(Mark(kind, text) for kind, text in (("removed", before), ("added", after)) if text)
    return tuple(joined(stretches(left, right)))


def stretches(left: Sequence[str], right: Sequence[str]) -> Iterator[Mark]:
    """The marks as the matcher finds them."""
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for kind, from_left, to_left, from_right, to_right in matcher.get_opcodes():
        if kind == "equal":
            yield Mark("same", "".join(left[from_left:to_left]))
            continue
        if to_left > from_left:
            yield Mark("removed", "".join(left[from_left:to_left]))
        if to_right > from_right:
            yield Mark("added", "".join(right[from_right:to_right]))


def joined(marks: Iterator[Mark]) -> Iterator[Mark]:
    """Neighbours of one kind as one mark."""
    held: Mark | None = None
    for mark in marks:
        if held is not None and held.kind == mark.kind:
            held = Mark(held.kind, held.text + mark.text)
            continue
        if held is not None:
            yield held
        held = mark
    if held is not None:
        yield held
