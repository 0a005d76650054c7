"""Decisions on the catalogue standard. Pure: the same checks serve the editor, the entries and the refusals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import iso_day
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.standards.events import StandardsEvent
from quanshu.supply.standards.permissions import StandardsPermission
from quanshu.supply.standards.types import (
    ACTED_ON,
    CLOSED_LISTS,
    CORE,
    GIVEN,
    STEP_NAMES,
    Change,
    CodeList,
    Kind,
    Level,
    Need,
    Segment,
    Standard,
    StandardField,
    VersionState,
    WrongState,
)

P, E, S, L = StandardsPermission, StandardsEvent, VersionState, STEP_NAMES
FIELD_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
VALUE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
MOST_FIELDS, MOST_VALUES, MOST_TEXT = 100, 500, 2000
# Parts of the code that follow the platform's tree of classes, which has these widths.
CLASS_SEGMENTS: Mapping[str, int] = {"class": 1, "item": 2, "subject": 3}
SEGMENTS = (*CLASS_SEGMENTS, "detail", "serial")

MACHINE = Machine(
    name="standards.version",
    states=VersionState,
    refusal=WrongState,
    transitions=(
        Transition("decide", frozenset({S.DRAFT}), S.DECIDED, P.DECIDE, E.DECIDED, label=L["decide"]),
        Transition("recall", frozenset({S.DECIDED}), S.DRAFT, P.DECIDE, E.RECALLED, label=L["recall"]),
        Transition("begin", frozenset({S.DECIDED}), S.IN_FORCE, P.DECIDE, E.BEGAN, label=L["begin"]),
        Transition("supersede", frozenset({S.IN_FORCE}), S.SUPERSEDED, P.DECIDE, E.SUPERSEDED, label=L["supersede"]),
    ),
)


def check_step(state: str, step: str) -> Transition:
    """The transition `step` from `state`; WrongState when the table has none."""
    return MACHINE.check(state, step)


def check_editable(state: str) -> None:
    """Only a draft is edited; a version once decided never changes."""
    if state != VersionState.DRAFT:
        raise WrongState(state=state, step="edit")


def check_about(*, title: str, basis: str) -> None:
    """A version has a name and says on what it rests. Raises FieldErrors."""
    faults: list[FieldError] = []
    need_text(faults, "title", title, 200)
    need_text(faults, "basis", basis, MOST_TEXT)
    settle(faults)


def check_decision(*, on: date | None, reason: str, today: date) -> None:
    """A version comes into force on a day that has not passed, with a reason. Raises FieldErrors."""
    faults: list[FieldError] = []
    if on is None:
        faults.append(FieldError("on", N_("This must not be empty."), N_("Enter the day.")))
    elif on < today:
        faults.append(FieldError("on", N_("A version cannot come into force in the past."), N_("Enter a later day.")))
    need_text(faults, "reason", reason, MOST_TEXT)
    settle(faults)


def check_reason(reason: str) -> None:
    """A decision taken back says why. Raises FieldErrors."""
    faults: list[FieldError] = []
    need_text(faults, "reason", reason, MOST_TEXT)
    settle(faults)


def settle(faults: list[FieldError]) -> None:
    """Raise what was found, all at once."""
    if faults:
        raise FieldErrors(errors=tuple(faults))


def need_text(faults: list[FieldError], name: str, value: str, most: int) -> None:
    """Add a fault when a text is blank or too long."""
    if not value.strip():
        faults.append(FieldError(name, N_("This must not be empty."), N_("Enter a text.")))
    else:
        fit_text(faults, name, value, most)


def fit_text(faults: list[FieldError], name: str, value: str, most: int) -> None:
    """Add a fault when a text is too long or holds a character no database keeps."""
    if len(value) > most:
        fault = N_("This text has %(length)s characters; at most %(most)s fit.")
        faults.append(FieldError(name, fault, N_("Shorten it."), {"length": len(value), "most": most}))
    elif "\x00" in value:
        faults.append(FieldError(name, N_("This text holds a NUL character."), N_("Remove it.")))


def check_standard(standard: Standard) -> None:
    """Whole and workable: what the platform keeps and acts on is there, and every reference leads somewhere.

    Raises FieldErrors; a field is named `fields.<code>.<property>`, `lists.<code>.<value>.<property>` or
    `segments.<code>.<property>`.
    """
    faults: list[FieldError] = []
    if len(standard.fields) > MOST_FIELDS:
        fault = N_("A version holds at most %(most)s fields.")
        faults.append(FieldError("fields", fault, N_("Remove some."), {"most": MOST_FIELDS}))
    for code in sorted(set(CORE) - {each.code for each in standard.fields}):
        faults.append(
            FieldError(f"fields.{code}", N_("The platform cannot do without this field."), N_("Keep it; rename it."))
        )
    seen: set[str] = set()
    columns: set[str] = set()
    for each in standard.fields:
        faults.extend(field_faults(each, standard))
        if each.code in seen:
            faults.append(FieldError(f"fields.{each.code}.code", N_("Two fields have this code."), N_("Rename one.")))
        if each.column and each.column in columns:
            fault = N_("Two fields have this column title.")
            faults.append(FieldError(f"fields.{each.code}.column", fault, N_("Rename one.")))
        seen.add(each.code)
        columns.add(each.column)
    for listed in standard.lists:
        faults.extend(list_faults(listed))
    faults.extend(segment_faults(standard))
    settle(faults)


def field_faults(each: StandardField, standard: Standard) -> list[FieldError]:
    """Every fault of one field."""
    at = f"fields.{each.code}"
    faults: list[FieldError] = []
    if not FIELD_CODE.fullmatch(each.code):
        fault = N_("A code is lower-case letters, digits and underscores, and starts with a letter.")
        faults.append(FieldError(f"{at}.code", fault, N_("Rename it.")))
    need_text(faults, f"{at}.title", each.title, 100)
    for name in ("title_en", "column"):
        fit_text(faults, f"{at}.{name}", getattr(each, name), 100)
    fit_text(faults, f"{at}.note", each.note, MOST_TEXT)
    for name, allowed in (("kind", Kind), ("need", Need), ("level", Level)):
        if getattr(each, name) not in {member.value for member in allowed}:
            faults.append(FieldError(f"{at}.{name}", N_("This value is not known."), N_("Choose one.")))
    faults.extend(length_faults(each, at))
    core = CORE.get(each.code)
    if core and (each.kind, each.level, each.code_list) != (core.kind, core.level, core.code_list):
        fault = N_("The platform keeps this field; its kind, level and code list stay.")
        faults.append(FieldError(f"{at}.kind", fault, N_("Add a field of your own instead.")))
    if core is None and each.level == Level.ITEM:
        fault = N_("Fields of one's own describe the entry; an item keeps those it has.")
        faults.append(FieldError(f"{at}.level", fault, N_("Choose the level of the entry.")))
    if (each.kind == Kind.CODE) != bool(each.code_list) or (each.code_list and not standard.list_of(each.code_list)):
        fault = N_("A field that takes a code names one code list of this version; others name none.")
        faults.append(FieldError(f"{at}.code_list", fault, N_("Choose a code list.")))
    return faults + condition_faults(each, standard, at)


def length_faults(each: StandardField, at: str) -> list[FieldError]:
    """A longest length is positive and fits what the platform keeps."""
    if each.max_length is None:
        return []
    core = CORE.get(each.code)
    most = (core.most if core else MOST_TEXT) or MOST_TEXT
    if 0 < each.max_length <= most:
        return []
    fault = N_("The longest length is a number from 1 to %(most)s.")
    return [FieldError(f"{at}.max_length", fault, N_("Correct it."), {"most": most})]


def condition_faults(each: StandardField, standard: Standard, at: str) -> list[FieldError]:
    """A conditional field says on which values of which coded field it depends."""
    if each.need != Need.CONDITIONAL:
        if not each.when and not each.when_values:
            return []
        fault = N_("Only a conditional field names a condition.")
        return [FieldError(f"{at}.when", fault, N_("Remove it."))]
    other = standard.field(each.when)
    codes = {value.code for value in standard.values_of(each.when)}
    if other is None or other.level != each.level or not each.when_values or not set(each.when_values) <= codes:
        fault = N_("The condition names a coded field of the same level and values from its list.")
        return [FieldError(f"{at}.when", fault, N_("Choose the field, then its values."))]
    return []


def list_faults(listed: CodeList) -> list[FieldError]:
    """Every fault of one code list."""
    at = f"lists.{listed.code}"
    faults: list[FieldError] = []
    if not FIELD_CODE.fullmatch(listed.code):
        fault = N_("A code is lower-case letters, digits and underscores, and starts with a letter.")
        faults.append(FieldError(f"{at}.code", fault, N_("Rename it.")))
    need_text(faults, f"{at}.title", listed.title, 100)
    codes = [value.code for value in listed.values]
    if not 0 < len(codes) <= MOST_VALUES:
        fault = N_("A code list holds from 1 to %(most)s values.")
        faults.append(FieldError(f"{at}.values", fault, N_("Correct it."), {"most": MOST_VALUES}))
    for code in sorted(ACTED_ON.get(listed.code, frozenset()) - set(codes)):
        fault = N_("The platform acts on the value “%(code)s”; it stays in the list.")
        faults.append(FieldError(f"{at}.values", fault, N_("Keep it; change its title."), {"code": code}))
    if listed.code in CLOSED_LISTS:
        for code in sorted(set(codes) - ACTED_ON[listed.code]):
            fault = N_("The platform would not know what to do with the value “%(code)s”.")
            faults.append(FieldError(f"{at}.values", fault, N_("Remove it."), {"code": code}))
    most = next((core.most for core in CORE.values() if core.code_list == listed.code and core.most), 40)
    taken: set[str] = set()
    for value in listed.values:
        where = f"{at}.{value.code}"
        if not VALUE_CODE.fullmatch(value.code) or len(value.code) > most:
            fault = N_("A value's code is at most %(most)s letters, digits, dots, hyphens and underscores.")
            faults.append(FieldError(f"{where}.code", fault, N_("Correct it."), {"most": most}))
        need_text(faults, f"{where}.title", value.title, 100)
        fit_text(faults, f"{where}.title_en", value.title_en, 100)
        for word in {value.code, value.title, *value.words}:
            if word in taken:
                fault = N_("Two values answer to “%(word)s”.")
                faults.append(FieldError(f"{where}.title", fault, N_("Rename one."), {"word": word}))
            taken.add(word)
        faults.extend(validity_faults(value.valid_from, value.valid_until, where))
    return faults


def validity_faults(begins: str, ends: str, at: str) -> list[FieldError]:
    """Both ends of a validity are days or open, in order."""
    faults = []
    for name, text in (("valid_from", begins), ("valid_until", ends)):
        if text and iso_day(text) is None:
            faults.append(FieldError(f"{at}.{name}", N_("This is not a day."), N_("Write it as 2026-01-31.")))
    if not faults and begins and ends and begins > ends:
        fault = N_("The validity ends before it begins.")
        faults.append(FieldError(f"{at}.valid_until", fault, N_("Correct it.")))
    return faults


def segment_faults(standard: Standard) -> list[FieldError]:
    """The resource code keeps its five parts; the class tree fixes the widths of the first three."""
    if tuple(each.code for each in standard.segments) != SEGMENTS:
        fault = N_("A resource code has class, item, subject, detail and serial, in this order.")
        return [FieldError("segments", fault, N_("Keep the five parts."))]
    faults: list[FieldError] = []
    for each in standard.segments:
        at = f"segments.{each.code}"
        need_text(faults, f"{at}.title", each.title, 50)
        width = CLASS_SEGMENTS.get(each.code)
        if width and (each.least, each.most) != (width, width):
            fault = N_("The tree of classes fixes this width at %(width)s.")
            faults.append(FieldError(f"{at}.least", fault, N_("Keep it."), {"width": width}))
        lowest = 1 if each.code == "serial" else 0
        if not lowest <= each.least <= each.most <= 12:
            fault = N_("The widths are from %(lowest)s to 12, the first not above the second.")
            faults.append(FieldError(f"{at}.least", fault, N_("Correct it."), {"lowest": lowest}))
        if not each.digits.isdecimal() or not each.digits.isascii():
            faults.append(FieldError(f"{at}.digits", N_("These are not digits."), N_("Write digits only.")))
    return faults


def code_pattern(segments: Iterable[Segment]) -> str:
    """The resource code as a regular expression."""
    return "".join(
        f"{re.escape(each.before)}[{each.digits if len(each.digits) < 10 else '0-9'}]{{{each.least},{each.most}}}"
        for each in segments
    )


def fits_code(standard: Standard, code: str) -> bool:
    """Whether a text is a resource code of this version."""
    return re.fullmatch(code_pattern(standard.segments), code) is not None


def serial_width(standard: Standard) -> int:
    """With how many digits a serial is issued."""
    serial = standard.segment("serial")
    return serial.least if serial else 6


def is_current(value: Any, today: date | None) -> bool:
    """Whether a code value may be chosen on a day; without a day, whether it is in the list at all."""
    if today is None:
        return True
    text = today.isoformat()
    return (not value.valid_from or value.valid_from <= text) and (not value.valid_until or text <= value.valid_until)


def value_faults(
    standard: Standard, values: Mapping[str, str], *, level: str = Level.ENTRY, at: str = "", today: date | None = None
) -> list[FieldError]:
    """What a set of values {field code: text} lacks or has wrong under a version of the standard.

    Fields the platform gives are not asked for. `at` is put before each field's name. Messages name the
    field by its code; a caller that knows better words may replace them.
    """
    faults: list[FieldError] = []
    for each in standard.of_level(level):
        if each.code in GIVEN:
            continue
        value = values.get(each.code, "")
        name = f"{at}{each.code}"
        if not value.strip():
            if each.need == Need.MANDATORY:
                faults.append(FieldError(name, N_("This must not be empty."), N_("Enter a text.")))
            elif each.need == Need.CONDITIONAL and values.get(each.when) in each.when_values:
                faults.append(unmet(each, standard, values[each.when], name))
            continue
        faults.extend(wrong_value(each, standard, value, name, today))
    return faults


def unmet(each: StandardField, standard: Standard, because: str, name: str) -> FieldError:
    """The fault of a conditional field that is empty though its condition holds."""
    other = standard.field(each.when)
    title = next((value.title for value in standard.values_of(each.when) if value.code == because), because)
    fault = N_("Must be filled because “%(field)s” is “%(value)s”.")
    return FieldError(name, fault, N_("Enter it."), {"field": other.title if other else each.when, "value": title})


def wrong_value(each: StandardField, standard: Standard, value: str, name: str, today: date | None) -> list[FieldError]:
    """What is wrong with a value that is there."""
    faults: list[FieldError] = []
    if each.kind == Kind.CODE:
        found = next((one for one in standard.values_of(each.code) if one.code == value), None)
        if found is None:
            faults.append(FieldError(name, N_("This value is not in the code list."), N_("Choose one.")))
        elif not is_current(found, today):
            faults.append(FieldError(name, N_("This value is not valid on this day."), N_("Choose another one.")))
    elif each.kind == Kind.DATE and iso_day(value) is None:
        faults.append(FieldError(name, N_("This is not a day."), N_("Write it as 2026-01-31.")))
    elif each.kind == Kind.NUMBER and not re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", value, re.ASCII):
        faults.append(FieldError(name, N_("This is not a number."), N_("Correct it.")))
    elif each.kind == Kind.FLAG and value not in {"true", "false"}:
        faults.append(FieldError(name, N_("This is neither yes nor no."), N_("Choose one.")))
    elif each.kind in {Kind.TEXT, Kind.LONG}:
        core = CORE.get(each.code)
        fit_text(faults, name, value, each.max_length or (core.most if core else None) or MOST_TEXT)
    return faults


def differences(before: Standard, after: Standard) -> list[Change]:
    """What differs between two versions, field by field, list by list, value by value, part by part."""
    found = part_changes("field", before.fields, after.fields)
    found += part_changes("list", before.lists, after.lists)
    found += part_changes("segment", before.segments, after.segments)
    for listed in after.lists:
        old = before.list_of(listed.code)
        if old is not None:
            found += part_changes("value", old.values, listed.values, inside=listed.code)
    both = [each.code for each in after.fields if before.field(each.code)]
    if both != [each.code for each in before.fields if after.field(each.code)]:
        found.append(Change("order", "fields", "", "changed"))
    return found


def part_changes(kind: str, before: Iterable[Any], after: Iterable[Any], inside: str = "") -> list[Change]:
    """Added, removed and changed parts of one kind."""
    old, new = {each.code: each for each in before}, {each.code: each for each in after}
    prefix = f"{inside}." if inside else ""
    found = [Change(kind, f"{prefix}{code}", each.title, "removed") for code, each in old.items() if code not in new]
    for code, each in new.items():
        if code not in old:
            found.append(Change(kind, f"{prefix}{code}", each.title, "added"))
            continue
        left, right = asdict(old[code]), asdict(each)
        found += [
            Change(kind, f"{prefix}{code}", each.title, "changed", name, left[name], right[name])
            for name in right
            if name != "values" and left[name] != right[name]
        ]
    return found
