"""Decisions of the catalogue. Pure: the same checks serve the buttons and the refusals."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.landing import DataType
from quanshu.lake.masking import Mask
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.catalogue.events import CatalogueEvent
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.types import (
    GRADE_ORDER,
    STEP_NAMES,
    EntryData,
    EntryState,
    ItemData,
    NotGraded,
    WrongState,
)
from quanshu.supply.standards.api import Level, Standard, first_standard, fits_code, value_faults

P, E, S, L = CataloguePermission, CatalogueEvent, EntryState, STEP_NAMES
COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
MOST_ITEMS = 500
# What is said when a field is empty that its condition demands; others are told in general words.
CONDITIONS: Mapping[str, tuple[str, str]] = {
    "share_condition": (N_("Conditional sharing needs its condition."), N_("Say who may use the data and for what.")),
    "share_law": (
        N_("Refusing to share needs the law or regulation that forbids it."),
        N_("Name the law and its article, or choose another share type."),
    ),
    "open_condition": (N_("Conditional opening needs its condition."), N_("Enter it.")),
}

MACHINE = Machine(
    name="catalogue.entry",
    states=EntryState,
    refusal=WrongState,
    transitions=(
        Transition("submit", frozenset({S.DRAFT}), S.REVIEW, P.SUBMIT, E.SUBMITTED, label=L["submit"]),
        Transition("return", frozenset({S.REVIEW}), S.DRAFT, P.PUBLISH, E.RETURNED, label=L["return"]),
        Transition("publish", frozenset({S.REVIEW}), S.PUBLISHED, P.PUBLISH, E.PUBLISHED, label=L["publish"]),
        Transition("revise", frozenset({S.PUBLISHED}), S.DRAFT, P.EDIT, E.REVISED, label=L["revise"]),
        Transition("withdraw", frozenset({S.PUBLISHED}), S.WITHDRAWN, P.WITHDRAW, E.WITHDRAWN, label=L["withdraw"]),
        Transition("restore", frozenset({S.WITHDRAWN}), S.DRAFT, P.EDIT, E.REVISED, label=L["restore"]),
    ),
)


def check_step(state: str, step: str) -> Transition:
    """The transition `step` from `state`; WrongState when the table has none."""
    return MACHINE.check(state, step)


def check_editable(state: str) -> None:
    """Only a draft may be changed; a published entry is revised first."""
    if state != EntryState.DRAFT:
        raise WrongState(state=state, step="edit")


def check_entry(
    data: EntryData,
    *,
    classifications: Container[str],
    standard: Standard | None = None,
    today: date | None = None,
    extras: bool = True,
) -> None:
    """Core metadata complete and consistent under a version of the standard, the first when none is named.

    Raises FieldErrors naming every field at fault at once.
    """
    faults = entry_faults(data, classifications=classifications, standard=standard, today=today, extras=extras)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def entry_values(data: EntryData) -> dict[str, str]:
    """What was entered as {field code: text}; a field of the standard's own as `extra.<code>`."""
    values = {name: getattr(data, name) for name in EntryData.__slots__ if name not in {"extra", "related_codes"}}
    return values | {"related_codes": "; ".join(data.related_codes)} | dict(data.extra)


def entry_faults(
    data: EntryData,
    *,
    classifications: Container[str],
    standard: Standard | None = None,
    today: date | None = None,
    extras: bool = True,
) -> list[FieldError]:
    """Every fault of an entry's metadata: obligations, lengths, code lists, conditions, the class, other codes.

    Without `extras` the standard's own fields need not be filled: what the platform itself makes has none.
    """
    standard = standard or first_standard()
    own = {each.code for each in standard.extras()}
    values = entry_values(data)
    faults = []
    for fault in value_faults(standard, values, today=today):
        empty = not values.get(fault.field, "").strip()
        if fault.field in own and empty and not extras:
            continue
        words = CONDITIONS.get(fault.field) if empty else None
        name = f"extra.{fault.field}" if fault.field in own else fault.field
        said = words or (fault.fault, fault.remedy)
        faults.append(FieldError(name, *said, params=fault.params))
    if data.classification_code.strip() and data.classification_code not in classifications:
        faults.append(FieldError("classification_code", N_("This class is not in the standard."), N_("Choose one.")))
    for code in sorted(set(data.extra) - own):
        fault_text = N_("The standard this entry is made under has no such field.")
        faults.append(FieldError(f"extra.{code}", fault_text, N_("Leave it out.")))
    for code in data.related_codes:
        if not fits_code(standard, code):
            fault_text = N_("“%(code)s” is not a resource code.")
            faults.append(FieldError("related_codes", fault_text, N_("Correct it."), {"code": code}))
    return faults


def require_text(faults: list[FieldError], name: str, value: str, *, most: int) -> None:
    """Add a fault when a text is blank or too long."""
    if not value.strip():
        faults.append(FieldError(name, N_("This must not be empty."), N_("Enter a text.")))
    else:
        check_length(faults, name, value, most=most)


def check_length(faults: list[FieldError], name: str, value: str, *, most: int) -> None:
    """Add a fault when a text is too long or holds a character no database keeps."""
    if len(value) > most:
        fault = N_("This text has %(length)s characters; at most %(most)s fit.")
        faults.append(FieldError(name, fault, N_("Shorten it."), {"length": len(value), "most": most}))
    elif "\x00" in value:
        faults.append(FieldError(name, N_("This text holds a NUL character."), N_("Remove it.")))


