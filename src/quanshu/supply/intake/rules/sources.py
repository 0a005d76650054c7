"""Sources: what each kind and mode needs to be told. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.landing import PAGINGS
from quanshu.supply.intake.types import (
    DELIVERED_KINDS,
    FILE_KINDS,
    SECRET_PARTS,
    DriftMode,
    LoadMode,
    SourceData,
    SourceKind,
)

ENDINGS: Mapping[str, tuple[str, ...]] = {
    SourceKind.CSV: (".csv", ".txt"),
    SourceKind.EXCEL: (".xlsx", ".xls"),
    SourceKind.JSONL: (".jsonl", ".ndjson"),
    SourceKind.PARQUET: (".parquet",),
}
# Settings of each kind: {name: what it is when nothing is entered}.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    SourceKind.FOLDER: {"pattern": "*", "settle": 2},
    SourceKind.HTTP: {
        "address": "",
        "rows_path": "",
        "paging": "none",
        "page_param": "",
        "size_param": "",
        "page_size": 1000,
        "next_path": "",
        "token_header": "Authorization",
        "since_param": "",
    },
    SourceKind.SFTP: {"host": "", "port": 22, "username": "", "folder": ".", "pattern": "*", "host_key": ""},
}
MODE_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    LoadMode.INCREMENTAL: {"cursor": "", "overlap": 0},
    LoadMode.MIRROR: {"delete_share": 10},
    LoadMode.CHANGES: {"op_column": "op", "seq_column": "seq"},
}
RANGES = {"settle": (0, 3600), "page_size": (1, 100_000), "port": (1, 65_535), "overlap": (0, 10**9),
          "delete_share": (0, 100)}  # fmt: skip
HALF_WRITTEN = (".part", ".tmp", ".filepart", ".crdownload")
RID = re.compile(r"[\w.-]{1,80}", re.ASCII)
Faults = list[FieldError]


def clean_options(kind: str, mode: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of kind and mode, completed. Raises FieldErrors for a number that is none or out of range."""
    wanted = {**OPTIONS.get(kind, {}), **MODE_OPTIONS.get(mode, {})}
    faults: Faults = []
    values: dict[str, Any] = {}
    for name, usual in wanted.items():
        value = given.get(name)
        value = usual if value is None or value == "" else value
        if name in RANGES:
            low, high = RANGES[name]
            try:
                value = int(value)
            except (TypeError, ValueError):
                value = None
            if value is None or not low <= value <= high:
                faults.append(
                    FieldError(
                        name,
                        N_("This is not a number from %(low)s to %(high)s."),
                        N_("Enter one."),
                        {"low": low, "high": high},
                    )
                )
        else:
            value = str(value).strip()
        values[name] = value
    if faults:
        raise FieldErrors(errors=tuple(faults))
    return values


def check_source(data: SourceData) -> None:
    """A source whose parts fit its kind and mode. Raises FieldErrors naming every field at fault."""
    faults: Faults = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter a name.")))
    if data.kind not in {kind.value for kind in SourceKind}:
        faults.append(FieldError("kind", N_("This kind of source is not known."), N_("Choose one.")))
    if data.mode not in {mode.value for mode in LoadMode}:
        faults.append(FieldError("mode", N_("This way of loading is not known."), N_("Choose one.")))
    if data.drift not in {mode.value for mode in DriftMode}:
        faults.append(FieldError("drift", N_("This way is not known."), N_("Choose one.")))
    check = CHECKS.get(data.kind)
    faults += check(data) if check else file_faults(data) if data.kind in FILE_KINDS else []
    faults += mode_faults(data)
    unknown = sorted(set(data.secret) - set(SECRET_PARTS))
    faults += [FieldError(name, N_("There is no such field."), N_("Leave it out.")) for name in unknown]
    if faults:
        raise FieldErrors(errors=tuple(faults))


def sql_faults(data: SourceData) -> Faults:
    """A database needs an address and a table."""
    faults: Faults = []
    if not data.url.strip():
        faults.append(FieldError("url", N_("A database source needs its address."), N_("Enter the address.")))
    if not data.table.strip():
        faults.append(FieldError("table", N_("A database source needs a table or a SELECT."), N_("Name the table.")))
    return faults


