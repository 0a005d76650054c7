"""Reading the registry: one identity with its records, values and life; finding one by the hash of a value."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from quanshu.lake.linking.types import Attribute
from quanshu.lake.masking import Mask, mask_sql
from quanshu.lake.registry.plan import Plan
from quanshu.lake.registry.telling import VIEW, ranked_sql, told_sql
from quanshu.lake.schema import literal
from quanshu.lake.tables import Lake

Piece = Mapping[str, Any]
LOOKUPS = ("identifier", "name", "record")


@dataclass(frozen=True, slots=True)
class RecordRow:
    """A record of an identity: where it is from, why it is there, since when."""

    record: str
    source: str
    key: Mapping[str, str]
    how: str
    via: str
    probability: float
    since: str
    evidence: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """An identity as a run has it."""

    state: str
    since: str
    merged_into: str
    records: tuple[RecordRow, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a record tells; the first of its attribute stands."""

    attribute: str
    value: str
    source: str
    record: str
    fresh: str
    wins: bool


@dataclass(frozen=True, slots=True)
class LifeFound:
    """An identity's life status as a run worked it out, with its evidence, the newest first."""

    status: str
    since: date | None
    by_source: str
    by_kind: str
    conflict: bool
    evidence: tuple[Piece, ...] = ()


def read_identity(lake: Lake, plan: Plan, uid: str) -> Found | None:
    """The identity in a run's registry, or None."""
    with lake.connect() as connection:
        for what in ("identities", "links", "pairs"):
            lake.register(connection, plan.table(what), alias=what)
        states = connection.execute(
            "SELECT state, since, merged_into FROM identities WHERE identity = ?", [uid]
        ).fetchall()
        if not states:
            return None
        links = connection.execute(
            """SELECT l.record, l.source, l.key, l.how, l.via, l.probability, l.since, p.evidence
            FROM (SELECT * FROM links WHERE identity = ? AND NOT gone) l LEFT JOIN pairs p
                ON p."left" = least(l.record, l.via) AND p."right" = greatest(l.record, l.via)
            ORDER BY l.how = 'root' DESC, l.source, l.record""",
            [uid],
        ).fetchall()
    records = tuple(
        RecordRow(record, source, json.loads(key), how, via, probability, since, tuple(json.loads(evidence or "[]")))
        for record, source, key, how, via, probability, since, evidence in links
    )
    state, since, merged_into = states[0]
    return Found(state, since, merged_into, records)


@contextmanager
def told(lake: Lake, plan: Plan, where: str) -> Iterator[Any]:
    """A connection with `told` made of the links that a trusted condition names."""
    with lake.connect() as connection:
        lake.register(connection, plan.table("links"), alias="all_links")
        lake.register(connection, plan.records, version=plan.records_version, alias="records")
        for source in plan.sources:
            lake.register(connection, source.table, version=source.version, alias=VIEW + source.name)
        connection.execute(f"CREATE TEMP TABLE links AS SELECT * FROM all_links WHERE NOT gone AND {where}")
        connection.execute(f"CREATE TEMP TABLE told AS {told_sql(plan)}")
        yield connection


def read_values(lake: Lake, plan: Plan, uid: str) -> dict[Attribute, list[Value]]:
    """For each attribute the values that an identity's records tell, the one that stands first."""
    found = {}
    with told(lake, plan, f"identity = {literal(uid)}") as connection:
        for attribute in plan.attributes:
            rows = connection.execute(ranked_sql(plan, attribute)).fetchall()
            found[attribute] = [
                Value(attribute, value, source, record, fresh or "", place == 0)
                for place, (source, record, value, fresh) in enumerate(rows)
            ]
    return found


def read_records(lake: Lake, plan: Plan, records: Sequence[str]) -> dict[str, dict[str, str]]:
    """{record: {attribute: what its source tells}}, with the freshness of the row under `fresh`."""
    names = ", ".join(literal(record) for record in records) or "NULL"
    with told(lake, plan, f"record IN ({names})") as connection:
        table = connection.sql("SELECT * FROM told").to_arrow_table()
    return {row["record"]: {name: value or "" for name, value in row.items()} for row in table.to_pylist()}


def read_life(lake: Lake, plan: Plan, uid: str) -> LifeFound | None:
    """The life status of an identity; None where none is worked out."""
    if not lake.exists(plan.table("life")):
        return None
    with lake.connect() as connection:
        for what in ("life", "evidence"):
            lake.register(connection, plan.table(what), alias=what)
        rows = connection.execute(
            "SELECT status, since, by_source, by_kind, conflict FROM life WHERE identity = ?", [uid]
        ).fetchall()
        pieces = connection.execute(
            """SELECT kind, on_day, source, record, says, reliability FROM evidence WHERE identity = ?
            ORDER BY on_day DESC, reliability DESC, record""",
            [uid],
        ).fetchall()
    if not rows:
        return None
    names = ("kind", "on", "source", "record", "says", "reliability")
    status, since, by_source, by_kind, conflict = rows[0]
    evidence = tuple(dict(zip(names, piece, strict=True)) for piece in pieces)
    return LifeFound(status, since, by_source or "", by_kind or "", conflict, evidence)


def look_up(lake: Lake, plan: Plan, *, by: str, value: str, limit: int) -> list[str]:
    """Identities with exactly this identifier, name or record, found by the hash of the value."""
    hashed = mask_sql(Mask.HASH, "value", "duckdb", salt=plan.salt)
    with lake.connect() as connection:
        lake.register(connection, plan.table("lookup"), alias="lookup")
        rows = connection.execute(
            f"""SELECT DISTINCT identity FROM lookup WHERE attribute = ? AND digest =
            (SELECT {hashed} FROM (SELECT CAST(? AS VARCHAR) AS value)) ORDER BY 1 LIMIT {int(limit)}""",
            [by, value],
        ).fetchall()
    return [row[0] for row in rows]