def check_items(items: Sequence[ItemData], *, standard: Standard | None = None, today: date | None = None) -> None:
    """Items usable as the contract of intake: unique column names, known types, a grade from the list.

    Raises FieldErrors; what the standard demands of an item is asked with the rest.
    """
    faults: list[FieldError] = []
    if not items:
        faults.append(FieldError("items", N_("An entry needs at least one information item."), N_("Add items.")))
    if len(items) > MOST_ITEMS:
        faults.append(FieldError("items", N_("An entry holds at most 500 items."), N_("Split the entry.")))
    seen: set[str] = set()
    for item in items:
        faults.extend(row_faults(item, seen, standard=standard, today=today))
        seen.add(item.name)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def item_values(item: ItemData) -> dict[str, str]:
    """An item as {field code: text}. A flag that is not set counts as answered; a grade is asked for later."""
    values = {name: getattr(item, name) for name in ItemData.__slots__ if name != "grade"}
    plain = {name: "; ".join(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {
        name: "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in plain.items()
    }


def row_faults(
    item: ItemData, seen: set[str], *, standard: Standard | None = None, today: date | None = None
) -> list[FieldError]:
    """Every fault of one item, the platform's own rules first, then what the standard demands."""
    faults = item_faults(item, seen)
    told = {fault.field for fault in faults}
    demanded = value_faults(
        standard or first_standard(), item_values(item), level=Level.ITEM, at=f"items.{item.name}.", today=today
    )
    graded_later = f"items.{item.name}.grade"
    return faults + [fault for fault in demanded if fault.field not in told and fault.field != graded_later]


def item_faults(item: ItemData, seen: set[str]) -> list[FieldError]:
    """Every fault of one item; the field is `items.<name>.<property>`."""
    where = f"items.{item.name}"
    faults: list[FieldError] = []
    if not COLUMN_NAME.fullmatch(item.name):
        faults.append(
            FieldError(
                f"{where}.name",
                N_("A column name is lower-case letters, digits and underscores, and starts with a letter."),
                N_("Rename the column."),
            )
        )
    if item.name in seen:
        faults.append(FieldError(f"{where}.name", N_("Two items have the same column name."), N_("Rename one.")))
    if not item.title.strip():
        faults.append(FieldError(f"{where}.title", N_("This must not be empty."), N_("Enter the Chinese title.")))
    for field, most in (("title", 100), ("title_en", 100), ("unit_of_measure", 20)):
        check_length(faults, f"{where}.{field}", getattr(item, field), most=most)
    if item.data_type not in {member.value for member in DataType}:
        faults.append(FieldError(f"{where}.data_type", N_("This data type is not known."), N_("Choose one.")))
    if item.length is not None and item.length <= 0:
        faults.append(FieldError(f"{where}.length", N_("A length is a positive number."), N_("Correct it.")))
    if item.grade and item.grade not in GRADE_ORDER:
        faults.append(FieldError(f"{where}.grade", N_("This grade is not in GB/T 43697."), N_("Choose one.")))
    if item.mask not in {member.value for member in Mask}:
        faults.append(FieldError(f"{where}.mask", N_("This mask is not known."), N_("Choose one.")))
    return faults


def check_publishable(
    items: Sequence[ItemData],
    *,
    data: EntryData | None = None,
    classifications: Container[str] = (),
    standard: Standard | None = None,
    today: date | None = None,
    extras: bool = True,
) -> None:
    """Every item graded (分级分类, GB/T 43697), and the whole fitting its version of the standard.

    Raises NotGraded or FieldErrors.
    """
    ungraded = [item for item in items if not item.grade]
    if ungraded:
        raise NotGraded(
            errors=tuple(
                FieldError(f"items.{item.name}.grade", N_("This item has no grade."), N_("Grade it first."))
                for item in ungraded
            )
        )
    check_items(items, standard=standard, today=today)
    if data is not None:
        check_entry(data, classifications=classifications, standard=standard, today=today, extras=extras)


def misfits(
    data: EntryData,
    items: Sequence[ItemData],
    *,
    classifications: Container[str],
    standard: Standard,
    today: date | None = None,
) -> list[FieldError]:
    """What keeps an entry from fitting a version of the standard; nothing when it fits."""
    faults = entry_faults(data, classifications=classifications, standard=standard, today=today)
    seen: set[str] = set()
    for item in items:
        faults += row_faults(item, seen, standard=standard, today=today)
        seen.add(item.name)
    return faults


def highest(grades: Sequence[str]) -> str:
    """The highest of several grades (就高从严); "" when there are none."""
    return max(grades, key=lambda grade: GRADE_ORDER.get(grade, 0), default="")


def next_code(*, classification_code: str, serial: int, width: int = 6) -> str:
    """A resource code: the classification, a slash and a serial of at least `width` digits within it."""
    return f"{classification_code}/{serial:0{width}d}"


def differences(before: dict[str, object], after: dict[str, object]) -> list[tuple[str, object, object]]:
    """(path, before, after) for every value that differs between two snapshots of an entry."""
    left, right = flatten(before), flatten(after)
    return [
        (path, left.get(path), right.get(path))
        for path in sorted(left.keys() | right.keys())
        if left.get(path) != right.get(path)
    ]


def flatten(snapshot: dict[str, object], prefix: str = "") -> dict[str, object]:
    """A snapshot as one level of dotted paths; items are addressed by their names."""
    flat: dict[str, object] = {}
    for key, value in snapshot.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(flatten(value, f"{path}."))
        elif key == "items" and isinstance(value, list):
            for item in value:
                rest = {name: part for name, part in item.items() if name != "name"}
                flat.update(flatten(rest, f"{path}.{item['name']}."))
        else:
            flat[path] = value
    return flat
