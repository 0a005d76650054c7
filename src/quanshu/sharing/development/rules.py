"""Decisions of development. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.gateway.composing import RESULT
from quanshu.gateway.synthetic import ColumnShape
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.masking import Mask
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.development.events import DevelopmentEvent
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.development.types import (
    ChangedSince,
    FieldsMissing,
    NoDraft,
    NotAccepted,
    NotTested,
    OrderData,
    OrderState,
    Rolled,
    Sample,
)
from quanshu.supply.catalogue.api import ItemData

P, E, S = DevelopmentPermission, DevelopmentEvent, OrderState
TAKE, BUILD, ACCEPT = "development.take", "development.build", "development.accept"
# Working days of each clock. Taking and building fit into the ten that a demand's service has.
CLOCK_DAYS = {TAKE: 2, BUILD: 7, ACCEPT: 3}
MOST_COMMENT = 2000
FILE_MIB = 20
# Monthly availability that a published service is measured against.
TARGET = 0.995
RAW_DAYS = 7
SANDBOX_KEY_DAYS = 180

MACHINE = Machine(
    name="development.order",
    states=OrderState,
    transitions=(
        Transition(
            "take", frozenset({S.OPEN}), S.BUILDING, P.BUILD, E.TAKEN,
            starts=(BUILD,), stops=(TAKE,), label=N_("Take the order"),
        ),
        Transition(
            "hand", frozenset({S.BUILDING}), S.READY, P.BUILD, E.HANDED,
            starts=(ACCEPT,), stops=(BUILD,), label=N_("Hand over for acceptance"),
        ),
        Transition(
            "accept", frozenset({S.READY}), S.ACCEPTED, P.ACCEPT, E.ACCEPTED, stops=(ACCEPT,), label=N_("Accept"),
        ),
        Transition(
            "send_back", frozenset({S.READY}), S.BUILDING, P.ACCEPT, E.SENT_BACK,
            starts=(BUILD,), stops=(ACCEPT,), label=N_("Send back"),
        ),
        Transition("publish", frozenset({S.ACCEPTED}), S.PUBLISHED, P.OPEN, E.PUBLISHED, label=N_("Publish")),
        Transition(
            "cancel", frozenset({S.OPEN, S.BUILDING, S.READY, S.ACCEPTED}), S.CANCELLED, P.OPEN, E.CANCELLED,
            stops=(TAKE, BUILD, ACCEPT), label=N_("Cancel the order"),
        ),
    ),
)  # fmt: skip
UNDER_WAY = (S.OPEN, S.BUILDING, S.READY)
BINDING = (S.OPEN, S.BUILDING, S.READY, S.ACCEPTED)


def check_step(state: str, step: str) -> Transition:
    """The transition `step` from `state`; WrongState when the table has none."""
    return MACHINE.check(state, step)


def check_order(data: OrderData, *, items: Sequence[str]) -> None:
    """An order has a title and names items of the entry. Raises FieldErrors."""
    faults = []
    if not data.title.strip() or len(data.title) > 100:
        faults.append(FieldError("title", N_("The title is missing or too long."), N_("Enter 1 to 100 characters.")))
    unknown = [name for name in data.fields if name not in items]
    if unknown or not data.fields:
        faults.append(
            FieldError(
                "fields",
                N_("These are no items of the entry: %(names)s."),
                N_("Choose the items the service must tell of."),
                {"names": ", ".join(unknown) or "—"},
            )
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_text(name: str, text: str) -> None:
    """A reason or comment that is not blank and not endless. Raises FieldErrors."""
    if not text.strip() or len(text) > MOST_COMMENT:
        raise FieldErrors(
            errors=(
                FieldError(name, N_("This is empty or longer than 2,000 characters."), N_("Say it in a few words.")),
            )
        )


def digest_of(spec: Mapping[str, Any]) -> str:
    """A mark of a draft as it stands: acceptance is of exactly this."""
    return hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def check_hand(
    *, state: str, attached: bool, passed: str, digest: str, told: Sequence[str], asked: Sequence[str]
) -> None:
    """What is handed over is a draft that tells of every item asked for, and passed the test as it stands.

    Raises WrongState, NoDraft, FieldsMissing, NotTested.
    """
    check_step(state, "hand")
    if not attached:
        raise NoDraft
    missing = [name for name in asked if name not in told]
    if missing:
        raise FieldsMissing(fields=", ".join(missing))
    if not passed or passed != digest:
        raise NotTested


def check_accept(*, state: str, passed: str, digest: str) -> None:
    """What is accepted is what was tested. Raises WrongState, NotTested."""
    check_step(state, "accept")
    if passed != digest:
        raise NotTested


def check_published(*, order: str, state: str, accepted: str, digest: str) -> None:
    """A version with an order is published once it is accepted, and as it was. Raises NotAccepted, ChangedSince."""
    if state != S.ACCEPTED:
        raise NotAccepted(order=order)
    if accepted != digest:
        raise ChangedSince(order=order)


def number_of(year: int, serial: int) -> str:
    """The number an order is filed under: YF (研发), year, serial of the year."""
    return f"YF-{year}-{serial:05d}"


def percentile(values: Sequence[int], share: float) -> int | None:
    """The nearest-rank percentile; None of nothing."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * share) - 1, 0)] if ordered else None


