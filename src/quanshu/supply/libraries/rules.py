"""Decisions over libraries and their models. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import now as moment
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.lake.models import OutputColumn
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.catalogue.api import GRADE_ORDER, Grade, ItemData
from quanshu.supply.libraries.events import LibraryEvent
from quanshu.supply.libraries.permissions import LibraryPermission
from quanshu.supply.libraries.types import (
    BadReference,
    BadSchedule,
    BuildState,
    LibraryData,
    LibraryKind,
    ModelData,
    Named,
    NotPublished,
    NotSwappable,
    OwnModel,
    SourceColumn,
    VersionState,
    WrongVersionState,
)

V = TypeVar("V")
P, E, S = LibraryPermission, LibraryEvent, VersionState
REVIEW_DAYS = 5
KEPT_BUILDS = 5
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TYPES = {"VARCHAR": "string", "BOOLEAN": "boolean", "DATE": "date", "DOUBLE": "decimal", "FLOAT": "decimal"}

MACHINE = Machine(
    name="libraries.model",
    states=VersionState,
    transitions=(
        Transition("submit", frozenset({S.DRAFT}), S.REVIEW, P.WRITE, E.MODEL_SUBMITTED, label=N_("Submit")),
        Transition("return", frozenset({S.REVIEW}), S.DRAFT, P.PUBLISH, E.MODEL_RETURNED, label=N_("Return")),
        Transition("publish", frozenset({S.REVIEW}), S.PUBLISHED, P.PUBLISH, E.MODEL_PUBLISHED, label=N_("Publish")),
        Transition("replace", frozenset({S.PUBLISHED}), S.REPLACED, P.PUBLISH, E.MODEL_PUBLISHED, label=N_("Replace")),
    ),
)


def check_library(data: LibraryData, *, taken: Collection[str], classes: Collection[str]) -> None:
    """A library has a code of its own, a kind, a name and a place in the catalogue. Raises FieldErrors."""
    faults = []
    if not NAME.fullmatch(data.code):
        remedy = N_("Use lower-case letters, digits and underscores, a letter first, 40 at most.")
        faults.append(FieldError("code", N_("This is no code."), remedy))
    elif data.code in taken:
        faults.append(FieldError("code", N_("The code is taken."), N_("Choose another code.")))
    if data.kind not in set(LibraryKind):
        faults.append(FieldError("kind", N_("There is no such kind."), N_("Choose from the list.")))
    if not data.name.strip():
        faults.append(FieldError("name", N_("The name is empty."), N_("Give the library a name.")))
    if data.classification_code not in classes:
        fault = N_("There is no such class in the catalogue.")
        faults.append(FieldError("classification_code", fault, N_("Choose a class from the list.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_model(data: ModelData, *, taken: Collection[str]) -> None:
    """A model has a code of its own and a title. Raises FieldErrors."""
    faults = []
    if not NAME.fullmatch(data.code):
        remedy = N_("Use lower-case letters, digits and underscores, a letter first, 40 at most.")
        faults.append(FieldError("code", N_("This is no code."), remedy))
    elif data.code in taken:
        faults.append(FieldError("code", N_("The code is taken."), N_("Choose another code.")))
    if not data.title.strip():
        faults.append(FieldError("title", N_("The title is empty."), N_("Give the model a title.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def parse_references(text: str) -> dict[str, str]:
    """{name in the query: code} of `name = code` lines. Raises `libraries.bad_reference`."""
    found: dict[str, str] = {}
    for line in (part.strip() for part in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        name, equals, code = (part.strip() for part in line.partition("="))
        if not equals or not NAME.fullmatch(name) or not code:
            raise BadReference(line=line, fault="this is not “name = code”.")
        if name in found:
            raise BadReference(line=line, fault="the name is used twice.")
        found[name] = code
    if not found:
        raise BadReference(line="", fault="the model reads from no table.")
    return found


def parse_columns(text: str, *, known: Collection[str]) -> dict[str, Named]:
    """{column: how it is called and shown} of `name = title | English title | mask` lines. Raises FieldErrors."""
    found = {}
    for line in (part.strip() for part in text.splitlines()):
        if not line or line.startswith("#"):
            continue
        name, equals, rest = (part.strip() for part in line.partition("="))
        parts = [part.strip() for part in rest.split("|")]
        fault = None
        if not equals or len(parts) > 3:
            fault = N_("“%(line)s” is not “name = title | English title | mask”.")
        elif name not in known:
            fault = N_("“%(line)s”: the model has no such column.")
        elif len(parts) == 3 and parts[2] and parts[2] not in set(Mask):
            fault = N_("“%(line)s”: there is no such mask.")
        if fault:
            remedy = N_("The masks are none, full, name, citizen_id, phone, address, date_year and hash.")
            raise FieldErrors(errors=(FieldError("columns", fault, remedy, {"line": line}),))
        found[name] = Named(*parts)
    return found


def parse_keys(text: str, *, known: Collection[str]) -> tuple[str, ...]:
    """Names with commas between. Raises FieldErrors for one that is no column."""
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    unknown = [name for name in names if name not in known]
    if unknown:
        fault = N_("The model has no column %(names)s.")
        remedy = N_("Name columns of the query, with commas between.")
        raise FieldErrors(errors=(FieldError("keys", fault, remedy, {"names": ", ".join(unknown)}),))
    return names


def items_from(
    columns: Sequence[OutputColumn],
    *,
    traced: Mapping[str, tuple[Sequence[tuple[str, str]], bool]],
    sources: Mapping[tuple[str, str], SourceColumn],
    named: Mapping[str, Named],
    keys: Collection[str],
) -> tuple[ItemData, ...]:
    """The catalogue items of a model: each graded as the highest of what it comes from (就高从严, GB/T 43697).

    A column that is its source unchanged keeps the source's mask; one worked out from masked sources is hidden in
    full unless its model says otherwise.
    """
    items = []
    for column in columns:
        pairs, unchanged = traced.get(column.name, ((), False))
        origins = [sources[pair] for pair in pairs if pair in sources]
        first = origins[0] if origins else None
        grade = max((one.grade for one in origins if one.grade), key=GRADE_ORDER.__getitem__, default=Grade.GENERAL_1)
        given = named.get(column.name, Named())
        masks = {one.mask for one in origins} - {Mask.NONE, ""}
        inherited = next(iter(masks)) if unchanged and len(masks) == 1 else (Mask.FULL if masks else Mask.NONE)
        items.append(
            ItemData(
                name=column.name,
                title=given.title or (first.title if first and unchanged else column.name),
                title_en=given.title_en or (first.title_en if first and unchanged else ""),
                data_type=item_type(column.type),
                is_key=column.name in keys,
                grade=grade,
                personal=any(one.personal for one in origins),
                mask=given.mask or inherited,
            )
        )
    return tuple(items)


def item_type(engine_type: str) -> str:
    """The catalogue's data type of an engine's type."""
    head = engine_type.partition("(")[0]
    if head.startswith("TIMESTAMP"):
        return "datetime"
    if head == "DECIMAL":
        return "decimal"
    return TYPES.get(head, "integer")


def check_step(state: str, *allowed: str) -> None:
    """Raises `libraries.wrong_state` unless the state is one of those allowed."""
    if state not in allowed:
        raise WrongVersionState(state=state)


def check_reviewer(*, state: str, author_uid: str, actor_uid: str) -> None:
    """Another person reviews. Raises `libraries.wrong_state`, `libraries.own_model`."""
    check_step(state, S.REVIEW)
    if author_uid == actor_uid:
        raise OwnModel


def check_buildable(published: V | None) -> V:
    """The published version, which alone is built. Raises `libraries.not_published`."""
    if published is None:
        raise NotPublished
    return published


def check_swappable(*, state: str, kept: bool, in_use: bool) -> None:
    """Raises `libraries.not_swappable`."""
    if state != BuildState.DONE or not kept or in_use:
        raise NotSwappable


def check_cron(cron: str) -> None:
    """An empty schedule means none. Raises `libraries.bad_schedule`."""
    if not cron:
        return
    try:
        CronSim(cron, moment())
    except CronSimError as error:
        raise BadSchedule(cron=cron, fault=str(error)) from error
