"""What the sources tell of identities, as SQL over the views `links`, `records` and one view for each source.

`records` are the standardised records, `links` says which identity each record belongs to; a source's rows are in
the view `source_<its name>`.
"""

from __future__ import annotations

from collections.abc import Sequence

from quanshu.lake.linking.types import Attribute
from quanshu.lake.registry.plan import Origin, Plan, Survivor
from quanshu.lake.schema import literal, quote

VIEW = "source_"


def key_parts(keys: Sequence[str], alias: str) -> list[str]:
    """The parts of a record's key, from its JSON, in the order of the source's key columns."""
    return [f"json_extract_string({alias}.key, {literal('$.' + quote(key))})" for key in keys]


def joined(plan: Plan, source: Origin) -> str:
    """A source's rows (`s`) beside the links of their records (`l`) and what linking made of them (`r`)."""
    keys = source.keys
    same = " AND ".join(
        f"CAST(s.{quote(key)} AS VARCHAR) = k.{quote(f'key_{place}')}" for place, key in enumerate(keys)
    )
    parts = ", ".join(f"{part} AS {quote(f'key_{place}')}" for place, part in enumerate(key_parts(keys, "links")))
    return f"""(SELECT links.*, {parts} FROM links WHERE source = {literal(source.name)} AND NOT gone) k
        JOIN {quote(VIEW + source.name)} s ON {same} JOIN records r ON r.record = k.record"""


def told_sql(plan: Plan) -> str:
    """One row a record with what its source tells: identity, record, source, fresh, and every attribute as text."""
    rows = []
    for source in plan.sources:
        shown = []
        for attribute in plan.attributes:
            column = source.columns.get(attribute)
            value = "CAST(NULL AS VARCHAR)"
            if column is not None:
                value = f"nullif(trim(CAST(s.{quote(column)} AS VARCHAR)), '')"
            if column is not None and attribute is Attribute.IDENTIFIER:
                value = "r.identifier"
            shown.append(f"{value} AS {quote(attribute)}")
        fresh = f"CAST(s.{quote(source.fresh)} AS VARCHAR)" if source.fresh else "CAST(NULL AS VARCHAR)"
        rows.append(
            f"SELECT DISTINCT ON (k.record) k.identity, k.record, k.source, {fresh} AS fresh, {', '.join(shown)}"
            f" FROM {joined(plan, source)}"
        )
    return " UNION ALL ".join(f"({row})" for row in rows)


def rank_sql(plan: Plan, attribute: Attribute) -> str:
    """What orders the values of an attribute within an identity, the best first; over a view `told`."""
    order = plan.order(attribute)
    cases = " ".join(f"WHEN {literal(name)} THEN {place}" for place, name in enumerate(order))
    by_source = f"CASE source {cases} END, fresh DESC NULLS LAST, record"
    rule = plan.survivors.get(attribute)
    how = rule.how if rule else Survivor.SOURCE
    if how is Survivor.LONGEST:
        return f"length({quote(attribute)}) DESC, {by_source}"
    if how is Survivor.FREQUENT:
        return f"times DESC, {by_source}"
    return by_source


def values_sql(attribute: Attribute) -> str:
    """The records of `told` that have a value of an attribute, and how many of their identity's say the same."""
    name = quote(attribute)
    return f"""(SELECT identity, source, record, fresh, {name}, count(*) OVER (PARTITION BY identity, {name}) AS times
        FROM told WHERE {name} IS NOT NULL)"""


def golden_sql(plan: Plan) -> str:
    """One row an active identity: for each attribute the value that stands, how many records and sources tell of it."""
    parts, joins = [], []
    for place, attribute in enumerate(plan.attributes):
        name = quote(attribute)
        parts.append(f"v{place}.value AS {quote(plan.column(attribute))}")
        joins.append(
            f"LEFT JOIN (SELECT identity, {name} AS value FROM {values_sql(attribute)}"
            f" QUALIFY row_number() OVER (PARTITION BY identity ORDER BY {rank_sql(plan, attribute)}) = 1)"
            f" v{place} ON v{place}.identity = i.identity"
        )
    return f"""SELECT i.identity, {", ".join(parts)}, i.records, n.sources, CAST(i.since AS DATE) AS since
        FROM identities i
        LEFT JOIN (SELECT identity, count(DISTINCT source) AS sources FROM links WHERE NOT gone GROUP BY identity) n
            ON n.identity = i.identity
        {" ".join(joins)} WHERE i.state = 'active'"""


def ranked_sql(plan: Plan, attribute: Attribute) -> str:
    """The values of an attribute that records tell, the one that stands first: source, record, value, fresh."""
    name = quote(attribute)
    return f"""SELECT source, record, {name} AS value, fresh FROM {values_sql(attribute)}
        ORDER BY {rank_sql(plan, attribute)}"""


