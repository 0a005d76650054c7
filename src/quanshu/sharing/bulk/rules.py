"""Decisions of bulk sharing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import pyarrow as pa
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError
from quanshu.lake.conditions import condition_sql
from quanshu.lake.masking import Mask, stricter_of
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.bulk.events import BulkEvent
from quanshu.sharing.bulk.permissions import BulkPermission
from quanshu.sharing.bulk.types import BulkData, BulkState, ConsentEach, NoKey, OwnRequest, TokenOver
from quanshu.sharing.services.api import core_fault, default_mask
from quanshu.supply.catalogue.api import Grade, ItemData

P, E, S = BulkPermission, BulkEvent, BulkState
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,26}\Z")
SHARE = "city"
MOST_CONDITIONS = 20
MOST_VERSIONS = 100
MOST_RETENTION = 90
MOST_ROWS = 10**12
LONGEST = timedelta(days=3 * 366)
TOKEN_DAYS = (1, 366)
OVERLAP = timedelta(days=7)
# A view that lags this far behind its source is told of.
LATE = timedelta(hours=1)
NONE_AGREED: Mapping[str, str] = {}

MACHINE = Machine(
    name="bulk.grant",
    states=BulkState,
    transitions=(
        Transition(
            "approve", frozenset({S.REQUESTED}), S.ACTIVE, P.CREATE, E.APPROVED, label=N_("Approve the request")
        ),
        Transition("refuse", frozenset({S.REQUESTED}), S.REFUSED, P.CREATE, E.REFUSED, label=N_("Refuse the request")),
        Transition("revoke", frozenset({S.ACTIVE}), S.REVOKED, P.REVOKE, E.REVOKED, label=N_("Revoke")),
        Transition("end", frozenset({S.ACTIVE}), S.ENDED, P.REVOKE, E.ENDED, label=N_("Come to its end")),
    ),
)


def schema_name(unit_code: str) -> str:
    """The schema a provider's tables stand in: its code, in the form names have."""
    return "u" + re.sub(r"[^a-z0-9]", "", unit_code.lower())[:18]


def view_name(uid: str, generation: int) -> str:
    """The lake's table of a view; another definition has another generation."""
    return f"bulk.g{uid.replace('-', '')}_{generation}"


def masks_of(data: BulkData, items: Mapping[str, ItemData], agreed: Mapping[str, str] = NONE_AGREED) -> dict[str, str]:
    """The mask each field leaves with: the one chosen, else its grade's, and never less than `agreed` hides."""
    chosen = {name: data.masks.get(name) or default_mask(items[name]) for name in data.fields}
    return with_agreed(chosen, agreed)


def with_agreed(masks: Mapping[str, str], agreed: Mapping[str, str]) -> dict[str, str]:
    """Masks that hide at least what was agreed with the application in its other grants for the entry."""
    return {name: str(stricter_of(Mask(mask), Mask(agreed.get(name, Mask.NONE)))) for name, mask in masks.items()}


def check_data(
    data: BulkData, items: Mapping[str, ItemData], *, entry: str, landed: pa.Schema | None, now: datetime
) -> None:
    """A bulk grant as the grades demand, with an end that lies ahead. Raises FieldErrors with every fault, and NoKey.

    `landed` is the schema of the entry's data, None while none has landed; conditions are held against it.
    """
    faults = _faults(data, items, landed)
    if not now < data.valid_until <= now + LONGEST:
        faults.append(
            FieldError("valid_until", N_("The end lies within three years from now."), N_("Choose another day."))
        )
    _raise(faults, items, entry)


def check_terms(data: BulkData, items: Mapping[str, ItemData], *, entry: str) -> None:
    """What was granted, held against the entry as it is now. Raises FieldErrors, NoKey."""
    _raise(_faults(data, items, None), items, entry)


def _faults(data: BulkData, items: Mapping[str, ItemData], landed: pa.Schema | None) -> list[FieldError]:
    return [
        *_field_faults(data, items),
        *_condition_faults(data, items, landed),
        *_limit_faults(data),
        *_text_faults(data),
    ]


def _raise(faults: Sequence[FieldError], items: Mapping[str, ItemData], entry: str) -> None:
    if faults:
        raise FieldErrors(errors=tuple(faults))
    if any(item.is_key and item.grade == Grade.CORE for item in items.values()):
        raise NoKey(entry=entry)


def _text_faults(data: BulkData) -> list[FieldError]:
    faults = []
    if not TABLE_NAME.match(data.table_name):
        text = N_("The name is lower-case letters, digits and underscores, 27 characters at most.")
        faults.append(FieldError("table_name", text, N_("Use a name such as resident.")))
    if len(data.purpose.strip()) < 4:
        faults.append(FieldError("purpose", N_("The purpose is missing."), N_("Say what the data are used for.")))
    return faults


