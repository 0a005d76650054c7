"""What is checked and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class CheckKind(StrEnum):
    """Kinds of rule. An empty value is tested by `required` alone; the others pass over it."""

    REQUIRED = "required"
    CODE_LIST = "code_list"
    PATTERN = "pattern"
    RANGE = "range"
    CITIZEN_ID = "citizen_id"
    USCC = "uscc"
    DATE_ORDER = "date_order"
    UNIQUE = "unique"
    REFERENCE = "reference"
    LENGTH = "length"
    REGION_CODE = "region_code"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"
    DEPENDENCY = "dependency"
    CONSISTENCY = "consistency"
    PREDICATE = "predicate"
    FRESHNESS = "freshness"
    ROW_COUNT = "row_count"


ACROSS_ROWS = frozenset({CheckKind.UNIQUE, CheckKind.REFERENCE, CheckKind.DEPENDENCY, CheckKind.CONSISTENCY})
# Rules of the table as a whole: tested once, and a failure names no row.
OF_TABLE = frozenset({CheckKind.FRESHNESS, CheckKind.ROW_COUNT})


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One rule. Parameters by kind: code_list {codes}, pattern {pattern}, range {min, max} (numbers or ISO
    dates), reference {table, column}, length {min, max} in characters, region_code {codes} of six digits, consistency
    {table, key, column}, predicate {expression}, freshness {days}, row_count {min, max}. date_order names the earlier
    column first, birth_date the ID first, dependency the column that decides first, consistency the key first."""

    id: str
    kind: str
    columns: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Rows a rule looked at, and rows that failed it."""

    tested: int
    failed: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that failed: its key as texts in the order of the key columns, and the value at fault."""

    key: tuple[str | None, ...]
    value: str | None


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a run over one version of a table found. `passed` counts rows that failed no rule."""

    table: str
    version: int
    keys: tuple[str, ...]
    rows: int
    passed: int
    results: Mapping[str, CheckResult]
    failures: Mapping[str, tuple[Failure, ...]]
