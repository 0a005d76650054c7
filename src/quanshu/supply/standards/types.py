"""Values of the catalogue standard: fields, code lists, the structure of a resource code, states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import Conflict, NotFound
from quanshu.shared.workflow import api as workflow


class VersionState(StrEnum):
    DRAFT = "draft"
    DECIDED = "decided"
    IN_FORCE = "in-force"
    SUPERSEDED = "superseded"


class Need(StrEnum):
    """Whether a field must be filled."""

    MANDATORY = "mandatory"
    CONDITIONAL = "conditional"
    OPTIONAL = "optional"


class Kind(StrEnum):
    """What a field's value is."""

    TEXT = "text"
    LONG = "long"
    CODE = "code"
    DATE = "date"
    NUMBER = "number"
    FLAG = "flag"


class Level(StrEnum):
    """Whether a field describes the entry or each of its information items."""

    ENTRY = "entry"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Core:
    """A field that the platform itself keeps: its level, kind, the longest text that fits, its code list."""

    level: Level
    kind: Kind
    most: int | None = None
    code_list: str = ""


E, T = Level.ENTRY, Level.ITEM
CORE: Mapping[str, Core] = {
    "classification_code": Core(E, Kind.TEXT, 20),
    "resource_name": Core(E, Kind.TEXT, 100),
    "code": Core(E, Kind.TEXT, 40),
    "provider_name": Core(E, Kind.TEXT, 200),
    "provider_code": Core(E, Kind.TEXT, 40),
    "abstract": Core(E, Kind.LONG, 2000),
    "format_class": Core(E, Kind.CODE, 20, "format_class"),
    "title": Core(T, Kind.TEXT, 100),
    "data_type": Core(T, Kind.CODE, 20, "data_type"),
    "length": Core(T, Kind.NUMBER),
    "share_type": Core(E, Kind.CODE, 1, "share_type"),
    "share_condition": Core(E, Kind.LONG, 2000),
    "share_mode": Core(E, Kind.CODE, 40, "share_mode"),
    "open_type": Core(E, Kind.CODE, 20, "open_type"),
    "open_condition": Core(E, Kind.LONG, 2000),
    "update_cycle": Core(E, Kind.CODE, 20, "update_cycle"),
    "publish_date": Core(E, Kind.DATE),
    "related_codes": Core(E, Kind.LONG, 2000),
    "share_law": Core(E, Kind.LONG, 2000),
    "sensitive_reason": Core(E, Kind.LONG, 2000),
    "name_en": Core(E, Kind.TEXT, 200),
    "abstract_en": Core(E, Kind.LONG, 2000),
    "name": Core(T, Kind.TEXT, 63),
    "title_en": Core(T, Kind.TEXT, 100),
    "unit_of_measure": Core(T, Kind.TEXT, 20),
    "is_key": Core(T, Kind.FLAG),
    "required": Core(T, Kind.FLAG),
    "personal": Core(T, Kind.FLAG),
    "code_list": Core(T, Kind.LONG, 2000),
    "mask": Core(T, Kind.CODE, 20, "mask"),
    "grade": Core(T, Kind.CODE, 20, "grade"),
}
# Nobody enters these: the platform gives them, or the act that makes the entry does.
GIVEN = frozenset({"code", "provider_name", "provider_code", "publish_date"})
# The platform acts on these values: they keep their place in the list under whatever title.
ACTED_ON: Mapping[str, frozenset[str]] = {
    "share_type": frozenset({"1", "2", "3"}),
    "open_type": frozenset({"open", "conditional", "closed"}),
    "format_class": frozenset({"database", "spreadsheet"}),
    "share_mode": frozenset({"gateway"}),
    "data_type": frozenset({"string", "integer", "decimal", "boolean", "date", "datetime"}),
    "grade": frozenset({"general-1", "general-2", "general-3", "general-4", "important", "core"}),
    "mask": frozenset({"none", "full", "name", "citizen_id", "phone", "address", "date_year", "hash"}),
}
# Nothing may be added to these lists: the platform would not know what to do with it.
CLOSED_LISTS = frozenset({"share_type", "open_type", "data_type", "grade", "mask"})


@dataclass(frozen=True, slots=True)
class StandardField:
    """A field of the standard, in the place its column has in the official table.

    `column` is the official column title, "" for a field without a column. A conditional field is mandatory
    when the field `when` has one of `when_values`. `official` tells the guide's own table from what the
    platform adds behind it.
    """

    code: str
    title: str
    title_en: str = ""
    level: str = Level.ENTRY
    kind: str = Kind.TEXT
    need: str = Need.OPTIONAL
    when: str = ""
    when_values: tuple[str, ...] = ()
    max_length: int | None = None
    code_list: str = ""
    column: str = ""
    official: bool = False
    note: str = ""

    @property
    def core(self) -> bool:
        """Whether the platform itself keeps this field; others are kept with the entry as extra values."""
        return self.code in CORE


