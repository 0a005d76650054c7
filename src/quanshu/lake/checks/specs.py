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


ACROSS_ROWS = frozenset({CheckKind.UNIQUE, CheckKind.REFERENCE})


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """One rule. Parameters by kind: code_list {codes}, pattern {pattern}, range {min, max} (numbers or ISO
    dates), reference {table, column}; date_order names the earlier column first."""

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
