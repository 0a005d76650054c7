"""What the registry of identities is told: its sources, how values are chosen, what counts as evidence of life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from quanshu.lake.linking.types import Attribute, PartyKind

IDENTIFIER_COLUMN = {PartyKind.PERSON: "citizen_id", PartyKind.ENTERPRISE: "uscc"}
COLUMN = {Attribute.DIVISION: "division_code", Attribute.REPRESENTATIVE: "representative_name"}
RESULTS = ("links", "identities", "pairs", "lookup", "golden", "map", "evidence", "life")


class Survivor(StrEnum):
    """Which value of an attribute stands: by the sources' order then freshness, the most frequent, the longest."""

    SOURCE = "source"
    FREQUENT = "frequent"
    LONGEST = "longest"


class Says(StrEnum):
    DEAD = "dead"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Origin:
    """A source's table at a version: {attribute: column}, the column of freshness, whether it keeps one row a party."""

    name: str
    table: str
    version: int
    keys: tuple[str, ...]
    columns: Mapping[str, str]
    fresh: str = ""
    one_row: bool = False


@dataclass(frozen=True, slots=True)
class SurvivorRule:
    """How the value of one attribute is chosen; `order` names sources, the best first, where it is not the common
    one."""

    attribute: str
    how: Survivor = Survivor.SOURCE
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceKind:
    """A kind of evidence as data: what it says, how far it is believed (0 to 100), for how many days it says that
    somebody is alive (None: for ever), and how many days it may lag behind a death without contradicting it."""

    name: str
    says: Says
    reliability: int
    fresh_days: int | None = None
    grace_days: int = 0
    dates_death: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceSpec:
    """Rows of a source that tell of life or death: of which kind, on which date, and for which values of a column."""

    source: str
    kind: str
    column: str
    where: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """One run's work. Its tables are its own: `<prefix>_<what>__<suffix>`, of the sorts in `RESULTS`.

    `records` is the table of standardised records that linking keeps, read at `records_version`. `dates_differ` is
    by how many days two dates of death may differ.
    """

    kind: PartyKind
    sources: tuple[Origin, ...]
    prefix: str
    suffix: str
    records: str
    records_version: int
    salt: str
    survivors: Mapping[str, SurvivorRule] = field(default_factory=dict)
    evidence: tuple[EvidenceSpec, ...] = ()
    kinds: Mapping[str, EvidenceKind] = field(default_factory=dict)
    dates_differ: int = 3

    def table(self, what: str) -> str:
        """The run's table of a sort."""
        return f"{self.prefix}_{what}__{self.suffix}"

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Attributes that some source tells of, in their common order."""
        return attributes_of([source.columns for source in self.sources])

    def column(self, attribute: Attribute) -> str:
        """What the attribute is called in the golden table."""
        return golden_column(self.kind, attribute)

    def order(self, attribute: str) -> Sequence[str]:
        """The names of the sources, best first, for an attribute."""
        rule = self.survivors.get(attribute)
        first = rule.order if rule else ()
        return (*first, *(source.name for source in self.sources if source.name not in first))

    def source(self, name: str) -> Origin:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)


def attributes_of(columns: Sequence[Mapping[str, str]]) -> tuple[Attribute, ...]:
    """Attributes that some source tells of, in their common order."""
    told = {name for one in columns for name in one}
    return tuple(attribute for attribute in Attribute if attribute in told)


def golden_column(kind: PartyKind, attribute: Attribute) -> str:
    """What an attribute is called in a golden table."""
    if attribute is Attribute.IDENTIFIER:
        return IDENTIFIER_COLUMN[kind]
    return COLUMN.get(attribute, attribute.value)