def roll_up(samples: Sequence[Sample]) -> Rolled:
    """Probes of one stretch of time in five numbers and the failures by code."""
    times = [sample.duration_us for sample in samples if sample.ok]
    codes = Counter(sample.code for sample in samples if not sample.ok)
    return Rolled(len(samples), len(times), percentile(times, 0.5), percentile(times, 0.95), dict(codes))


def kind_of(item: ItemData) -> str:
    """What a column holds, as the synthetic rows need to know it: by its mask, else by its name."""
    by_mask = {Mask.CITIZEN_ID: "citizen_id", Mask.PHONE: "phone", Mask.NAME: "name", Mask.ADDRESS: "address"}
    if item.mask in by_mask:
        return by_mask[Mask(item.mask)]
    name, title = item.name.lower(), item.title
    for kind, words, titles in (
        ("uscc", ("uscc", "credit_code"), ("统一社会信用代码",)),
        ("citizen_id", ("citizen_id", "owner_id", "husband_id", "wife_id"), ("身份号码", "身份证")),
        ("phone", ("phone", "mobile", "telephone"), ("电话", "手机")),
        ("email", ("email",), ("邮箱",)),
        ("address", ("address",), ("地址", "住址")),
        ("firm", ("enterprise_name", "company"), ("企业名称", "单位名称")),
        ("name", ("person_name",), ("姓名",)),
    ):
        if any(word in name for word in words) or any(word in title for word in titles):
            return kind
    return "name" if item.personal and name.endswith("name") else "text"


def shapes_of(spec: Mapping[str, Any], items: Mapping[str, ItemData]) -> tuple[ColumnShape, ...]:
    """The columns of a service's sandbox, from its spec and the entry's items; no row is looked at."""
    parameters = {part["column"]: part for part in spec["parameters"]}
    columns = dict.fromkeys([*parameters, *(part["column"] for part in spec["fields"])])
    shapes = []
    for column in columns:
        item, part = items.get(column), parameters.get(column)
        longest = [size for size in (item.length if item else None, part["max_length"] if part else None) if size]
        shapes.append(
            ColumnShape(
                column=column,
                type=item.data_type if item else str(part["type"] if part else "string"),
                length=min(longest, default=0),
                kind=kind_of(item) if item else "text",
                codes=tuple(item.code_list) if item else (),
                pattern=part["pattern"] if part else "",
                search=part is not None and not part["compare"],
            )
        )
    return tuple(shapes)


def composite_shapes(
    spec: Mapping[str, Any], parts: Mapping[str, Mapping[str, ColumnShape]]
) -> tuple[ColumnShape, ...]:
    """The columns of a composite's sandbox: those of its parts, told by `parts` as {service: {name: shape}}.

    A verification's result is one of its three words. What no part tells of is plain text.
    """
    nodes = {node["name"]: node for node in spec["composite"]["nodes"]}
    fed: dict[str, ColumnShape] = {}
    for node in nodes.values():
        for given in node["inputs"]:
            shape = parts.get(node["sid"], {}).get(given["parameter"])
            if not given["node"] and shape is not None:
                fed.setdefault(given["name"], shape)
    for output in spec["composite"]["outputs"]:
        node, name = output["sources"][0]
        found = parts.get(nodes[node]["sid"], {}).get(name) if node in nodes else None
        if found is None and name == RESULT:
            found = ColumnShape(column=name, codes=("match", "mismatch", "no_record"))
        if found is not None:
            fed[f"{node}.{name}"] = found
    plain = shapes_of(spec, {})
    return tuple(
        replace(fed[shape.column], column=shape.column, search=shape.search) if shape.column in fed else shape
        for shape in plain
    )


def months_before(today: date, count: int) -> list[date]:
    """The first days of the last `count` months, this one last."""
    first = today.replace(day=1)
    months = [first]
    while len(months) < count:
        first = (first - timedelta(days=1)).replace(day=1)
        months.append(first)
    return months[::-1]