def _field_faults(data: BulkData, items: Mapping[str, ItemData]) -> list[FieldError]:
    if not data.fields:
        return [FieldError("fields", N_("A view shows at least one field."), N_("Choose one."))]
    faults: list[FieldError] = []
    for name in data.fields:
        item = items.get(name)
        if item is None:
            text = N_("The entry has no item %(item)s.")
            faults.append(FieldError("fields", text, N_("Choose an item of the entry."), {"item": name}))
            continue
        faults += core_fault("fields", item)
        mask = data.masks.get(name, "")
        if mask and mask not in {known.value for known in Mask}:
            faults.append(FieldError(f"masks.{name}", N_("This mask is not known."), N_("Choose one.")))
        elif mask == Mask.NONE and default_mask(item) != Mask.NONE:
            text = N_("A field of this grade leaves only under a mask.")
            faults.append(FieldError(f"masks.{name}", text, N_("Choose a mask, or leave the field out.")))
    return faults


def _condition_faults(data: BulkData, items: Mapping[str, ItemData], landed: pa.Schema | None) -> list[FieldError]:
    if len(data.where) > MOST_CONDITIONS:
        return [FieldError("where", N_("There are too many conditions."), N_("Use 20 at most."))]
    faults: list[FieldError] = []
    for at, condition in enumerate(data.where, start=1):
        where = {"number": str(at), "item": condition.column}
        item = items.get(condition.column)
        if item is None:
            text = N_("Condition %(number)s: the entry has no item %(item)s.")
            faults.append(FieldError("where", text, N_("Choose an item of the entry."), where))
        elif item.grade == Grade.CORE or not item.grade:
            text = N_("Condition %(number)s: the item %(item)s is core data or not graded.")
            faults.append(FieldError("where", text, N_("Filter by another item."), where))
        elif landed is not None:
            try:
                condition_sql(landed, condition)
            except QuanshuError:
                text = N_("Condition %(number)s on %(item)s cannot be read.")
                remedy = N_("Choose an operator and values that the item's type has; dates as 2027-01-31.")
                faults.append(FieldError("where", text, remedy, where))
    return faults


def _limit_faults(data: BulkData) -> list[FieldError]:
    faults = []
    for name, value in (("row_limit", data.row_limit), ("daily_rows", data.daily_rows)):
        if value is not None and not 1 <= value <= MOST_ROWS:
            faults.append(FieldError(name, N_("At least one row."), N_("Enter a number, or leave it out.")))
    if not 2 <= data.versions_kept <= MOST_VERSIONS:
        faults.append(FieldError("versions_kept", N_("2 to 100 versions are kept."), N_("Enter a number in range.")))
    if not 0 <= data.retention_days <= MOST_RETENTION:
        faults.append(FieldError("retention_days", N_("Files are kept 0 to 90 days."), N_("Enter a number in range.")))
    return faults


def check_decider(*, requested_by: str, actor_uid: str) -> None:
    """Nobody decides one's own request."""
    if requested_by and requested_by == actor_uid:
        raise OwnRequest


def check_consent(fields: Sequence[str], *, by_consent: Iterable[str]) -> None:
    """What people consent to one by one is not shared in bulk. Raises ConsentEach."""
    names = sorted(set(fields) & set(by_consent))
    if names:
        raise ConsentEach(items=", ".join(names))


def check_reason(reason: str) -> None:
    """A decision says why. Raises FieldErrors."""
    if not reason.strip():
        raise FieldErrors(errors=(FieldError("reason", N_("This must not be empty."), N_("Say why.")),))


def check_days(days: int) -> None:
    """A token lives a year at most. Raises FieldErrors."""
    if not TOKEN_DAYS[0] <= days <= TOKEN_DAYS[1]:
        fault = FieldError("days", N_("A token holds 1 to 366 days."), N_("Enter a number in range."))
        raise FieldErrors(errors=(fault,))


def check_token(*, revoked: bool, not_after: datetime, now: datetime) -> None:
    """A token that holds. Raises TokenOver."""
    if revoked or not_after <= now:
        raise TokenOver


def stricter(before: Mapping[str, str], items: Mapping[str, ItemData], fields: Sequence[str]) -> dict[str, str]:
    """The masks of a grant after grades have risen (就高从严): a clear field that must be masked now is."""
    return {
        name: default_mask(items[name]) if before.get(name, Mask.NONE) == Mask.NONE else before[name]
        for name in fields
        if name in items
    }
