"""Values of access control. No Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from quanshu.kernel.errors import Forbidden, fill
from quanshu.shared.access.labels import right_label


class Scope(StrEnum):
    """How far a permission reaches, narrowest first."""

    NONE = "none"
    OWN = "own"
    UNIT = "unit"
    TREE = "tree"
    REGION = "region"
    ALL = "all"


SCOPE_ORDER: Mapping[str, int] = {scope.value: rank for rank, scope in enumerate(Scope)}


class ActorKind(StrEnum):
    PERSON = "person"
    SERVICE = "service"
    RESIDENT = "resident"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: its unit's path, its region's code, its owner's uid.

    A place stands at itself, so that rights can be asked for before there is an object. The empty place is above all
    units: only a permission that reaches everything covers it.
    """

    unit_path: str = ""
    region_code: str = ""
    owner_uid: str = ""

    def access_place(self) -> Place:
        return self


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `grants` maps each permission to the widest scope the actor's roles give.

    `unit_path` is "/…/" from the root unit down, so a unit's subtree is a prefix.
    """

    uid: str
    name: str
    kind: ActorKind
    unit_uid: str | None = None
    unit_path: str = ""
    region_code: str = ""
    roles: frozenset[str] = frozenset()
    grants: Mapping[str, Scope] = field(default_factory=dict)


class Placed(Protocol):
    """An object that says where it stands."""

    def access_place(self) -> Place: ...


SYSTEM = Actor(uid="system", name="system", kind=ActorKind.SYSTEM)
ANONYMOUS = Actor(uid="", name="", kind=ActorKind.ANONYMOUS)


class NotAllowed(Forbidden):
    code = "access.forbidden"
    message = "You may not do this (%(permission)s)."
    remedy = "Ask your unit's data steward or the platform administrator for the role that allows it."

    def render(self, translate: Callable[[str], str] | None = None) -> str:
        """The refusal. Told to a reader it names the right in words; in logs it keeps the right's code."""
        if translate is None:
            return super().render()
        right = right_label(str(self.params.get("permission", "")))
        return fill(translate(self.message), {**self.params, "permission": right})
