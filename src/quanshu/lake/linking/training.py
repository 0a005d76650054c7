"""A model of how records of one party agree, estimated from the records themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

import duckdb

from quanshu.lake import Lake
from quanshu.lake.linking.settings import FREQUENT, MOST_FREQUENT, SHIPPED, Settings, agree, rare_columns
from quanshu.lake.linking.splinking import link, open_records, plain_failures, trained
from quanshu.lake.linking.types import LinkModel, PartyKind
from quanshu.lake.schema import quote

SEED = 20260101
SAMPLED_PAIRS = 1_000_000
TRAINING_PAIRS = 500_000
# Fewer pairs than this tell nothing of probabilities; fewer parties are no sample.
FEW_PAIRS = 100
FEW_PARTIES = 500
DIGITS = 9
# Rounds of EM, and whether the share of matches in the block is held. Where all pairs of a block match, the share
# comes to one and probabilities to nothing, which Splink refuses; then the share is held, with ever fewer rounds.
ATTEMPTS = ((25, False), (25, True), (6, True), (2, True))
Levels = list[dict[str, Any]]


def train(
    lake: Lake,
    records: str,
    kind: PartyKind,
    *,
    seed: int = SEED,
    settings: Settings | None = None,
    version: int | None = None,
) -> LinkModel:
    """Estimate a model from the records table: u by random sampling, m by EM over several blockings, frequencies of
    values (only of those that many parties share; rare ones are held equally rare).

    The same records, seed and settings give the same model. `settings` are the shipped ones of the kind when None;
    their form is told in `settings.py`. Probabilities that the records are too few to tell stay as shipped. Raises
    `lake.no_table`, and `lake.linking_failed` when the settings do not fit the table.
    """
    model = deepcopy(dict(settings or SHIPPED[kind]))
    with lake.connect() as connection, plain_failures():
        open_records(lake, connection, records, version)
        connection.execute("CREATE TEMP TABLE compared AS SELECT * FROM records ORDER BY record")
        total = _count(connection, "compared")
        apart = _parties(connection, model, seed)
        model["frequencies"] = {column: _frequencies(connection, column) for column in rare_columns(model)}
        if total >= FEW_PARTIES:
            _sample(connection, model, seed)
            # One thread adds up in one order, so that the same records give the same sums to the last bit.
            connection.execute("SET threads = 1")
            _expect(connection, model)
            if not apart:
                _without_matches(model)
                _expect(connection, model)
    return LinkModel(kind, model, total, seed)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _parties(connection: duckdb.DuckDBPyConnection, model: Settings, seed: int) -> bool:
    """Make `parties`, one record of each party as far as its identifier tells; whether there are enough of them."""
    distinct = model["distinct"]
    if distinct:
        connection.execute(
            f"CREATE TEMP TABLE parties AS SELECT * FROM compared WHERE {quote(distinct)} IS NOT NULL QUALIFY"
            f" row_number() OVER (PARTITION BY {quote(distinct)} ORDER BY md5(record || '{int(seed)}'), record) = 1"
        )
        if _count(connection, "parties") >= FEW_PARTIES:
            return True
    connection.execute("CREATE OR REPLACE TEMP TABLE parties AS SELECT * FROM compared")
    return False


def _frequencies(connection: duckdb.DuckDBPyConnection, column: str) -> dict[str, Any]:
    """How often the frequent values occur among parties, and how often each of the others does on average."""
    name = quote(column)
    counted = f"SELECT {name} AS value, count(*) AS parties FROM parties WHERE {name} IS NOT NULL GROUP BY {name}"
    values = connection.execute(
        f"SELECT value, parties FROM ({counted}) WHERE parties >= {FREQUENT} ORDER BY parties DESC, value"
        f" LIMIT {MOST_FREQUENT}"
    ).fetchall()
    different, told = connection.execute(f"SELECT count(*), coalesce(sum(parties), 0) FROM ({counted})").fetchall()[0]
    if not told:
        return {"values": {}, "others": None}
    others = float(told - sum(parties for _, parties in values)) / max(1, different - len(values))
    return {
        "values": {str(value): round(parties / float(told), DIGITS) for value, parties in values},
        "others": round(max(1.0, others) / float(told), DIGITS + 3),
    }


def _sample(connection: duckdb.DuckDBPyConnection, model: dict[str, Any], seed: int) -> None:
    """u: how often two parties taken at random agree."""
    linker, _ = link(connection, "parties", model)
    linker.training.estimate_u_using_random_sampling(
        max_pairs=SAMPLED_PAIRS, seed=seed, min_count_per_level=None, num_chunks=1
    )
    found = trained(linker)
    for ours, theirs in _levels(model, found):
        _take(ours, theirs, "u_probability")


def _expect(connection: duckdb.DuckDBPyConnection, model: dict[str, Any]) -> None:
    """How likely two records match, and m: how often two records of one party agree."""
    linker, _ = link(connection, "compared", model)
    try:
        linker.training.estimate_probability_two_random_records_match(model["certain"], model["certain_share"])
        likely = float(trained(linker)["probability_two_random_records_match"])
        model["probability"] = round(likely, DIGITS + 3) if 0 < likely < 0.5 else model["probability"]
    except ValueError:
        # More pairs are certain than the share allows: the records hold hardly anything but one party.
        return
    rules = [agree(columns) for columns in model["training"] if _pairs(connection, columns) >= FEW_PAIRS]
    estimates: dict[int, list[list[float]]] = defaultdict(list)
    for rule in rules:
        for place, (before, after) in enumerate(_levels(model, _session(connection, model, rule))):
            given, found = ([one.get("m_probability") for one in levels] for levels in (before, after))
            told = [one for one in found if isinstance(one, float)]
            # A comparison over a column of the rule keeps what it was given.
            if found != given and len(told) == len(given):
                estimates[place].append(told)
    for place, (ours, _) in enumerate(_levels(model, model)):
        if estimates[place]:
            means = [sum(column) / len(column) for column in zip(*estimates[place], strict=True)]
            _take(ours, [{"m_probability": mean} for mean in means], "m_probability")


def _session(connection: duckdb.DuckDBPyConnection, model: Settings, rule: str) -> Mapping[str, Any]:
    """The settings after EM over the pairs of one rule."""
    from splink.internals.exceptions import SplinkException

    for rounds, held in ATTEMPTS:
        linker, _ = link(connection, "compared", model, max_iterations=rounds)
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                rule,
                estimate_without_term_frequencies=True,
                fix_probability_two_random_records_match=held,
                max_pairs=TRAINING_PAIRS,
                record_sample_proportion=0.1,
            )
        except (ValueError, SplinkException):
            continue
        return trained(linker)
    return model


def _pairs(connection: duckdb.DuckDBPyConnection, columns: Iterable[str]) -> int:
    keys = ", ".join(columns)
    counted = f"SELECT count(*) AS n FROM compared GROUP BY {keys} HAVING count(*) > 1 AND count(({keys})) > 1"
    return int(connection.execute(f"SELECT coalesce(sum(n * (n - 1) / 2), 0) FROM ({counted})").fetchall()[0][0])


def _levels(model: Settings, found: Mapping[str, Any]) -> list[tuple[Levels, Levels]]:
    """The levels of each comparison, ours beside those estimated, without the one of unknown values."""

    def known(settings: Mapping[str, Any]) -> list[Levels]:
        return [
            [one for one in compared["comparison_levels"] if not one.get("is_null_level")]
            for compared in settings["comparisons"]
        ]

    return list(zip(known(model), known(found), strict=True))


def _take(ours: Levels, theirs: Levels, name: str) -> None:
    """Take over what was estimated, never below a tenth of what was shipped, and make the sum one again."""
    fixed = f"fix_{name}"
    for one, other in zip(ours, theirs, strict=True):
        found = other.get(name)
        if isinstance(found, float) and not one.get(fixed):
            one[name] = max(found, one[name] / 10 if name == "m_probability" else 1e-9)
    free = [one for one in ours if not one.get(fixed)]
    left = 1.0 - sum(one[name] for one in ours if one.get(fixed))
    total = sum(one[name] for one in free)
    for one in free:
        one[name] = round(one[name] * left / total, DIGITS + 3)


def _without_matches(model: dict[str, Any]) -> None:
    """Take out of u the pairs of one party that a random sample holds: u = (seen - p·m) / (1 - p)."""
    likely = model["probability"]
    for ours, theirs in _levels(model, model):
        corrected = [
            {"u_probability": max((one["u_probability"] - likely * one["m_probability"]) / (1 - likely), 1e-8)}
            for one in theirs
        ]
        _take(ours, corrected, "u_probability")
