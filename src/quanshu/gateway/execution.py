"""A service compiled to SQL over its serving table. Masks are part of the query, so clear values do not travel."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from quanshu.gateway.marks import MOST_MARKS, Marker
from quanshu.gateway.snapshot import ParameterSpec, ServiceSpec
from quanshu.gateway.tables import Rows, Server, TableMissing, open_table, quote
from quanshu.kernel.errors import Forbidden, Invalid
from quanshu.lake.masking import Mask, mask_sql, stricter_of

__all__ = ["Answer", "Executor", "TableMissing", "pick_fields", "quote", "read_parameters"]

INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
BOOLEANS = {"true": "1", "1": "1", "false": "0", "0": "0"}
DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,10})?", re.ASCII)
# Rows that a verification compares with, and forms of a query that are kept.
MOST_COMPARED = 20
MOST_WRITTEN = 500
# (field, mask) pairs that a grant adds to the masks of its service.
Masks = tuple[tuple[str, str], ...]


class BadParameter(Invalid):
    code = "gateway.bad_parameter"


class FieldNotGranted(Forbidden):
    code = "gateway.field_not_granted"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service found: rows, or the result of a verification; of a composite also how each part fared."""

    data: list[dict[str, Any]] | None
    result: str | None
    marks: tuple[str, ...] = ()
    parts: tuple[Mapping[str, Any], ...] = ()

    @property
    def rows(self) -> int:
        return len(self.data) if self.data is not None else int(self.result == "match")


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


