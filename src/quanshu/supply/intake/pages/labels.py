"""Names of intake's codes in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.lake.landing import Reason
from quanshu.shared.web.api import Column
from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.types import LoadMode, RunState, SourceKind, Stage

KINDS = {SourceKind.CSV: _("CSV file"), SourceKind.EXCEL: _("Excel workbook"), SourceKind.SQL: _("Database")}
MODES = {LoadMode.FULL: _("Full load"), LoadMode.UPSERT: _("Update by key")}
TYPES = {
    "string": _("Character string"),
    "integer": _("Whole number"),
    "decimal": _("Decimal number"),
    "boolean": _("Yes or no"),
    "date": _("Date"),
    "datetime": _("Date and time"),
}
STATES = {
    RunState.QUEUED: _("Queued"),
    RunState.RUNNING: _("Running"),
    RunState.LANDED: _("Landed"),
    RunState.FAILED: _("Failed"),
    RunState.CANCELLED: _("Cancelled"),
}
TONES = {
    RunState.QUEUED: "secondary",
    RunState.RUNNING: "blue",
    RunState.LANDED: "green",
    RunState.FAILED: "red",
    RunState.CANCELLED: "orange",
}
STAGES = {
    Stage.WAITING: _("Waiting for the worker"),
    Stage.READING: _("Reading and checking against the contract"),
    Stage.WRITING: _("Writing to the lake"),
    Stage.DONE: _("Done"),
}
REASONS = {
    Reason.MISSING_VALUE: _("The value is empty, but the contract requires one."),
    Reason.NOT_INTEGER: _("The value is not a whole number."),
    Reason.NOT_DECIMAL: _("The value is not a number."),
    Reason.NOT_BOOLEAN: _("The value is neither yes nor no."),
    Reason.NOT_DATE: _("The value is not a date that exists."),
    Reason.NOT_DATETIME: _("The value is not a time that exists."),
    Reason.OUT_OF_RANGE: _("The number is larger than can be stored."),
    Reason.TOO_LONG: _("The text is longer than the contract allows."),
    Reason.TOO_MANY_DIGITS: _("The number has more digits than the contract allows."),
    Reason.TOO_MANY_DECIMALS: _("The number has more decimal places than the contract allows."),
    Reason.DUPLICATE_KEY: _("An earlier row of the same load has this key."),
    Reason.RAGGED_ROW: _("The row has another number of fields than the header."),
    Reason.MALFORMED_ROW: _("The row cannot be read: a quotation mark is not closed, or a field is too long."),
    Reason.LOST_DIGITS: _("The cell is a number of more than 15 digits, and its last digits are lost."),
}


def kind_of(source: Source) -> Any:
    """What kind of source it is."""
    return KINDS.get(SourceKind(source.kind), source.kind)


def mode_of(source: Source) -> Any:
    """How it is loaded."""
    return MODES.get(LoadMode(source.mode), source.mode)


def state_of(run: Run) -> Any:
    """The run's state."""
    return STATES[RunState(run.state)]


def tone_of(run: Run) -> str:
    """The colour of the run's state."""
    return TONES[RunState(run.state)]


def reason_of(row: Mapping[str, Any]) -> Any:
    """Why a row was refused."""
    return REASONS.get(row["reason"], row["message"])


def contract_columns() -> tuple[Column, ...]:
    """The table of a contract's items."""
    return (
        Column("name", _("Column"), kind="code"),
        Column("title", _("Meaning"), value=item_title),
        Column("data_type", _("Type"), value=lambda item: TYPES.get(item.data_type, item.data_type)),
        Column("length", _("Length"), kind="number", phone=False),
        Column("required", _("Required"), value=lambda item: item.required or item.is_key),
        Column("is_key", _("Primary key")),
    )


def item_title(item: ItemData) -> str:
    """The item's title in the reader's language."""
    english = bool(item.title_en) and (get_language() or "").startswith("en")
    return item.title_en if english else item.title
