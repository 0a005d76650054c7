"""One run of the registry: what changed, the groups, and the run's own tables beside those in use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from quanshu.lake import engine
from quanshu.lake.linking import group
from quanshu.lake.linking.types import Decision, Grouping, RecordInfo
from quanshu.lake.masking import Mask, mask_sql
from quanshu.lake.registry.plan import Plan
from quanshu.lake.registry.telling import VIEW, evidence_sql, golden_sql, life_sql, told_sql
from quanshu.lake.schema import literal
from quanshu.lake.tables import Lake

_TEXT, _NUMBER = pa.string(), pa.float64()
PLACED = pa.schema(
    [*((name, _TEXT) for name in ("record", "identity", "how", "via")), ("probability", _NUMBER)],
)
LINKS = pa.schema(
    [
        *((name, _TEXT) for name in ("record", "source", "key", "identity", "how", "via")),
        ("probability", _NUMBER),
        *((name, _TEXT) for name in ("run", "since")),
        ("gone", pa.bool_()),
    ]
)
IDENTITIES = pa.schema(
    [*((name, _TEXT) for name in ("identity", "kind", "since", "state", "merged_into")), ("records", pa.int64())]
)
PAIRS = pa.schema([("left", _TEXT), ("right", _TEXT), ("probability", _NUMBER), ("evidence", _TEXT)])
_EVIDENCE = pa.list_(pa.struct([("attribute", _TEXT), ("level", _TEXT), ("weight", _NUMBER)]))
NO_PAIRS = pa.schema(
    [("left", _TEXT), ("right", _TEXT), ("probability", _NUMBER), ("evidence", _EVIDENCE)]
).empty_table()


class Near(NamedTuple):
    """A link between two records, and whether both carry the same valid identifier."""

    left: str
    right: str
    probability: float
    by_identifier: bool


class Turned(NamedTuple):
    """An identity that lost its last record (`ended`), or has records again (`active`)."""

    identity: str
    state: str
    records: int


class Workshop:
    """One run's connection, with views over what it reads: `records`, `old_links`, `old_identities`, `old_pairs` of
    the run in use, and one view for each source."""

    def __init__(self, lake: Lake, connection: Any, plan: Plan, *, before: Plan | None, now: str) -> None:
        """`now` is an ISO moment; `before` the plan of the run in use, None when there is none."""
        self.lake, self.connection, self.plan, self.before, self.now = lake, connection, plan, before, now
        lake.register(connection, plan.records, version=plan.records_version, alias="records")
        for name, schema in (("links", LINKS), ("identities", IDENTITIES), ("pairs", PAIRS)):
            if before is None:
                connection.register(f"old_{name}", schema.empty_table())
            else:
                lake.register(connection, before.table(name), alias=f"old_{name}")
        for source in plan.sources:
            lake.register(connection, source.table, version=source.version, alias=VIEW + source.name)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        found: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return found

    def write(self, what: str, sql: str) -> None:
        """Write the rows of a query as the run's table, and put a view of it under its name."""
        table = self.plan.table(what)
        self.lake.drop(table)
        self.lake.create(table, engine.reader(self.connection, sql), commit={"run": self.plan.suffix})
        self.lake.register(self.connection, table, alias=what)

    def list_view(self, name: str, values: Collection[str]) -> None:
        """A view with one text column `record`."""
        self.connection.register(name, pa.table({"record": pa.array(sorted(values), _TEXT)}))

    # -- what changed -------------------------------------------------------------------------------

    def find_touched(self, *, everything: bool) -> list[str] | None:
        """Records that are new or differ from those of the run in use; None when everything is looked at anew.

        Those that are gone are remembered with them.
        """
        self.connection.execute("CREATE TEMP TABLE touched (record VARCHAR, gone BOOLEAN)")
        if everything or self.before is None:
            return None
        version = self.before.records_version
        self.lake.register(self.connection, self.before.records, version=version, alias="old_records")
        self.connection.execute(
            """INSERT INTO touched SELECT coalesce(n.record, o.record), n.record IS NULL
            FROM records n FULL JOIN old_records o ON n.record = o.record
            WHERE n.record IS NULL OR o.record IS NULL OR n.digest <> o.digest"""
        )
        return [row[0] for row in self.rows("SELECT record FROM touched WHERE NOT gone ORDER BY 1")]

    def write_pairs(self, scored: pa.Table, *, everything: bool) -> None:
        """Keep the pairs of records that have not changed, and add those found now."""
        self.connection.register("scored", scored)
        kept = (
            "false"
            if everything
            else 'p."left" NOT IN (SELECT record FROM touched) AND p."right" NOT IN (SELECT record FROM touched)'
        )
        self.write(
            "pairs",
            f"""SELECT p."left", p."right", p.probability, p.evidence FROM old_pairs p WHERE {kept}
            UNION ALL
            SELECT "left", "right", probability, CAST(to_json(evidence) AS VARCHAR) AS evidence FROM scored""",
        )

    def find_scope(self, link_at: float, *, named: Collection[str], everything: bool) -> None:
        """The records whose groups may come out otherwise than before, in a table `scope`.

        These are the touched ones, those `named` by decisions, all records of their identities, and whatever a link
        joins to these.
        """
        if everything:
            self.connection.execute("CREATE TEMP TABLE scope AS SELECT record FROM records")
            return
        self.list_view("named", named)
        self.connection.execute("CREATE TEMP TABLE scope AS SELECT record FROM touched UNION SELECT record FROM named")
        grown, size = -1, 0
        while grown != size:
            grown = size
            self.connection.execute(
                f"""CREATE OR REPLACE TEMP TABLE scope AS
                SELECT record FROM scope
                UNION SELECT l.record FROM old_links l WHERE l.identity IN (
                    SELECT m.identity FROM old_links m JOIN scope USING (record))
                UNION SELECT p."right" FROM pairs p JOIN scope s ON s.record = p."left" WHERE p.probability >= {link_at}
                UNION SELECT p."left" FROM pairs p JOIN scope s ON s.record = p."right" WHERE p.probability >= {link_at}
                """
            )
            size = int(self.rows("SELECT count(*) FROM scope")[0][0])

    # -- groups and identities ----------------------------------------------------------------------

    def regroup(self, link_at: float, decisions: Sequence[Decision]) -> tuple[Grouping, list[Near]]:
        """Groups of the records in scope, and the links between them."""
        one_row = {source.name for source in self.plan.sources if source.one_row}
        rows = self.rows("SELECT r.record, r.source, r.identifier FROM records r JOIN scope USING (record)")
        infos = [RecordInfo(record, source, identifier, source in one_row) for record, source, identifier in rows]
        near = self.connection.sql(
            f"""SELECT p."left", p."right", p.probability FROM pairs p JOIN scope a ON a.record = p."left"
            JOIN scope b ON b.record = p."right" WHERE p.probability >= {link_at}"""
        ).to_arrow_table()
        known = {info.record: info.identifier for info in infos}
        columns = (near[name].to_pylist() for name in ("left", "right", "probability"))
        edges = [
            Near(left, right, probability, known.get(left) is not None and known.get(left) == known.get(right))
            for left, right, probability in zip(*columns, strict=True)
        ]
        return group(near, infos, threshold=link_at, decisions=decisions), edges

    def held_before(self) -> tuple[dict[str, str], dict[str, str]]:
        """{record in scope: its identity until now}, also of those gone; {such an identity: since when}."""
        before = dict(self.rows("SELECT l.record, l.identity FROM old_links l JOIN scope USING (record)"))
        since = self.rows(
            """SELECT identity, since FROM old_identities WHERE identity IN (
            SELECT l.identity FROM old_links l JOIN scope USING (record))"""
        )
        return before, dict(since)

    def write_links(self, placed: pa.Table, merged: dict[str, str]) -> None:
        """Every record with its identity and why it is there: those `placed` anew, the others as they were.

        `placed` has the columns of `PLACED`; `merged` is {identity: the one it went into}.
        """
        sides = {"identity": pa.array(merged.keys(), _TEXT), "into_identity": pa.array(merged.values(), _TEXT)}
        self.connection.register("merged", pa.table(sides))
        self.connection.register("placed", placed)
        run, now = literal(self.plan.suffix), literal(self.now)
        self.write(
            "links",
            f"""SELECT r.record, r.source, r.key, p.identity, p.how, p.via, p.probability,
                CASE WHEN o.identity = p.identity AND o.how = p.how AND o.via = p.via THEN o.run ELSE {run} END AS run,
                CASE WHEN o.identity = p.identity THEN o.since ELSE {now} END AS since, false AS gone
            FROM placed p JOIN records r ON r.record = p.record LEFT JOIN old_links o ON o.record = p.record
            UNION ALL
            SELECT o.record, o.source, o.key, coalesce(m.into_identity, o.identity), o.how, o.via, o.probability, o.run,
                o.since, o.gone OR n.record IS NULL AS gone
            FROM old_links o LEFT JOIN records n ON n.record = o.record
            LEFT JOIN merged m ON m.identity = o.identity
            WHERE o.record NOT IN (SELECT record FROM placed)""",
        )

    def write_identities(self) -> list[Turned]:
        """Every identity with its state; answers those that ended or returned, which the records tell."""
        kind, now = literal(self.plan.kind), literal(self.now)
        self.write(
            "identities",
            f"""WITH held AS (
                SELECT identity, count(*) FILTER (WHERE NOT gone) AS records FROM links GROUP BY identity
            ), known AS (
                SELECT identity, since, state, merged_into FROM old_identities
                UNION ALL SELECT identity, {now}, 'active', '' FROM held
                WHERE identity NOT IN (SELECT identity FROM old_identities)
            )
            SELECT k.identity, {kind} AS kind, k.since,
                CASE WHEN m.identity IS NOT NULL OR k.state = 'merged' THEN 'merged'
                    WHEN coalesce(h.records, 0) = 0 THEN 'ended' ELSE 'active' END AS state,
                coalesce(m.into_identity, k.merged_into) AS merged_into, coalesce(h.records, 0) AS records
            FROM known k LEFT JOIN held h ON h.identity = k.identity LEFT JOIN merged m ON m.identity = k.identity""",
        )
        turned = self.rows(
            """SELECT n.identity, n.state, n.records FROM identities n JOIN old_identities o USING (identity)
            WHERE o.state <> n.state AND n.state <> 'merged' ORDER BY 1"""
        )
        return [Turned(*row) for row in turned]

    # -- what is read by others ---------------------------------------------------------------------

    def write_products(self, today: str) -> None:
        """Golden records, the map of records to identities, look-ups by hash, evidence of life and life status."""
        self.connection.execute(f"CREATE TEMP TABLE told AS {told_sql(self.plan)}")
        self.write("golden", golden_sql(self.plan))
        self.write(
            "map",
            "SELECT source, key AS record_key, identity, how, probability, CAST(CAST(since AS TIMESTAMPTZ) AS DATE)"
            " AS since FROM links WHERE NOT gone",
        )
        hashed = mask_sql(Mask.HASH, "value", "duckdb", salt=self.plan.salt)
        known = "FROM records r JOIN links l ON l.record = r.record AND NOT l.gone"
        self.write(
            "lookup",
            f"""SELECT attribute, {hashed} AS digest, identity FROM (
                SELECT DISTINCT 'identifier' AS attribute, r.identifier AS value, l.identity {known}
                    WHERE r.identifier IS NOT NULL
                UNION SELECT DISTINCT 'name', r.name, l.identity {known} WHERE r.name IS NOT NULL
                UNION SELECT DISTINCT 'record', r.record, l.identity {known}
            ) ORDER BY digest""",
        )
        if self.plan.evidence:
            self.write("evidence", evidence_sql(self.plan, today))
            self.write("life", life_sql(self.plan, today))

    def figures(self) -> dict[str, Any]:
        """Counts of what the run gives: records by how and by source, identities by state, statuses of life."""
        how = dict(self.rows("SELECT how, count(*) FROM links WHERE NOT gone GROUP BY 1 ORDER BY 1"))
        shared = self.rows(
            "SELECT coalesce(sum(records), 0), count(*) FROM identities WHERE state = 'active' AND records > 1"
        )[0]
        found: dict[str, Any] = {
            "records": sum(how.values()),
            "how": how,
            "identities": dict(self.rows("SELECT state, count(*) FROM identities GROUP BY 1 ORDER BY 1")),
            "linked": int(shared[0]),
            "shared": int(shared[1]),
            "sources": dict(self.rows("SELECT source, count(*) FROM links WHERE NOT gone GROUP BY 1 ORDER BY 1")),
        }
        if self.plan.evidence:
            found["life"] = dict(self.rows("SELECT status, count(*) FROM life GROUP BY 1 ORDER BY 1"))
            found["life_conflicts"] = int(self.rows("SELECT count(*) FROM life WHERE conflict")[0][0])
        return found
