"""What the synthetic city is made of: tables, rules, planted errors and scores, as plain values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

ROW_RULES = ("required", "code_list", "pattern", "range", "citizen_id", "uscc", "date_order")
RULE_KINDS = (*ROW_RULES, "unique", "reference")
INTAKE = "intake"
FUSION = "fusion"


@dataclass(frozen=True, slots=True)
class Column:
    """One column as the department holds it.

    `required` is structural: intake refuses a row without it, so only keys carry it. A column that ought to
    be filled has a `required` quality rule instead, and its empty rows land and are reported.
    `grade` follows GB/T 43697: general-1 to general-4, important, core.
    `mask` is how a service shows the column by default.
    """

    name: str
    title: str
    title_en: str
    type: str = "string"
    required: bool = False
    max_length: int | None = None
    precision: int | None = None
    scale: int | None = None
    code_list: str | None = None
    grade: str = "general-2"
    personal: bool = False
    mask: str = "none"


@dataclass(frozen=True, slots=True)
class Rule:
    """A quality rule that the steward of the table would set.

    Parameters by kind: code_list `{"code_list": name, "codes": [...]}`; pattern `{"pattern": regex}`;
    range `{"min": n, "max": n}`; reference `{"source", "table", "column"}`; the other kinds have none.
    `date_order` names the earlier column first. Empty values are tested by `required` only.
    """

    kind: str
    columns: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a source system: where it lies, what it holds, how it is checked and shared."""

    name: str
    title: str
    title_en: str
    abstract: str
    abstract_en: str
    file: str
    format: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    sheet: str | None = None
    encoding: str | None = None
    update_cycle: str = "daily"
    share_type: int = 2
    share_condition: str = ""
    share_condition_en: str = ""
    rows: int = 0

    def position(self, column: str) -> int:
        """The index of a column in a row."""
        return next(i for i, c in enumerate(self.columns) if c.name == column)


@dataclass(frozen=True, slots=True)
class Source:
    """A source system and the unit that runs it."""

    name: str
    title: str
    title_en: str
    unit: str
    unit_name: str
    unit_name_en: str
    unit_code: str
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table:
        """The table of that name."""
        return next(t for t in self.tables if t.name == name)


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of a code list."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class ErrorRates:
    """How often each kind of error is planted, as a share of the rows that could carry it.

    Rates of the rule kinds count per rule: a table with two citizen-ID columns gets them twice.
    """

    id_typo: float = 0.002
    id_swapped: float = 0.002
    id_missing: float = 0.0
    missing_value: float = 0.003
    outside_code: float = 0.002
    malformed_phone: float = 0.004
    malformed_code: float = 0.002
    out_of_range: float = 0.002
    date_reversed: float = 0.002
    bad_uscc: float = 0.004
    dangling_reference: float = 0.002
    duplicate_record: float = 0.003
    duplicate_key: float = 0.001
    unreadable_value: float = 0.0005
    stale_row: float = 0.02
    stale_register: float = 0.05
    late_death: float = 0.05
    differing_address: float = 0.03
    name_variant: float = 0.005
    missing_record: float = 0.02
    visit_after_death: float = 0.05

    @classmethod
    def none(cls) -> "ErrorRates":
        """A city without a single planted error."""
        return cls(**{f.name: 0.0 for f in fields(cls)})

    @classmethod
    def weak_ids(cls, share: float) -> "ErrorRates":
        """The usual city, but this share of all citizen IDs is missing (half of it) or wrong."""
        return cls(id_missing=share / 2, id_typo=share / 4, id_swapped=share / 4)


class Truth(NamedTuple):
    """One planted error.

    `column` joins the columns of a rule over several with commas. `detectable_by` is the kind of the rule
    that should report it, `intake` when the row cannot land at all, or `fusion` when only a comparison
    between sources shows it. For `unique`, `original` is the key of the row that the planted one repeats.
    """

    source: str
    table: str
    key: str
    column: str
    kind: str
    original: str
    planted: str
    detectable_by: str


class Identity(NamedTuple):
    """Whom a row names: `person` is the number of the resident whose citizen ID stands, or would, in `column`, or
    the registration number of the enterprise or organisation whose credit code does."""

    source: str
    table: str
    key: str
    column: str
    person: str


class Finding(NamedTuple):
    """A row that a quality rule (or intake) reported."""

    source: str
    table: str
    key: str
    column: str
    kind: str


@dataclass(frozen=True, slots=True)
class KindScore:
    """Planted errors, those found, and findings right and wrong, of one rule kind."""

    planted: int = 0
    found: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def precision(self) -> float:
        """Right findings among all findings; 1 when nothing was reported."""
        reported = self.right + self.wrong
        return self.right / reported if reported else 1.0

    @property
    def recall(self) -> float:
        """Found errors among planted ones; 1 when nothing was planted."""
        return self.found / self.planted if self.planted else 1.0

    def __add__(self, other: "KindScore") -> "KindScore":
        return KindScore(
            self.planted + other.planted,
            self.found + other.found,
            self.right + other.right,
            self.wrong + other.wrong,
        )


@dataclass(frozen=True, slots=True)
class Score:
    """How well findings match the truth file.

    `overall` covers the rule kinds; `intake` refusals are counted apart, and `fusion_only` says how many
    planted errors no single-source rule could see. `missed` and `unfounded` list examples for the steward.
    """

    overall: KindScore
    by_kind: Mapping[str, KindScore]
    intake: KindScore
    fusion_only: int
    missed: tuple[Truth, ...]
    unfounded: tuple[Finding, ...]

    @property
    def precision(self) -> float:
        """Overall precision of the quality rules."""
        return self.overall.precision

    @property
    def recall(self) -> float:
        """Overall recall of the quality rules."""
        return self.overall.recall


@dataclass(frozen=True, slots=True)
class CityManifest:
    """Everything a node needs to know to catalogue, take in and check the city's sources."""

    root: Path
    residents: int
    seed: int
    today: str
    sources: tuple[Source, ...]
    code_lists: Mapping[str, tuple[Code, ...]]
    rates: ErrorRates
    planted: Mapping[str, int]

    @property
    def truth(self) -> Path:
        """The file that lists every planted error."""
        return self.root / "truth.csv"

    @property
    def identities(self) -> Path:
        """The file that says which resident each row is about."""
        return self.root / "identities.csv"

    def source(self, name: str) -> Source:
        """The source of that name."""
        return next(s for s in self.sources if s.name == name)

    def path(self, table: Table) -> Path:
        """Where the table's file lies."""
        return self.root / table.file

    def write(self) -> Path:
        """Write `manifest.json` into the city's folder."""
        content = asdict(self)
        del content["root"]
        target = self.root / "manifest.json"
        target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return target


def _table(data: dict[str, Any]) -> Table:
    columns = tuple(Column(**c) for c in data.pop("columns"))
    rules = tuple(Rule(r["kind"], tuple(r["columns"]), r["params"]) for r in data.pop("rules"))
    return Table(**{**data, "key": tuple(data["key"])}, columns=columns, rules=rules)


def load_manifest(root: Path) -> CityManifest:
    """Read the manifest of a generated city from its folder."""
    data = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    sources: Sequence[dict[str, Any]] = data.pop("sources")
    lists: dict[str, list[dict[str, str]]] = data.pop("code_lists")
    return CityManifest(
        root=root,
        sources=tuple(Source(**{**s, "tables": tuple(_table(t) for t in s["tables"])}) for s in sources),
        code_lists={name: tuple(Code(**c) for c in codes) for name, codes in lists.items()},
        rates=ErrorRates(**data.pop("rates")),
        **data,
    )
