"""Records of several sources, standardised into one table of the lake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from quanshu.lake import Lake, engine
from quanshu.lake.linking import standard
from quanshu.lake.linking.types import PartyKind, Prepared, RecordSource
from quanshu.lake.schema import literal, need_columns, quote

# What the digest covers: a record is changed when one of these differs.
ATTRIBUTES = (
    *("identifier", "identifier_raw", "name", "full_name", "name_sound", "surname", "birth_date", "sex"),
    *("phone", "division", "address", "representative"),
)
COLUMNS = ("record", "source", "key", *ATTRIBUTES, "digest")
NAMES_AT_ONCE = 50_000


def prepare_records(
    lake: Lake,
    sources: Sequence[RecordSource],
    *,
    kind: PartyKind,
    into: str,
    since: Mapping[str, int] | None = None,
    commit: Mapping[str, str] | None = None,
) -> Prepared:
    """Read the sources' tables and keep their records, standardised, in the table `into` (made when not there).

    Columns of `into`, all text: `record` (source and keys, stable), `source`, `key` (JSON of the keys), `digest` of
    the content, `identifier` (valid ones only; 18 characters), `identifier_raw` (those that are not valid), `name`,
    `full_name` (of an enterprise, with place and legal form), `name_sound` (pinyin of a person's name), `surname`,
    `birth_date` (ISO), `sex` (1 male, 2 female), `phone` (last 11 digits), `division` (12 digits), `address` (cut at
    the last number), `representative`; None where nothing is known.

    `since` names the version of its table at which a source was last prepared (`Prepared.versions`): a source whose
    table has not changed since is not read again. Records of sources that are not named are gone. Rows without a key,
    and rows with neither name nor identifier, are passed over; rows that repeat a key count once. Raises
    `lake.no_table`, `lake.missing_column` and `lake.no_version`.
    """
    with lake.loading(into), lake.connect() as connection:
        known = lake.exists(into)
        versions = {source.name: _version(lake, source) for source in sources}
        stale = [source for source in sources if not known or (since or {}).get(source.name) != versions[source.name]]
        _make_empty(connection)
        for place, source in enumerate(stale):
            _read(lake, connection, source, kind, f"source_{place}")
        _standardise(connection, kind)
        _compare(lake, connection, into if known else None, sources, stale)
        version = _write(lake, connection, into, known, commit)
        return _told(lake, connection, into, version, versions)


def _version(lake: Lake, source: RecordSource) -> int:
    need_columns(lake.schema(source.table, source.version).names, [*source.keys, *source.columns.values()])
    return lake.version(source.table) if source.version is None else source.version


def _make_empty(connection: duckdb.DuckDBPyConnection) -> None:
    read = ("identity", "name", "full_name", "born", "sex_told", "phone", "division", "address", "representative")
    columns = ", ".join(f"{quote(name)} VARCHAR" for name in ("record", "source", "key", *read))
    connection.execute(f"CREATE TEMP TABLE told ({columns})")


def _read(lake: Lake, connection: duckdb.DuckDBPyConnection, source: RecordSource, kind: PartyKind, alias: str) -> None:
    """Add the rows of a source, their attributes in standard form."""
    lake.register(connection, source.table, version=source.version, alias=alias)
    texts = [f"CAST({quote(key)} AS VARCHAR)" for key in source.keys]
    escaped = [f"replace(replace({text}, '\\', '\\\\'), '|', '\\|')" for text in texts]
    record = f"{literal(source.name + ':')} || " + " || '|' || ".join(escaped)
    packed = ", ".join(f"{quote(key)} := {text}" for key, text in zip(source.keys, texts, strict=True))
    forms = ", ".join(standard.expressions(source.columns, kind).values())
    filled = " AND ".join(f"{text} IS NOT NULL" for text in texts)
    connection.execute(
        f"INSERT INTO told SELECT {record}, {literal(source.name)}, CAST(to_json(struct_pack({packed})) AS VARCHAR),"
        f" {forms} FROM {quote(alias)} WHERE {filled}"
    )


def _standardise(connection: duckdb.DuckDBPyConnection, kind: PartyKind) -> None:
    """Work out what follows from the attributes: validity, sound, surname, birth date and sex from the ID, digest."""
    person = kind is PartyKind.PERSON
    _sounds(connection, kind)
    valid = standard.valid_identifier("identity", kind)
    inside = "CASE WHEN length(valid) = 18 THEN " if person else "CASE WHEN false THEN "
    inside_day = f"{inside} substr(valid, 7, 4) || '-' || substr(valid, 11, 2) || '-' || substr(valid, 13, 2) END"
    inside_sex = f"{inside} CASE WHEN substr(valid, 17, 1) IN ('1', '3', '5', '7', '9') THEN '1' ELSE '2' END END"
    surname = standard.surname("name") if person else "CAST(NULL AS VARCHAR)"
    content = ", ".join(f"coalesce({quote(name)}, '\\')" for name in ATTRIBUTES)
    connection.execute(
        f"""
        CREATE TEMP TABLE incoming AS
        WITH checked AS (SELECT *, {valid} AS valid FROM told LEFT JOIN sounds USING (name)),
        whole AS (
            SELECT record, source, key, valid AS identifier,
                CASE WHEN valid IS NULL THEN identity END AS identifier_raw,
                name, full_name, name_sound, {surname} AS surname,
                coalesce(born, {inside_day}) AS birth_date, coalesce(sex_told, {inside_sex}) AS sex,
                phone, division, address, representative
            FROM checked
        )
        SELECT *, md5(concat_ws('|', {content})) AS digest FROM whole
        WHERE identifier IS NOT NULL OR identifier_raw IS NOT NULL OR name IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY record ORDER BY digest) = 1
        """
    )
    connection.execute("DROP TABLE told")


def _sounds(connection: duckdb.DuckDBPyConnection, kind: PartyKind) -> None:
    connection.execute("CREATE TEMP TABLE sounds (name VARCHAR, name_sound VARCHAR)")
    if kind is not PartyKind.PERSON:
        return
    connection.execute("CREATE TEMP TABLE names AS SELECT DISTINCT name FROM told WHERE name IS NOT NULL")
    total = connection.execute("SELECT count(*) FROM names").fetchall()[0][0]
    for start in range(0, total, NAMES_AT_ONCE):
        end = start + NAMES_AT_ONCE
        rows = connection.execute(f"SELECT name FROM names WHERE rowid >= {start} AND rowid < {end}").fetchall()
        names = [row[0] for row in rows]
        heard = pa.table({"name": names, "name_sound": [standard.name_sound(name) for name in names]})
        connection.register("heard", heard)
        connection.execute("INSERT INTO sounds SELECT name, name_sound FROM heard")
        connection.unregister("heard")
    connection.execute("DROP TABLE names")


def _compare(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    stored: str | None,
    sources: Sequence[RecordSource],
    stale: Sequence[RecordSource],
) -> None:
    """Say of every record whether it is new, changed, gone or the same."""
    if stored is None:
        connection.execute("CREATE TEMP VIEW stored AS SELECT * FROM incoming WHERE false")
    else:
        lake.register(connection, stored, alias="stored")
    kept = ", ".join(literal(name) for name in {s.name for s in sources} - {s.name for s in stale}) or "NULL"
    connection.execute(
        f"""
        CREATE TEMP TABLE compared AS
        SELECT coalesce(incoming.record, stored.record) AS record,
            CASE WHEN stored.record IS NULL THEN 'new'
                WHEN incoming.record IS NULL THEN CASE WHEN stored.source IN ({kept}) THEN 'same' ELSE 'gone' END
                WHEN incoming.digest <> stored.digest THEN 'changed' ELSE 'same' END AS change
        FROM incoming FULL JOIN stored ON incoming.record = stored.record
        """
    )


def _write(
    lake: Lake,
    connection: duckdb.DuckDBPyConnection,
    into: str,
    known: bool,
    commit: Mapping[str, str] | None,
) -> int:
    columns = ", ".join(f"incoming.{quote(name)}" for name in COLUMNS)
    touched = f"SELECT {columns} FROM incoming JOIN compared USING (record) WHERE change IN ('new', 'changed')"
    counted = connection.execute("SELECT change, count(*) FROM compared GROUP BY change").fetchall()
    counts = dict(counted)
    if not known:
        return lake.append(into, engine.reader(connection, touched), commit=commit)
    if counts.get("new", 0) + counts.get("changed", 0):
        lake.upsert(into, engine.reader(connection, touched), ["record"], commit=commit)
    if counts.get("gone", 0):
        gone = connection.sql("SELECT record FROM compared WHERE change = 'gone'").to_arrow_table()
        lake.delete(into, gone, commit=commit)
    return lake.version(into)


def _told(
    lake: Lake, connection: duckdb.DuckDBPyConnection, into: str, version: int, versions: Mapping[str, int]
) -> Prepared:
    lake.register(connection, into, version=version, alias="written")
    counted = connection.execute(
        "SELECT source, count(*), count(identifier_raw) FROM written GROUP BY source ORDER BY source"
    ).fetchall()
    touched = connection.sql("SELECT record, change FROM compared WHERE change <> 'same' ORDER BY record")
    same = connection.sql("SELECT count(*) FROM compared WHERE change = 'same'")
    return Prepared(
        table=into,
        version=version,
        versions=versions,
        counts={source: records for source, records, _ in counted},
        unreadable={source: raw for source, _, raw in counted},
        touched=touched.to_arrow_table(),
        unchanged=int(same.fetchall()[0][0]),
    )