@dataclass(frozen=True, slots=True)
class CodeValue:
    """A value of a code list. `words` are further words an import takes for it; dates are ISO, "" open."""

    code: str
    title: str
    title_en: str = ""
    words: tuple[str, ...] = ()
    valid_from: str = ""
    valid_until: str = ""


@dataclass(frozen=True, slots=True)
class CodeList:
    """A code list of the standard."""

    code: str
    title: str
    title_en: str = ""
    values: tuple[CodeValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the resource code: from `least` to `most` of the digits in `digits`, after `before`."""

    code: str
    title: str
    title_en: str = ""
    digits: str = "0123456789"
    least: int = 1
    most: int = 1
    before: str = ""


@dataclass(frozen=True, slots=True)
class Standard:
    """What a version of the catalogue standard says. `number` tells which version said it."""

    fields: tuple[StandardField, ...] = ()
    lists: tuple[CodeList, ...] = ()
    segments: tuple[Segment, ...] = ()
    number: int = field(default=0, compare=False)

    def field(self, code: str) -> StandardField | None:
        """The field with this code, or None."""
        return next((each for each in self.fields if each.code == code), None)

    def of_level(self, level: str) -> tuple[StandardField, ...]:
        """The fields of entries or of items, in order."""
        return tuple(each for each in self.fields if each.level == level)

    def extras(self) -> tuple[StandardField, ...]:
        """Fields of an entry that the platform does not itself keep."""
        return tuple(each for each in self.fields if not each.core)

    def columns(self) -> tuple[StandardField, ...]:
        """The fields that have a column in the official table, in its order."""
        return tuple(each for each in self.fields if each.column)

    def list_of(self, code: str) -> CodeList | None:
        """The code list with this code, or None."""
        return next((each for each in self.lists if each.code == code), None)

    def values_of(self, field_code: str) -> tuple[CodeValue, ...]:
        """The values a field may take; none when it has no code list."""
        found = self.field(field_code)
        listed = self.list_of(found.code_list) if found and found.code_list else None
        return listed.values if listed else ()

    def segment(self, code: str) -> Segment | None:
        """A part of the resource code, or None."""
        return next((each for each in self.segments if each.code == code), None)


def to_plain(standard: Standard) -> dict[str, Any]:
    """The standard as JSON keeps it."""
    plain = asdict(standard)
    plain.pop("number")
    return plain


def known(kind: type[Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """The row's values that the dataclass has; lists as tuples."""
    names = {each.name for each in fields(kind)}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name in names}


def from_plain(plain: Mapping[str, Any], *, number: int = 0) -> Standard:
    """A standard from its JSON."""
    lists = tuple(
        CodeList(
            **{**known(CodeList, row), "values": tuple(CodeValue(**known(CodeValue, one)) for one in row["values"])}
        )
        for row in plain["lists"]
    )
    return Standard(
        fields=tuple(StandardField(**known(StandardField, row)) for row in plain["fields"]),
        lists=lists,
        segments=tuple(Segment(**known(Segment, row)) for row in plain["segments"]),
        number=number,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two versions: of which field, list, value or segment; which property."""

    kind: str
    code: str
    title: str
    what: str
    property: str = ""
    before: Any = None
    after: Any = None


STATE_NAMES: Mapping[str, str] = {
    VersionState.DRAFT: N_("Draft"),
    VersionState.DECIDED: N_("Decided, not yet in force"),
    VersionState.IN_FORCE: N_("In force"),
    VersionState.SUPERSEDED: N_("Superseded"),
}
STEP_NAMES: Mapping[str, str] = {
    "edit": N_("Edit"),
    "decide": N_("Put in force"),
    "begin": N_("Come into force"),
    "recall": N_("Take the decision back"),
    "supersede": N_("Superseded by the next version"),
}


class VersionNotFound(NotFound):
    code = "standards.version_not_found"
    message = "There is no version %(number)s of the catalogue standard."
    remedy = "Choose one of the versions listed under “Catalogue standard”."


class FieldNotFound(NotFound):
    code = "standards.field_not_found"
    message = "This version of the standard has no “%(code)s”."
    remedy = "Open the version and choose from its lists."


class WrongState(workflow.WrongState):
    code = "standards.wrong_state"
    message = "The version of the standard is in the state “%(state)s”; the step “%(step)s” is not possible now."
    remedy = "A version is edited while it is a draft; once decided it never changes. Draft the next version instead."
    state_names = STATE_NAMES
    step_names = STEP_NAMES


class DraftOpen(Conflict):
    code = "standards.draft_open"
    message = "Version %(number)s is already being prepared."
    remedy = "Finish that version first; there is one draft at a time."


class ChangedMeanwhile(Conflict):
    code = "standards.changed_meanwhile"
    message = "Somebody else has changed this draft since you opened it."
    remedy = "Open it again, compare, and enter your change anew."