def kinds_sql(plan: Plan) -> str:
    """The rule set of life status as rows."""
    rows = ", ".join(
        f"({literal(kind.name)}, {literal(kind.says)}, {kind.reliability},"
        f" {'NULL' if kind.fresh_days is None else kind.fresh_days}, {kind.grace_days}, {kind.dates_death})"
        for kind in plan.kinds.values()
    )
    return f"(VALUES {rows}) kinds(kind, says, reliability, fresh_days, grace_days, dates_death)"


def evidence_sql(plan: Plan, today: str) -> str:
    """Evidence of life and death up to `today`: identity, record, source, kind, the day, and the kind's own data."""
    rows = []
    for spec in plan.evidence:
        source = plan.source(spec.source)
        column = quote(spec.column)
        where = [f"TRY_CAST(s.{column} AS DATE) <= DATE {literal(today)}"]
        if spec.where:
            values = ", ".join(literal(value) for value in spec.values)
            where.append(f"CAST(s.{quote(spec.where)} AS VARCHAR) IN ({values})")
        rows.append(
            f"SELECT k.identity, k.record, k.source, {literal(spec.kind)} AS kind,"
            f" TRY_CAST(s.{column} AS DATE) AS on_day FROM {joined(plan, source)} WHERE {' AND '.join(where)}"
        )
    if not rows:
        empty = "''"
        rows = [
            f"SELECT {empty} AS identity, {empty} AS record, {empty} AS source, {empty} AS kind,"
            " CAST(NULL AS DATE) AS on_day WHERE false"
        ]
    return f"SELECT e.*, kinds.* EXCLUDE (kind) FROM ({' UNION ALL '.join(rows)}) e JOIN {kinds_sql(plan)} USING (kind)"


def life_sql(plan: Plan, today: str) -> str:
    """One row an active identity, over the views `identities` and `evidence`: a rule of evidence as sets."""
    by_worth = "ORDER BY reliability DESC, on_day, source, kind"
    return f"""WITH dead AS (SELECT * FROM evidence WHERE says = 'dead'),
        alive AS (SELECT * FROM evidence WHERE says = 'alive'),
        clashes AS (
            SELECT d.identity, d.record AS dead_record, d.kind AS dead_kind, d.on_day AS dead_day, a.record, a.kind,
                a.source, a.on_day, a.reliability, a.reliability >= d.reliability AS fells
            FROM dead d JOIN alive a ON a.identity = d.identity AND a.on_day > d.on_day + CAST(a.grace_days AS INTEGER)
        ),
        standing AS (
            SELECT d.* FROM dead d ANTI JOIN (SELECT * FROM clashes WHERE fells) c
                ON c.identity = d.identity AND c.dead_record = d.record AND c.dead_kind = d.kind
                AND c.dead_day = d.on_day
            QUALIFY row_number() OVER (PARTITION BY d.identity {by_worth}) = 1
        ),
        latest AS (
            SELECT * FROM clashes QUALIFY row_number() OVER (
                PARTITION BY identity ORDER BY on_day DESC, reliability DESC, source DESC, kind DESC) = 1
        ),
        fresh AS (
            SELECT * FROM alive
            WHERE fresh_days IS NULL OR date_diff('day', on_day, DATE {literal(today)}) <= fresh_days
            QUALIFY row_number() OVER (
                PARTITION BY identity ORDER BY reliability DESC, on_day DESC, source, kind) = 1
        ),
        differ AS (
            SELECT identity FROM dead WHERE dates_death GROUP BY identity
            HAVING date_diff('day', min(on_day), max(on_day)) > {plan.dates_differ}
        ),
        counted AS (SELECT identity, count(*) AS pieces FROM evidence GROUP BY identity)
        SELECT i.identity,
            CASE WHEN s.identity IS NOT NULL THEN 'dead' WHEN d.identity IS NOT NULL THEN 'unknown'
                WHEN f.identity IS NOT NULL THEN 'alive' ELSE 'unknown' END AS status,
            CASE WHEN s.identity IS NOT NULL THEN s.on_day WHEN d.identity IS NOT NULL THEN c.on_day
                ELSE f.on_day END AS since,
            CASE WHEN s.identity IS NOT NULL THEN s.source WHEN d.identity IS NOT NULL THEN c.source
                ELSE f.source END AS by_source,
            CASE WHEN s.identity IS NOT NULL THEN s.kind WHEN d.identity IS NOT NULL THEN c.kind
                ELSE f.kind END AS by_kind,
            c.identity IS NOT NULL OR o.identity IS NOT NULL AS conflict, coalesce(n.pieces, 0) AS pieces
        FROM (SELECT identity FROM identities WHERE state = 'active') i
        LEFT JOIN standing s USING (identity) LEFT JOIN (SELECT DISTINCT identity FROM dead) d USING (identity)
        LEFT JOIN latest c USING (identity) LEFT JOIN fresh f USING (identity) LEFT JOIN differ o USING (identity)
        LEFT JOIN counted n USING (identity)"""
