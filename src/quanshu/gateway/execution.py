"""A service compiled to SQL over its serving table. Masks are part of the query, so clear values do not travel."""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from quanshu.gateway.marks import MOST_MARKS, Marker
from quanshu.gateway.snapshot import ParameterSpec, ServiceSpec
from quanshu.kernel.errors import Forbidden, Invalid, Unavailable
from quanshu.lake.masking import Mask, add_functions, mask_sql

INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
BOOLEANS = {"true": "1", "1": "1", "false": "0", "0": "0"}
DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,10})?", re.ASCII)


class BadParameter(Invalid):
    code = "gateway.bad_parameter"


class FieldNotGranted(Forbidden):
    code = "gateway.field_not_granted"


class TableMissing(Unavailable):
    code = "gateway.table_missing"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service found: rows of a query, or the result of a verification."""

    data: list[dict[str, Any]] | None
    result: str | None
    marks: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.data) if self.data is not None else int(self.result == "match")


def quote(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def fault_of(parameter: ParameterSpec, text: str) -> tuple[str, str] | None:
    """What is wrong with a value, in Chinese and English; None when nothing is."""
    if len(text) > parameter.max_length:
        return f"超过 {parameter.max_length} 个字符", f"longer than {parameter.max_length} characters"
    if parameter.pattern and not re.fullmatch(parameter.pattern, text):
        return "格式不符", "does not have the form asked for"
    if parameter.type == "integer" and not INTEGER.fullmatch(text):
        return "不是整数", "is not a whole number"
    if parameter.type == "decimal" and not DECIMAL.fullmatch(text):
        return "不是数值", "is not a number"
    if parameter.type == "boolean" and text.lower() not in BOOLEANS:
        return "须为 true 或 false", "must be true or false"
    if parameter.type == "date" and not is_date(text):
        return "不是日期（YYYY-MM-DD）", "is not a date (YYYY-MM-DD)"
    return None


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar in the form the serving tables hold."""
    try:
        return bool(DATE.fullmatch(text)) and date.fromisoformat(text) is not None
    except ValueError:
        return False


def read_parameters(service: ServiceSpec, given: Mapping[str, Any]) -> dict[str, str]:
    """The call's parameters as checked texts. Raises BadParameter for a missing, unknown or wrong one."""
    known = {parameter.name: parameter for parameter in service.parameters}
    for name in given:
        if name not in known:
            raise BadParameter(
                name=str(name)[:60], fault="服务没有该参数", fault_en="the service has no such parameter"
            )
    values: dict[str, str] = {}
    for name, parameter in known.items():
        value = given.get(name)
        if value is None or value == "":
            if parameter.required:
                raise BadParameter(name=name, fault="必填", fault_en="is required")
            continue
        values[name] = read_value(parameter, value)
    need_one(known, values, compare=False)
    if service.shape == "verify":
        need_one(known, values, compare=True)
    return values


