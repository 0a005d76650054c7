"""Words of linking: what is known of a party, where records come from, and what a comparison found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import pyarrow as pa


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
    `one_row_each` says that the source keeps one row for a party, so that two of its rows in one group are a
    conflict. A table that names two parties a row (a marriage) is two sources.
    """

    name: str
    table: str
    keys: tuple[str, ...]
    columns: Mapping[Attribute, str]
    version: int | None = None
    one_row_each: bool = False


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


@dataclass(frozen=True, slots=True)
class Prepared:
    """What `prepare_records` did: the table of standardised records, and which records differ from before.

    `touched` has the columns `record` and `change` (`new`, `changed` or `gone`). `versions` says which version of
    its table each source was read at; pass it as `since` next time. `counts` is the number of records by source.
    `unreadable` counts by source the identifiers that were there but are not valid.
    """

    table: str
    version: int
    versions: Mapping[str, int]
    counts: Mapping[str, int]
    unreadable: Mapping[str, int]
    touched: pa.Table
    unchanged: int

    def records(self, *changes: str) -> tuple[str, ...]:
        """Records with one of these changes, all touched ones when none is named."""
        rows = zip(self.touched["record"].to_pylist(), self.touched["change"].to_pylist(), strict=True)
        return tuple(record for record, change in rows if not changes or change in changes)

    @property
    def new(self) -> tuple[str, ...]:
        """Records that were not there before."""
        return self.records("new")

    @property
    def changed(self) -> tuple[str, ...]:
        """Records whose content differs from before."""
        return self.records("changed")

    @property
    def gone(self) -> tuple[str, ...]:
        """Records whose row is no longer in its source."""
        return self.records("gone")


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A blocking value that too many records share: its pairs were not compared. The value itself is not told."""

    blocking: str
    values: int
    records: int


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs above the threshold, how many were compared, and what the guard against skew left out.

    `pairs` has the columns left, right, probability, and evidence: a list of (attribute, level, weight).
    `left` is smaller than `right`; rows are ordered by them.
    """

    pairs: pa.Table
    compared: int
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class RecordInfo:
    """What grouping must know of a record: its source, its valid identifier if it has one, and whether its
    source declares that it keeps one row for a party."""

    record: str
    source: str
    identifier: str | None = None
    one_row_each: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """A steward's word: two records are (`same`) or are not of one party. Of two on one pair the later holds."""

    left: str
    right: str
    same: bool


class Conflict(StrEnum):
    """Why a link was not made, or a group must be looked at."""

    DECIDED_APART = "decided_apart"
    TWO_IDENTIFIERS = "two_identifiers"
    SAME_SOURCE = "same_source"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Cut:
    """A link above the threshold that was not made, and why."""

    left: str
    right: str
    probability: float
    reason: Conflict


@dataclass(frozen=True, slots=True)
class Review:
    """Records of one group that a steward must look at, and why."""

    records: tuple[str, ...]
    reason: Conflict


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of records, each sorted, ordered by their first record; links cut; groups to review.

    Every record of `records_info` is in one group, alone where nothing links it.
    """

    groups: tuple[tuple[str, ...], ...]
    cuts: tuple[Cut, ...]
    reviews: tuple[Review, ...]


@dataclass(frozen=True, slots=True)
class FusionCounts:
    """Records by source; parties that two sources share, by the sources' names in order; pairs by level."""

    records: Mapping[str, int]
    overlaps: Mapping[tuple[str, str], int]
    pairs: Mapping[str, int]
