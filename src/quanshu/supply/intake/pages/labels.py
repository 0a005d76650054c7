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
from quanshu.supply.intake.types import DeliveryState, DriftMode, LoadMode, RowState, RunState, SourceKind, Stage

KINDS = {
    SourceKind.CSV: _("CSV file"),
    SourceKind.EXCEL: _("Excel workbook"),
    SourceKind.JSONL: _("JSON lines"),
    SourceKind.PARQUET: _("Parquet file"),
    SourceKind.SQL: _("Database"),
    SourceKind.FOLDER: _("Watched folder"),
    SourceKind.HTTP: _("HTTP API"),
    SourceKind.SFTP: _("SFTP server"),
    SourceKind.PUSH: _("Pushed by the unit"),
}
MODES = {
    LoadMode.FULL: _("Full load"),
    LoadMode.UPSERT: _("Update by key"),
    LoadMode.INCREMENTAL: _("Incremental by cursor"),
    LoadMode.MIRROR: _("Mirror: update and delete by key"),
    LoadMode.CHANGES: _("Feed of changes"),
}
DRIFTS = {
    DriftMode.REFUSE: _("Refuse the load"),
    DriftMode.QUARANTINE: _("Set the load aside for a decision"),
    DriftMode.EVOLVE: _("Propose new columns, go on when approved"),
}
PAGING_NAMES = {
    "none": _("One answer"),
    "page": _("Page number"),
    "offset": _("Offset"),
    "cursor": _("Cursor"),
    "next": _("Address of the next page"),
}
CHANGES = {"added": _("Not in the contract"), "missing": _("Missing"), "type_changed": _("Another type")}
DELIVERY_STATES = {
    DeliveryState.ARRIVING: _("Still arriving"),
    DeliveryState.READY: _("Waiting"),
    DeliveryState.LOADING: _("Being loaded"),
    DeliveryState.LANDED: _("Landed"),
    DeliveryState.FAILED: _("Failed"),
    DeliveryState.SKIPPED: _("Left out"),
}
DELIVERY_TONES = {
    DeliveryState.ARRIVING: "secondary",
    DeliveryState.READY: "blue",
    DeliveryState.LOADING: "blue",
    DeliveryState.LANDED: "green",
    DeliveryState.FAILED: "red",
    DeliveryState.SKIPPED: "secondary",
}
ROW_STATES = {
    RowState.OPEN: _("Not settled"),
    RowState.READY: _("Corrected, waiting"),
    RowState.CORRECTED: _("Corrected and landed"),
    RowState.DISMISSED: _("Dismissed"),
}
ROW_TONES = {
    RowState.OPEN: "orange",
    RowState.READY: "blue",
    RowState.CORRECTED: "green",
    RowState.DISMISSED: "secondary",
}
OUTCOMES = {
    "started": _("Load started"),
    "busy": _("Still busy, left out"),
    "landed": _("Landed"),
    "failed": _("Failed"),
}
NOTES = {
    "late": _("Late rows"),
    "repeated": _("Changes applied before"),
    "out_of_order": _("Changes out of order"),
}
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
    RunState.HELD: _("Waits for a decision"),
}
TONES = {
    RunState.QUEUED: "secondary",
    RunState.RUNNING: "blue",
    RunState.LANDED: "green",
    RunState.FAILED: "red",
    RunState.CANCELLED: "orange",
    RunState.HELD: "orange",
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
    Reason.NOT_AN_OBJECT: _("The record is not a JSON object."),
    Reason.UNKNOWN_FIELD: _("The record has a field that the others do not have."),
    Reason.UNKNOWN_OPERATION: _("The operation is none of I, U and D."),
    Reason.NO_SEQUENCE: _("The change has no sequence number."),
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


def drift_columns() -> tuple[Column, ...]:
    """The table of differences between a source and its contract."""
    return (
        Column("column", _("Column"), kind="code"),
        Column("change", _("Difference"), value=lambda item: CHANGES.get(item["change"], item["change"])),
        Column("expected", _("In the contract"), value=lambda item: TYPES.get(item["expected"], "")),
        Column("found", _("At the source"), value=lambda item: TYPES.get(item["found"], "")),
    )
