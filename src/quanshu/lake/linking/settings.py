"""How records are compared, as data: comparisons with their levels, blockings, and probabilities to begin with.

Settings are a mapping that goes into JSON:
- `comparisons`: each with `output_column_name`, and `comparison_levels` in the form of Splink: `sql_condition` over
  `<column>_l` and `<column>_r`, `label_for_charts` (the words of the evidence), `m_probability`, `u_probability`,
  `fix_u_probability` where sampling cannot tell, `tf_adjustment_column` where rare values weigh more.
- `blocking`: pairs are compared that agree on all expressions of a rule; `training`: rules by which m is estimated.
- `certain`: conditions that hold for hardly any but records of one party; how often they hold says how likely two
  records match at all. `certain_share`: the share of all matches that they find.
- `distinct`: the column whose equal values mean one party, to keep matches out of the sample of non-matches, or None.

The probabilities stand for values that the records are too few to tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quanshu.lake.linking.types import PartyKind

Settings = Mapping[str, Any]
# Values and their weights travel in the model; a value shared by fewer parties would tell of a person.
FREQUENT = 10
MOST_FREQUENT = 3_000


def level(
    label: str, condition: str, m: float, u: float, *, rare: str | None = None, fix_u: bool = False
) -> dict[str, Any]:
    """One level of agreement; `rare` names the column whose rare values weigh more."""
    made: dict[str, Any] = {
        "label_for_charts": label,
        "sql_condition": condition,
        "m_probability": m,
        "u_probability": u,
    }
    if rare:
        made |= {"tf_adjustment_column": rare, "tf_minimum_u_value": 1e-7}
    return made | ({"fix_u_probability": True} if fix_u else {})


def unknown(condition: str) -> dict[str, Any]:
    """The level of pairs of which one side says nothing."""
    return {"label_for_charts": "not known", "sql_condition": condition, "is_null_level": True}


def comparison(name: str, *levels: Mapping[str, Any]) -> dict[str, Any]:
    """What one attribute says; the first level that holds counts."""
    return {"output_column_name": name, "comparison_levels": list(levels)}


def missing(column: str) -> dict[str, Any]:
    """The level of pairs of which one side has no such value."""
    return unknown(f"{column}_l IS NULL OR {column}_r IS NULL")


def equal(column: str) -> str:
    """The condition that both sides have the same value."""
    return f"{column}_l = {column}_r"


def agree(columns: Sequence[str]) -> str:
    """A blocking rule as a condition between l and r: they agree on every expression."""
    return " AND ".join(f"l.{column} = r.{column}" for column in columns)


_IDENTIFIER = comparison(
    "identifier",
    missing("identity"),
    level("same number", "identity_l = identity_r", 0.95, 1e-8, fix_u=True),
    # Only a number whose check character is wrong can be a mistyped one.
    level(
        "one character differs, one number is not valid",
        "(identifier_l IS NULL OR identifier_r IS NULL) AND damerau_levenshtein(identity_l, identity_r) <= 1",
        0.03,
        2e-8,
        fix_u=True,
    ),
    level(
        "two characters differ, one number is not valid",
        "(identifier_l IS NULL OR identifier_r IS NULL) AND damerau_levenshtein(identity_l, identity_r) = 2",
        0.005,
        1e-6,
        fix_u=True,
    ),
    level("other number, one is not valid", "identifier_l IS NULL OR identifier_r IS NULL", 0.005, 0.01),
    level("other number", "ELSE", 0.0005, 0.99),
)
_PLACE = comparison(
    "address",
    unknown("(address_l IS NULL OR address_r IS NULL) AND (division_l IS NULL OR division_r IS NULL)"),
    level("same address", "address_l = address_r", 0.7, 1e-4),
    level("same community", "division_l = division_r AND right(division_l, 6) <> '000000'", 0.05, 1e-3),
    level("same county", "left(division_l, 6) = left(division_r, 6)", 0.12, 0.1),
    level("other place", "ELSE", 0.13, 0.89),
)
_PHONE = comparison(
    "phone",
    missing("phone"),
    level("same number", equal("phone"), 0.85, 1e-5, rare="phone"),
    level("one digit differs", "damerau_levenshtein(phone_l, phone_r) <= 1", 0.02, 1e-5),
    level("other number", "ELSE", 0.13, 0.99),
)

PERSON: Settings = {
    "comparisons": [
        _IDENTIFIER,
        comparison(
            "name",
            missing("name"),
            level("same name", equal("name"), 0.96, 5e-4, rare="name"),
            level("same sound", equal("name_sound"), 0.01, 3e-4),
            level("one character differs", "length(name_l) > 2 AND levenshtein(name_l, name_r) <= 1", 0.015, 3e-3),
            level("same surname", equal("surname"), 0.01, 0.04),
            level("other name", "ELSE", 0.005, 0.956),
        ),
        comparison(
            "birth_date",
            missing("birth_date"),
            level("same day", equal("birth_date"), 0.98, 4e-5),
            level("one digit differs", "damerau_levenshtein(birth_date_l, birth_date_r) <= 1", 0.01, 2e-3),
            level("same year", "left(birth_date_l, 4) = left(birth_date_r, 4)", 0.005, 0.015),
            level("other day", "ELSE", 0.005, 0.983),
        ),
        comparison("sex", missing("sex"), level("same", equal("sex"), 0.995, 0.5), level("other", "ELSE", 0.005, 0.5)),
        _PHONE,
        _PLACE,
    ],
    "blocking": {
        "identifier": ["identity"],
        "name and birth date": ["name", "birth_date"],
        "phone": ["phone", "surname"],
        "sound of name and division": ["name_sound", "division"],
        "address and surname": ["address", "surname"],
        "name and first half of number": ["name", "left(identity, 9)"],
        "name and second half of number": ["name", "right(identity, 9)"],
        "birth date and address": ["birth_date", "address"],
    },
    "training": [["identity"], ["name", "birth_date"], ["phone", "surname"], ["address", "surname"]],
    "certain": ["l.identity = r.identity", "l.name = r.name AND l.birth_date = r.birth_date"],
    "certain_share": 0.9,
    "distinct": "identifier",
    "probability": 1e-5,
}

ENTERPRISE: Settings = {
    "comparisons": [
        _IDENTIFIER,
        comparison(
            "name",
            missing("name"),
            level("same name", equal("full_name"), 0.9, 1e-4, rare="full_name"),
            level("same name, other place or form", equal("name"), 0.06, 5e-4),
            level("name much alike", "jaro_winkler_similarity(name_l, name_r) >= 0.9", 0.02, 2e-3),
            level("other name", "ELSE", 0.02, 0.997),
        ),
        comparison(
            "representative",
            missing("representative"),
            level("same name", equal("representative"), 0.93, 5e-4, rare="representative"),
            level("other name", "ELSE", 0.07, 0.9995),
        ),
        _PHONE,
        _PLACE,
    ],
    "blocking": {
        "identifier": ["identity"],
        "name": ["full_name"],
        "name without place": ["name", "left(division, 6)"],
        "representative and county": ["representative", "left(division, 6)"],
        "phone": ["phone"],
        "address": ["address"],
    },
    "training": [["identity"], ["full_name"], ["phone"], ["address"]],
    "certain": ["l.identity = r.identity", "l.full_name = r.full_name AND l.representative = r.representative"],
    "certain_share": 0.9,
    "distinct": "identifier",
    "probability": 1e-5,
}

SHIPPED: Mapping[PartyKind, Settings] = {PartyKind.PERSON: PERSON, PartyKind.ENTERPRISE: ENTERPRISE}
# Every word of evidence of the shipped settings, for whoever translates them.
LEVELS = tuple(
    dict.fromkeys(
        found["label_for_charts"]
        for shipped in SHIPPED.values()
        for compared in shipped["comparisons"]
        for found in compared["comparison_levels"]
    )
)


def rare_columns(settings: Settings) -> list[str]:
    """Columns whose rare values weigh more."""
    levels = (found for compared in settings["comparisons"] for found in compared["comparison_levels"])
    return sorted({found["tf_adjustment_column"] for found in levels if "tf_adjustment_column" in found})