def read_value(parameter: ParameterSpec, value: Any) -> str:
    """One value as the serving table holds it. Raises BadParameter."""
    if isinstance(value, bool) and parameter.type == "boolean":
        return str(int(value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadParameter(name=parameter.name, fault="须为文本或数值", fault_en="must be a text or a number")
    text = str(value).strip()
    fault = fault_of(parameter, text)
    if fault is not None:
        raise BadParameter(name=parameter.name, fault=fault[0], fault_en=fault[1])
    return BOOLEANS[text.lower()] if parameter.type == "boolean" else text


def need_one(known: Mapping[str, ParameterSpec], values: Mapping[str, str], *, compare: bool) -> None:
    """A call searches by at least one parameter, and a verification compares at least one."""
    if not any(known[name].compare is compare for name in values):
        names = "/".join(name for name, parameter in known.items() if parameter.compare is compare)
        raise BadParameter(name=names, fault="至少填写一项", fault_en="at least one is required")


def pick_fields(service: ServiceSpec, asked: Sequence[str] | None, granted: Sequence[str]) -> tuple[str, ...]:
    """The fields to answer with: those asked for, which must be granted, else all granted ones.

    A granted field that the version in force no longer has is not answered with.
    """
    offered = {field.name for field in service.fields}
    granted = [name for name in granted if name in offered]
    if not granted:
        raise FieldNotGranted(fields="*")
    if not asked:
        return tuple(granted)
    extra = [str(name)[:60] for name in asked if name not in granted]
    if extra:
        raise FieldNotGranted(fields=", ".join(extra))
    return tuple(dict.fromkeys(asked))


class Executor:
    """One service over one serving file, opened read-only once a thread."""

    def __init__(self, service: ServiceSpec, directory: Path, *, salt: str = "", marking: bytes = b"") -> None:
        self.service = service
        self._marker = Marker(marking, service.entry_uid) if marking and service.key else None
        self._key = "".join(f", {quote(column)}" for column in service.key) if self._marker else ""
        self.path = directory / service.table_file
        self._local = threading.local()
        self._masked = {
            field.name: f"{mask_sql(Mask(field.mask), field.column, 'sqlite', salt=salt)} AS {quote(field.name)}"
            for field in service.fields
        }

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            if not self.path.is_file():
                raise TableMissing(sid=self.service.sid)
            connection = sqlite3.connect(f"file:{self.path}?mode=ro&immutable=1", uri=True, check_same_thread=False)
            add_functions(connection)
            self._local.connection = connection
        return connection

    def _where(self, values: Mapping[str, str]) -> tuple[str, list[str]]:
        columns = {parameter.name: parameter for parameter in self.service.parameters}
        names = [name for name in values if not columns[name].compare]
        clause = " AND ".join(f"{quote(columns[name].column)} = ?" for name in names)
        return clause, [values[name] for name in names]

    def run(self, values: Mapping[str, str], fields: Sequence[str]) -> Answer:
        """Answer a call with checked parameters and granted fields. Raises TableMissing."""
        try:
            return self._verify(values) if self.service.shape == "verify" else self._query(values, fields)
        except sqlite3.Error as fault:
            self._local.connection = None
            raise TableMissing(sid=self.service.sid) from fault

    def _query(self, values: Mapping[str, str], fields: Sequence[str]) -> Answer:
        clause, bound = self._where(values)
        chosen = ", ".join(self._masked[name] for name in fields) + self._key
        sql = f"SELECT {chosen} FROM {quote(self.service.table)} WHERE {clause} LIMIT {int(self.service.row_cap)}"  # noqa: S608
        rows = self._connection().execute(sql, bound).fetchall()
        # The key columns stand behind the fields; they make the marks and do not leave.
        return Answer([dict(zip(fields, row, strict=False)) for row in rows], None, self._marks(rows, len(fields)))

    def _marks(self, rows: Sequence[Sequence[Any]], start: int) -> tuple[str, ...]:
        if self._marker is None or not rows:
            return ()
        return self._marker.of_rows([row[start:] for row in rows[:MOST_MARKS]])

    def _verify(self, values: Mapping[str, str]) -> Answer:
        clause, bound = self._where(values)
        compared = [
            parameter for parameter in self.service.parameters if parameter.compare and parameter.name in values
        ]
        columns = (", ".join(quote(parameter.column) for parameter in compared) or "1") + self._key
        sql = f"SELECT {columns} FROM {quote(self.service.table)} WHERE {clause} LIMIT 20"  # noqa: S608
        rows = self._connection().execute(sql, bound).fetchall()
        if not rows:
            return Answer(None, "no_record")
        wanted = [values[parameter.name] for parameter in compared]
        same = any(all(same_text(value, text) for value, text in zip(row, wanted, strict=False)) for row in rows)
        return Answer(None, "match" if same else "mismatch", self._marks(rows, max(1, len(compared))))


def same_text(value: Any, text: str) -> bool:
    """Whether a stored value is the given text; letters of either case, blanks around it ignored."""
    return value is not None and str(value).strip().casefold() == text.strip().casefold()