class Parameters:
    """The parameters of a service, ready to read calls with."""

    def __init__(self, service: ServiceSpec) -> None:
        self._known = {parameter.name: parameter for parameter in service.parameters}
        # A call searches by at least one parameter, and a verification compares at least one.
        sides = (False, True) if service.shape == "verify" else (False,)
        self._needed = [
            frozenset(name for name, parameter in self._known.items() if parameter.compare is side) for side in sides
        ]

    def read(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The call's parameters as checked texts. Raises BadParameter for a missing, unknown or wrong one."""
        known = self._known
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
        for names in self._needed:
            if names.isdisjoint(values):
                told = ", ".join(name for name in known if name in names)
                raise BadParameter(name=told, fault="至少填写一项", fault_en="at least one is required")
        return values


def read_parameters(service: ServiceSpec, given: Mapping[str, Any]) -> dict[str, str]:
    """The call's parameters as checked texts. Raises BadParameter for a missing, unknown or wrong one."""
    return Parameters(service).read(given)


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


@dataclass(frozen=True, slots=True)
class Form:
    """A query written once: what it is searched by, and the fields or compared parameters its rows hold in order."""

    sql: str
    searched: tuple[str, ...]
    chosen: tuple[str, ...]


class Executor:
    """One service over its serving table. Each query is written once and kept."""

    def __init__(
        self,
        service: ServiceSpec,
        directory: Path,
        *,
        salt: str = "",
        marking: bytes = b"",
        server: Server | None = None,
    ) -> None:
        self.service = service
        self.table = open_table(service.table_file, service.table, directory, server, sid=service.sid)
        self._marker = Marker(marking, service.entry_uid) if marking and service.key else None
        self._key = "".join(f", {quote(column)}" for column in service.key) if self._marker else ""
        self._parameters = Parameters(service)
        self._columns = {parameter.name: parameter.column for parameter in service.parameters}
        self._compared = frozenset(parameter.name for parameter in service.parameters if parameter.compare)
        self._salt = salt
        self._fields = {field.name: field for field in service.fields}
        self._all_of: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._forms: dict[tuple[tuple[str, ...], tuple[str, ...], Masks], Form] = {}

    def read(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The call's parameters, checked. Raises BadParameter."""
        return self._parameters.read(given)

    def asks(self, given: Mapping[str, Any], fields: Sequence[str] | None) -> Sequence[str]:
        """What a call asks for, by which its grant is chosen."""
        return fields or ()

    def pick(self, asked: Sequence[str], granted: Sequence[str]) -> tuple[str, ...]:
        """The fields to answer with; a verification has none. Raises FieldNotGranted."""
        if self.service.shape == "verify":
            return ()
        if asked:
            return pick_fields(self.service, asked, granted)
        names = tuple(granted)
        known = self._all_of.get(names)
        if known is None:
            known = pick_fields(self.service, (), names)
            if len(self._all_of) < MOST_WRITTEN:
                self._all_of[names] = known
        return known

    def run(
        self, values: Mapping[str, str], fields: Sequence[str], *, most: int | None = None, masks: Masks = ()
    ) -> Answer | Awaitable[Answer]:
        """Answer a call with checked parameters and granted fields: at once from a file, else an awaitable.

        `most` is the grant's cap of rows, under the service's own; `masks` hide more than the service's masks do.
        Raises TableMissing, at once or when awaited.
        """
        form = self.form(tuple(values), tuple(fields), masks)
        found = self.table.rows(form.sql, [values[name] for name in form.searched])
        if isinstance(found, list):
            return self.told(form, values, found, most)
        return self._later(form, values, found, most)

    def masked(self, name: str, masks: Masks) -> str:
        """A field as the query answers with it, under the stricter of its own mask and the grant's."""
        field = self._fields[name]
        mask = Mask(field.mask)
        for agreed in (Mask(text) for other, text in masks if other == name):
            mask = stricter_of(mask, agreed)
        return f"{mask_sql(mask, field.column, self.table.dialect, salt=self._salt)} AS {quote(name)}"

    def form(self, names: tuple[str, ...], fields: tuple[str, ...], masks: Masks = ()) -> Form:
        """The query for parameters of these names. There are few forms, as names come from the service alone."""
        known = self._forms.get((names, fields, masks))
        if known is not None:
            return known
        searched = tuple(name for name in names if name not in self._compared)
        if self.service.shape == "verify":
            chosen = tuple(name for name in self._columns if name in self._compared and name in names)
            columns, most = ", ".join(quote(self._columns[name]) for name in chosen) or "1", MOST_COMPARED
        else:
            chosen = fields
            columns, most = ", ".join(self.masked(name, masks) for name in fields), int(self.service.row_cap)
        where = " AND ".join(
            f"{quote(self._columns[name])} = {self.table.slot(number)}" for number, name in enumerate(searched, start=1)
        )
        sql = f"SELECT {columns}{self._key} FROM {self.table.source} WHERE {where} LIMIT {most}"  # noqa: S608
        form = Form(sql, searched, chosen)
        if len(self._forms) < MOST_WRITTEN:
            self._forms[names, fields, masks] = form
        return form

    def told(self, form: Form, values: Mapping[str, str], rows: Rows, most: int | None) -> Answer:
        """The answer the rows of a form make."""
        if self.service.shape != "verify":
            if most is not None:
                del rows[most:]
            # The key columns stand behind the fields; they make the marks and do not leave.
            data = [dict(zip(form.chosen, row, strict=False)) for row in rows]
            return Answer(data, None, self._marks(rows, len(form.chosen)))
        if not rows:
            return Answer(None, "no_record")
        wanted = [values[name] for name in form.chosen]
        same = any(all(map(same_text, row, wanted)) for row in rows)
        return Answer(None, "match" if same else "mismatch", self._marks(rows, max(1, len(wanted))))

    async def _later(self, form: Form, values: Mapping[str, str], rows: Awaitable[Rows], most: int | None) -> Answer:
        return self.told(form, values, await rows, most)

    def _marks(self, rows: Rows, start: int) -> tuple[str, ...]:
        if self._marker is None or not rows:
            return ()
        return self._marker.of_rows([row[start:] for row in rows[:MOST_MARKS]])


async def answer_later(found: Awaitable[Rows], answer: Callable[[Rows], Answer]) -> Answer:
    """The answer once the rows are here."""
    return answer(await found)


def same_text(value: Any, text: str) -> bool:
    """Whether a stored value is the given text; letters of either case, blanks around it ignored."""
    return value == text or (value is not None and str(value).strip().casefold() == text.strip().casefold())
