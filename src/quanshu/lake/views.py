"""Views of a table for one receiver: only the allowed columns and rows, masked, kept fresh by the row's key.

A view is a table of its own with a change feed of its own. A refresh writes what differs and nothing else: rows
changed, rows new, and as deletions rows that are gone or no longer pass the filter. It equals a view built anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import pyarrow as pa
from deltalake.exceptions import DeltaError

from quanshu.lake import engine
from quanshu.lake.applying import OPERATION
from quanshu.lake.conditions import Condition, where_sql
from quanshu.lake.errors import NoVersion
from quanshu.lake.masking import Mask, mask_sql
from quanshu.lake.merging import number
from quanshu.lake.schema import literal, need_columns, quote
from quanshu.lake.tables import Lake

# The column that tells a view's rows apart where the key itself is not shown in clear: a salted hash of it.
ROW_KEY = "row_key"
SOURCE_NOTE, VERSION_NOTE = "source", "source_version"
# A refresh compares whole tables when more than this share of the source's rows has changed.
MOST_CHANGED = 0.3
# Files a view may have before they are joined into larger ones.
MOST_FILES = 24
KEY_SEPARATOR = "chr(31)"
CITY_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class ViewRefresh:
    """What a refresh did. `mode` is `built`, `changes` (by the source's change feed), `compared` or `none`.

    `source_version` is what the view now shows, `version` the view's own.
    """

    version: int
    source_version: int
    mode: str
    rows: int
    inserted: int = 0
    updated: int = 0
    deleted: int = 0


def materialise_view(
    lake: Lake,
    source_table: str,
    target_table: str,
    *,
    columns: Sequence[str],
    masks: Mapping[str, Mask],
    where: Sequence[Condition] = (),
    keys: Sequence[str] = (),
    salt: str = "",
    key_salt: str = "",
) -> ViewRefresh:
    """Bring `target_table` to show `source_table` as it is now: `columns` under `masks`, of the rows that pass `where`.

    `keys` tell the source's rows apart. Where one of them is masked or not among the columns, the view has the
    column `row_key`, a hash of the key under `key_salt`; `salt` is that of the mask `hash`. Without keys a view
    that differs is written anew. One target shows one definition: other columns, masks or conditions need another.
    Raises `lake.no_table`, `lake.missing_column`, `lake.bad_condition`, `lake.null_keys`, `lake.duplicate_keys`,
    `lake.schema_mismatch` (a column's type has changed in the source: build the view under another name).
    """
    with lake.loading(target_table):
        version = lake.version(source_table)
        schema = lake.schema(source_table, version)
        need_columns(schema.names, [*columns, *keys, *(condition.column for condition in where)])
        view = _View(
            schema,
            tuple(columns),
            {name: Mask(masks.get(name, Mask.NONE)) for name in columns},
            tuple(keys),
            where_sql(schema, where),
            salt,
            key_salt,
        )
        origin = f"{source_table}@{lake.identity(source_table)}"
        commit = {SOURCE_NOTE: origin, VERSION_NOTE: str(version)}
        since = shown_version(lake, target_table, origin) if lake.exists(target_table) else None
        if since == version:
            return ViewRefresh(lake.version(target_table), version, "none", lake.count(target_table))
        if not keys:
            return _rewritten(lake, source_table, version, target_table, view, commit)
        return _applied(lake, (source_table, since, version), target_table, view, commit)


def shown_version(lake: Lake, target_table: str, origin: str) -> int | None:
    """The source's version that a view was last written from; None when that was another table."""
    for found in reversed(lake.versions(target_table)):
        if SOURCE_NOTE in found.commit:
            same = found.commit[SOURCE_NOTE] == origin
            return int(found.commit[VERSION_NOTE]) if same else None
    return None


def tidy_view(lake: Lake, target_table: str, *, keep: int) -> None:
    """Join small files and remove files that only versions before the newest `keep` need; those end being readable."""
    files, _schema, _version = lake.files(target_table)
    if len(files) > MOST_FILES:
        lake.compact(target_table)
    lake.forget(target_table, keep=keep)


@dataclass(frozen=True, slots=True)
class _View:
    schema: pa.Schema
    columns: tuple[str, ...]
    masks: Mapping[str, Mask]
    keys: tuple[str, ...]
    where: str
    salt: str
    key_salt: str

    @property
    def hashed(self) -> bool:
        """Whether rows are told apart by a hash, because their key is not shown in clear."""
        return any(self.masks.get(key) is not Mask.NONE for key in self.keys)

    @property
    def target_keys(self) -> tuple[str, ...]:
        return (ROW_KEY,) if self.hashed else self.keys

    @property
    def key_sql(self) -> str:
        """The key columns of the target, computed from the source's."""
        if not self.hashed:
            return ", ".join(quote(key) for key in self.keys)
        text = f" || {KEY_SEPARATOR} || ".join(f"{quote(key)}::VARCHAR" for key in self.keys)
        return f"substr(sha256({literal(self.key_salt)} || {KEY_SEPARATOR} || {text}), 1, 32) AS {quote(ROW_KEY)}"

    @property
    def names(self) -> tuple[str, ...]:
        return (ROW_KEY, *self.columns) if self.hashed else self.columns

    def shown_sql(self, name: str) -> str:
        """A column as it is shown: masked; times without a zone, which few readers know, as the city time they are."""
        if self.masks[name] is not Mask.NONE:
            return f"{mask_sql(self.masks[name], name, 'duckdb', salt=self.salt)} AS {quote(name)}"
        kind = self.schema.field(name).type
        if pa.types.is_timestamp(kind) and kind.tz is None:
            return f"({quote(name)} AT TIME ZONE '{CITY_ZONE}') AS {quote(name)}"
        return quote(name)

    def rows_sql(self, of: str) -> str:
        """The rows that the view is to show of a source."""
        shown = [self.shown_sql(name) for name in self.columns]
        listed = ", ".join([self.key_sql, *shown] if self.hashed else shown)
        return f"SELECT {listed} FROM {of} WHERE {self.where}"


def _rewritten(
    lake: Lake, source: str, version: int, target: str, view: _View, commit: Mapping[str, str]
) -> ViewRefresh:
    """A view without keys: written anew unless it shows the same rows already."""
    with lake.connect() as connection:
        lake.register(connection, source, version=version, alias="source")
        rows = view.rows_sql("source")
        built = not lake.exists(target)
        if not built:
            lake.register(connection, target, alias="target")
            if _same(connection, rows, lake.schema(target).names, view.names):
                return ViewRefresh(lake.version(target), version, "none", lake.count(target))
        before = 0 if built else lake.count(target)
        written = lake.overwrite(target, engine.reader(connection, rows), commit=commit)
        count = lake.count(target)
        return ViewRefresh(written, version, "built" if built else "compared", count, inserted=count, deleted=before)


def _same(connection: duckdb.DuckDBPyConnection, rows: str, stored: Sequence[str], names: Sequence[str]) -> bool:
    if list(stored) != list(names):
        return False
    return not number(
        connection,
        f"SELECT count(*) FROM ((({rows}) EXCEPT ALL FROM target) UNION ALL (FROM target EXCEPT ALL ({rows})))",
    )


def _applied(
    lake: Lake,
    span: tuple[str, int | None, int],
    target: str,
    view: _View,
    commit: Mapping[str, str],
) -> ViewRefresh:
    """A view with keys: what differs, as one version."""
    source, since, version = span
    built = not lake.exists(target)
    with lake.connect() as connection:
        lake.register(connection, source, version=version, alias="source")
        changed = since is not None and _touched(lake, connection, source, since, version, view)
        with _wanted(lake, connection, target, view, built=built, changed=changed) as sql:
            counts = lake.apply(target, engine.reader(connection, sql), view.target_keys, commit=commit)
    differs = counts.inserted or counts.updated or counts.deleted
    mode = "built" if built else "none" if not differs else "changes" if changed else "compared"
    return ViewRefresh(
        counts.version, version, mode, lake.count(target), counts.inserted, counts.updated, counts.deleted
    )


def _touched(
    lake: Lake, connection: duckdb.DuckDBPyConnection, source: str, since: int, version: int, view: _View
) -> bool:
    """Bring the keys that the source's change feed names into `touched`; False when comparing is the better way."""
    try:
        feed = lake.change_stream(source, since, version, columns=view.keys)
    except (DeltaError, NoVersion):
        return False
    names = ", ".join(quote(key) for key in view.keys)
    connection.register("feed", feed)
    try:
        connection.execute(f"CREATE TEMP TABLE touched AS SELECT DISTINCT {names} FROM feed")
    except duckdb.Error:
        return False
    finally:
        connection.unregister("feed")
    return number(connection, "SELECT count(*) FROM touched") <= MOST_CHANGED * number(
        connection, "SELECT count(*) FROM source"
    )


@contextmanager
def _wanted(
    lake: Lake, connection: duckdb.DuckDBPyConnection, target: str, view: _View, *, built: bool, changed: bool
) -> Iterator[str]:
    """A query of the rows to be there ("U") and the keys to be gone ("D")."""
    of = "source"
    if changed:
        on = " AND ".join(f"s.{quote(key)} IS NOT DISTINCT FROM t.{quote(key)}" for key in view.keys)
        of = f"(SELECT s.* FROM source s SEMI JOIN touched t ON {on})"
    names = ", ".join(quote(name) for name in view.names)
    there = f"SELECT {names}, 'U' AS {OPERATION} FROM ({view.rows_sql(of)})"
    if built:
        yield there
        return
    connection.execute(f"CREATE TEMP TABLE wanted AS {there}")
    keys = ", ".join(quote(key) for key in view.target_keys)
    if changed:
        gone = f"SELECT {view.key_sql} FROM touched EXCEPT SELECT {keys} FROM wanted"
    else:
        lake.register(connection, target, alias="target")
        gone = f"SELECT {keys} FROM target EXCEPT SELECT {keys} FROM wanted"
    filled = " AND ".join(f"{quote(key)} IS NOT NULL" for key in view.target_keys)
    yield f"FROM wanted UNION ALL BY NAME SELECT *, 'D' AS {OPERATION} FROM ({gone}) WHERE {filled}"
