"""Decisions of the catalogue. Pure: the same checks serve the buttons and the refusals."""

from __future__ import annotations

import re
from collections.abc import Sequence

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
    FormatClass,
    ItemData,
    NotGraded,
    OpenType,
    ShareMode,
    ShareType,
    UpdateCycle,
    WrongState,
)

P, E, S, L = CataloguePermission, CatalogueEvent, EntryState, STEP_NAMES
COLUMN_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
MOST_ITEMS = 500
OPTIONAL_TEXTS = (
    ("name_en", 200),
    ("abstract_en", 2000),
    ("share_condition", 2000),
    ("share_law", 2000),
    ("open_condition", 2000),
    ("sensitive_reason", 2000),
)

MACHINE = Machine(
    name="catalogue.entry",
    states=EntryState,
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
    for transition in MACHINE.transitions:
        if transition.name == step and state in transition.sources:
            return transition
    raise WrongState(state=state, step=step)


def check_editable(state: str) -> None:
    """Only a draft may be changed; a published entry is revised first."""
    if state != EntryState.DRAFT:
        raise WrongState(state=state, step="edit")


def check_entry(data: EntryData, *, classifications: Sequence[str]) -> None:
    """Core metadata complete and consistent (政务信息资源目录编制指南, 2017).

    Raises FieldErrors naming every field at fault at once.
    """
    faults: list[FieldError] = []
    require_text(faults, "resource_name", data.resource_name, most=100)
    require_text(faults, "abstract", data.abstract, most=2000)
    for field, most in OPTIONAL_TEXTS:
        check_length(faults, field, getattr(data, field), most=most)
    if data.classification_code not in classifications:
        faults.append(FieldError("classification_code", N_("This class is not in the standard."), N_("Choose one.")))
    for name, value, allowed in (
        ("share_type", data.share_type, ShareType),
        ("share_mode", data.share_mode, ShareMode),
        ("open_type", data.open_type, OpenType),
        ("update_cycle", data.update_cycle, UpdateCycle),
        ("format_class", data.format_class, FormatClass),
    ):
        if value not in {member.value for member in allowed}:
            faults.append(FieldError(name, N_("This value is not in the code list."), N_("Choose one.")))
    faults.extend(condition_faults(data))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def condition_faults(data: EntryData) -> list[FieldError]:
    """Conditional sharing states its condition, refusal its law, conditional opening its condition."""
    faults: list[FieldError] = []
    if data.share_type == ShareType.CONDITIONAL and not data.share_condition.strip():
        faults.append(
            FieldError(
                "share_condition",
                N_("Conditional sharing needs its condition."),
                N_("Say who may use the data and for what."),
            )
        )
    if data.share_type == ShareType.NOT_SHARED and not data.share_law.strip():
        faults.append(
            FieldError(
                "share_law",
                N_("Refusing to share needs the law or regulation that forbids it."),
                N_("Name the law and its article, or choose another share type."),
            )
        )
    if data.open_type == OpenType.CONDITIONAL and not data.open_condition.strip():
        faults.append(FieldError("open_condition", N_("Conditional opening needs its condition."), N_("Enter it.")))
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


def check_items(items: Sequence[ItemData]) -> None:
    """Items usable as the contract of intake: unique column names, known types, a grade from the list."""
    faults: list[FieldError] = []
    if not items:
        faults.append(FieldError("items", N_("An entry needs at least one information item."), N_("Add items.")))
    if len(items) > MOST_ITEMS:
        faults.append(FieldError("items", N_("An entry holds at most 500 items."), N_("Split the entry.")))
    seen: set[str] = set()
    for item in items:
        faults.extend(item_faults(item, seen))
        seen.add(item.name)
    if faults:
        raise FieldErrors(errors=tuple(faults))


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


def check_publishable(items: Sequence[ItemData]) -> None:
    """Every item graded (分级分类, GB/T 43697) before the entry is published."""
    ungraded = [item for item in items if not item.grade]
    if ungraded:
        raise NotGraded(
            errors=tuple(
                FieldError(f"items.{item.name}.grade", N_("This item has no grade."), N_("Grade it first."))
                for item in ungraded
            )
        )
    check_items(items)


def highest(grades: Sequence[str]) -> str:
    """The highest of several grades (就高从严); "" when there are none."""
    return max(grades, key=lambda grade: GRADE_ORDER.get(grade, 0), default="")


def next_code(*, classification_code: str, serial: int) -> str:
    """A resource code: the classification, a slash and a six-digit serial within it."""
    return f"{classification_code}/{serial:06d}"


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
