"""Hosted rows, read from the lake: a page, one row, a row as it was."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from quanshu.kernel.ciphers import suite
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.masking import Mask, mask_sql, mask_value
from quanshu.lake.schema import quote, sql_type
from quanshu.shared.keys import node_key
from quanshu.supply.catalogue.api import Entry, ItemData, items_of, key_columns
from quanshu.supply.hosting import rules
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.types import ChangeKind, HostingNotFound, Row, Values
from quanshu.supply.lake_store import get_lake

KEY_NAME = "hosting"


def text_of(value: Any) -> str | None:
    """A stored value as the text that lands as the same value."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def as_json(values: Values) -> bytes:
    """Values as the bytes that are sealed and marked: sorted, without blanks."""
    return json.dumps(dict(values), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def mark_of(agreement_uid: str, what: str, values: Values) -> str:
    """A keyed digest of values: equal for equal values, and of no use to those who try values out."""
    return suite("intl").hmac(node_key(KEY_NAME), f"{agreement_uid}/{what}/".encode() + as_json(values)).hex()


def tag_of(agreement: Agreement, key: Values) -> str:
    """What names a row in the history without telling its key."""
    return mark_of(agreement.uid, "row", key)


def seal(agreement: Agreement, content: Mapping[str, Any]) -> str:
    """Content under the node's key, bound to the agreement, fit for an address."""
    sealed = suite("intl").seal(node_key(KEY_NAME), json.dumps(content).encode(), agreement.uid.encode())
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(agreement: Agreement, text: str) -> dict[str, Any]:
    """What was sealed. Raises `hosting.not_found` for anything else."""
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found: dict[str, Any] = json.loads(
            suite("intl").open(node_key(KEY_NAME), sealed, agreement.uid.encode()).decode()
        )
    except (QuanshuError, ValueError, binascii.Error) as fault:
        raise HostingNotFound from fault
    return found


def token_of(agreement: Agreement, key: Values) -> str:
    """A row's address: its key may be personal, so it does not stand in addresses in clear."""
    return seal(agreement, {"key": dict(key)})


def open_token(agreement: Agreement, token: str) -> dict[str, str | None]:
    """The key of a row's address. Raises `hosting.not_found`."""
    key: dict[str, str | None] = unseal(agreement, token).get("key", {})
    return key


def row_count(entry: Entry, version: int | None = None) -> int:
    """Rows of the entry's table; none while there is no table."""
    lake = get_lake()
    return lake.count(entry.lake_table, version) if lake.exists(entry.lake_table) else 0


def as_row(agreement: Agreement, stored: Mapping[str, Any], keys: Sequence[str]) -> Row:
    """A stored row as text with its mark."""
    values = {name: text_of(value) for name, value in stored.items()}
    return Row({name: values[name] for name in keys}, values, mark_of(agreement.uid, "base", values))


def read_row(agreement: Agreement, key: Values, version: int | None = None) -> Row | None:
    """The row of a key, as it is or as it was at a version; None when there is none."""
    lake, table = get_lake(), agreement.entry.lake_table
    keys = key_columns(agreement.entry)
    if not lake.exists(table) or set(key) != set(keys):
        return None
    schema = lake.schema(table, version)
    if not set(keys) <= set(schema.names):
        return None
    typed = {name: sql_type(name, schema.field(name).type) for name in keys}
    where = " AND ".join(f"{quote(name)} = TRY_CAST(? AS {typed[name]})" for name in keys)
    with lake.connect() as connection:
        lake.register(connection, table, version=version, alias="hosted")
        found = connection.execute(
            f"SELECT * FROM hosted WHERE {where} LIMIT 1",  # noqa: S608 - quoted names
            [key[name] for name in keys],
        ).fetchone()
    return as_row(agreement, dict(zip(schema.names, found, strict=True)), keys) if found else None


def find_row(agreement: Agreement, token: str) -> Row:
    """The row of an address. Raises `hosting.not_found`."""
    row = read_row(agreement, open_token(agreement, token))
    if row is None:
        raise HostingNotFound
    return row


def masked_values(items: Sequence[ItemData], values: Values, *, clear: bool) -> dict[str, str | None]:
    """A row's values in the order of the items; masked as graded unless they may be seen in clear."""
    shown = {}
    for item in items:
        value, mask = values.get(item.name), rules.mask_of(item)
        shown[item.name] = value if clear or mask is Mask.NONE else mask_value(mask, value)
    return shown


@dataclass(frozen=True)
class RowSet:
    """Hosted rows as a list page takes them: searched, sorted, counted, sliced. Rows are dictionaries of text.

    Without `clear`, values are masked in the query, and neither searched nor sorted by.
    """

    agreement: Agreement
    clear: bool
    words: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    ordered: bool = True

    @property
    def items(self) -> tuple[ItemData, ...]:
        return items_of(self.agreement.entry)

    def open_items(self) -> list[str]:
        """Columns that may be searched and sorted by: those shown in clear."""
        return [item.name for item in self.items if self.clear or rules.mask_of(item) is Mask.NONE]

    def search(self, text: str) -> RowSet:
        """Rows in which every word is found."""
        return replace(self, words=tuple(text.split()))

    def order_by(self, *names: str) -> RowSet:
        """Sorted by a column, `-` for backwards; columns that may not be sorted by are passed over."""
        allowed = set(self.open_items())
        return replace(self, order=tuple(name for name in names if name.lstrip("-") in allowed))

    def count(self) -> int:
        """How many rows fit."""
        if not self.words:
            return row_count(self.agreement.entry)
        return int(self.query("SELECT count(*) FROM ({rows}) found", [])[0][0]) if self.is_there() else 0

    def __getitem__(self, part: slice) -> list[dict[str, Any]]:
        start, stop = part.start or 0, part.stop
        return self.rows(limit=(stop - start) if stop is not None else None, offset=start)

    def iterator(self, chunk_size: int = 2000) -> Iterator[dict[str, Any]]:
        """Every row that fits, a stretch at a time."""
        at = 0
        while rows := self.rows(limit=chunk_size, offset=at):
            yield from rows
            at += len(rows)

    def is_there(self) -> bool:
        return get_lake().exists(self.agreement.entry.lake_table)

    def rows(self, *, limit: int | None, offset: int) -> list[dict[str, Any]]:
        """Rows with `_key` for their address."""
        if not self.is_there():
            return []
        cut = f" LIMIT {limit:d}" if limit is not None else ""
        found = self.query(f"{{rows}}{cut} OFFSET {offset:d}", self.keys())
        names, keys = [item.name for item in self.items], self.keys()
        rows = []
        for values in found:
            texts = [text_of(value) for value in values]
            row: dict[str, Any] = dict(zip(names, texts[: len(names)], strict=True))
            row["_key"] = dict(zip(keys, texts[len(names) :], strict=True))
            rows.append(row)
        return rows

    def keys(self) -> tuple[str, ...]:
        return key_columns(self.agreement.entry)

    def query(self, template: str, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        """Run a query over the rows that fit; `{rows}` stands for them."""
        lake, table = get_lake(), self.agreement.entry.lake_table
        stored = set(lake.schema(table).names)
        shown = [self.column(item, stored) for item in self.items]
        hidden = [f"{quote(name)} AS {quote('_key_' + name)}" for name in keys]
        searched = [name for name in self.open_items() if name in stored]
        one = " OR ".join(f"contains(lower(CAST({quote(name)} AS VARCHAR)), lower(?))" for name in searched) or "false"
        where = " AND ".join(f"({one})" for _word in self.words) or "true"
        order = [self.direction(name) for name in self.order if name.lstrip("-") in stored]
        order += [quote(name) for name in self.keys() if name in stored]
        rows = f"SELECT {', '.join([*shown, *hidden])} FROM hosted WHERE {where} ORDER BY {', '.join(order)}"  # noqa: S608
        values = [word for word in self.words for _name in searched]
        with lake.connect() as connection:
            lake.register(connection, table, alias="hosted")
            found: list[tuple[Any, ...]] = connection.execute(template.format(rows=rows), values).fetchall()
        return found

    def column(self, item: ItemData, stored: set[str]) -> str:
        """One column as it is shown."""
        if item.name not in stored:
            return f"NULL AS {quote(item.name)}"
        mask = rules.mask_of(item)
        if self.clear or mask is Mask.NONE:
            return f"hosted.{quote(item.name)} AS {quote('v_' + item.name)}"
        return f"{mask_sql(mask, item.name, 'duckdb')} AS {quote('v_' + item.name)}"

    def direction(self, name: str) -> str:
        return f"hosted.{quote(name.lstrip('-'))}" + (" DESC NULLS LAST" if name.startswith("-") else " NULLS LAST")


def history_of(agreement: Agreement, key: Values) -> list[Change]:
    """Changes of a row, newest first."""
    return list(agreement.changes.filter(row_tag=tag_of(agreement, key)))


def before_and_after(change: Change) -> tuple[Values | None, Values | None]:
    """What the row held before and after a change: from the lake's versions, or as proposed while it waits."""
    if change.kind == ChangeKind.UPLOAD:
        return None, None
    agreement, told = change.agreement, unseal(change.agreement, change.sealed)
    key: Values = told["key"]
    if change.version_after is None:
        now = read_row(agreement, key)
        return (now.values if now and change.kind != ChangeKind.ADD else None), told.get("values")
    if not get_lake().exists(agreement.entry.lake_table):
        return None, None
    before = read_row(agreement, key, change.version_before) if change.version_before is not None else None
    after = read_row(agreement, key, change.version_after)
    return (before.values if before else None), (after.values if after else None)


def key_table(entry: Entry, key: Values) -> pa.Table:
    """A key in the types of the entry's table, for deleting by it."""
    lake, keys = get_lake(), key_columns(entry)
    schema = lake.schema(entry.lake_table)
    with lake.connect() as connection:
        casts = ", ".join(f"CAST(? AS {sql_type(name, schema.field(name).type)}) AS {quote(name)}" for name in keys)
        found = connection.execute(f"SELECT {casts}", [key[name] for name in keys]).fetchone()
    fields = pa.schema([schema.field(name) for name in keys])
    return pa.Table.from_pylist([dict(zip(keys, found or (), strict=True))], schema=fields)
