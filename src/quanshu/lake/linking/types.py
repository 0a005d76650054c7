"""Words of linking: what is known of a party, where records come from, and what a comparison found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PartyKind(StrEnum):
    """What a record is about."""

    PERSON = "person"
    ENTERPRISE = "enterprise"


class Attribute(StrEnum):
    """What a source may tell of a party. `IDENTIFIER` is the citizen ID (GB 11643) or credit code (GB 32100)."""

    IDENTIFIER = "identifier"
    NAME = "name"
    BIRTH_DATE = "birth_date"
    SEX = "sex"
    PHONE = "phone"
    DIVISION = "division"
    ADDRESS = "address"
    REPRESENTATIVE = "representative"


@dataclass(frozen=True, slots=True)
class RecordSource:
    """A table of the lake whose rows are records of parties: `columns` maps attributes to its columns.

    `name` is short, stable and unique; `keys` name a row; `version` is the table's version, None for the newest.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    columns: Mapping[Attribute, str]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class LinkModel:
    """A trained model, kept as JSON: settings of comparisons with their m- and u-probabilities
    (Fellegi and Sunter 1969), the chance that two records taken at random match, and what it was trained on."""

    kind: PartyKind
    settings: Mapping[str, Any]
    trained_on: int
    seed: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one attribute said about a pair: the level of agreement in words, and its weight in bits
    (log2 of the Bayes factor; above zero speaks for a match)."""

    attribute: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records and how probable it is that they are of one party, with the weight of each attribute."""

    left: str
    right: str
    probability: float
    evidence: tuple[Evidence, ...] = field(default=())