def file_faults(data: SourceData) -> Faults:
    """A file source needs a file of its kind."""
    if not data.file_digest and not data.path.strip():
        return [
            FieldError("file", N_("A file source needs a file."), N_("Upload one, or give its path in a drop folder."))
        ]
    endings = ENDINGS.get(data.kind, ())
    if endings and not (data.file_name or data.path).lower().endswith(endings):
        return [
            FieldError(
                "file" if data.file_name else "path",
                N_("The file's ending does not fit the kind of source."),
                N_("Choose a file that ends in: %(endings)s."),
                {"endings": ", ".join(endings)},
            )
        ]
    return []


def folder_faults(data: SourceData) -> Faults:
    """A watched folder needs its path."""
    if data.path.strip():
        return []
    return [FieldError("path", N_("A watched folder needs its path."), N_("Enter the folder's path."))]


def http_faults(data: SourceData) -> Faults:
    """An API needs an address, and what its paging goes by."""
    options, faults = data.options, Faults()
    if not str(options.get("address", "")).startswith(("https://", "http://")):
        faults.append(
            FieldError("address", N_("This is not the address of an API."), N_("Begin it with https:// or http://."))
        )
    paging = options.get("paging", "none")
    if paging not in PAGINGS:
        faults.append(FieldError("paging", N_("This way of paging is not known."), N_("Choose one.")))
    if paging in {"page", "offset", "cursor"} and not options.get("page_param"):
        faults.append(
            FieldError("page_param", N_("This paging needs the name of its parameter."), N_("Enter the name."))
        )
    if paging in {"cursor", "next"} and not options.get("next_path"):
        faults.append(
            FieldError(
                "next_path",
                N_("This paging needs the path of the next cursor or address."),
                N_("Enter the names that lead to it, joined by dots."),
            )
        )
    return faults


def sftp_faults(data: SourceData) -> Faults:
    """A server, an account, and a password or key."""
    faults = [
        FieldError(name, N_("This must not be empty."), N_("Enter it."))
        for name in ("host", "username")
        if not data.options.get(name)
    ]
    if not data.secret.get("password") and not data.secret.get("private_key"):
        faults.append(FieldError("password", N_("A password or a private key is needed."), N_("Enter one of them.")))
    return faults


def mode_faults(data: SourceData) -> Faults:
    """What a mode needs to go by."""
    faults: Faults = []
    if data.mode == LoadMode.INCREMENTAL and not data.options.get("cursor"):
        faults.append(
            FieldError("cursor", N_("An incremental load needs the column it goes by."), N_("Choose the column."))
        )
    if data.mode == LoadMode.CHANGES:
        faults += [
            FieldError(name, N_("A feed of changes needs this column."), N_("Enter the column's name."))
            for name in ("op_column", "seq_column")
            if not data.options.get(name)
        ]
    return faults


CHECKS: Mapping[str, Callable[[SourceData], Faults]] = {
    SourceKind.SQL: sql_faults,
    SourceKind.FOLDER: folder_faults,
    SourceKind.HTTP: http_faults,
    SourceKind.SFTP: sftp_faults,
}


def format_of(kind: str, name: str) -> str:
    """The kind of file to read: the source's own, or by the ending where files of any kind arrive."""
    if kind not in DELIVERED_KINDS:
        return kind
    lower = name.lower()
    return next((form for form, endings in ENDINGS.items() if lower.endswith(endings)), "")


def is_half_written(name: str, *, changed: float, now: float, settle: float) -> bool:
    """Whether a file may still be written: by its name, or because it changed within `settle` seconds."""
    return name.startswith(".") or name.lower().endswith(HALF_WRITTEN) or now - changed < settle


def check_cron(cron: str, now: datetime) -> None:
    """A cron line of five fields that comes due again within five years. Raises FieldErrors."""
    try:
        if len(cron.split()) != 5 or next(CronSim(cron, now)) > now + timedelta(days=5 * 366):
            raise ValueError
    except (CronSimError, StopIteration, ValueError) as fault:
        error = FieldError(
            "cron",
            N_("This is not a schedule."),
            N_("Enter minute, hour, day, month and weekday, for example 30 2 * * * for half past two each night."),
        )
        raise FieldErrors(errors=(error,)) from fault


def check_rid(rid: str) -> None:
    """A requester id as applications have it. Raises FieldErrors."""
    if not RID.fullmatch(rid):
        error = FieldError("rid", N_("This is not a requester id."), N_("Copy it from the application's page."))
        raise FieldErrors(errors=(error,))
