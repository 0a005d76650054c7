"""A rule set at the department: a file held against the contract and the rules exported from the platform."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from quanshu.kernel.errors import Invalid
from quanshu.lake.checks.specs import CheckKind, CheckSpec
from quanshu.lake.checks.waiting import check_waiting
from quanshu.lake.landing import ColumnSpec, read_csv, read_excel, split
from quanshu.lake.landing.types import ROW_NUMBER, DataType
from quanshu.lake.tables import Lake

FORMAT = "quanshu-rule-set"
# These look into other tables of the lake, which a department does not have.
NEED_THE_LAKE = frozenset({CheckKind.REFERENCE, CheckKind.CONSISTENCY})
EXAMPLES = 5


class BadRuleFile(Invalid):
    code = "lake.bad_rule_file"
    message = "%(file)s is no exported rule set: %(fault)s"
    remedy = "Export the set again on its page, “Export as a file”."


class UnknownFile(Invalid):
    code = "lake.unknown_file"
    message = "%(file)s cannot be checked: its ending is not known."
    remedy = "Use a .csv, .xlsx or .parquet file."


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """What one rule found: failing row numbers, the first few of them; `skipped` where it needs the lake."""

    name: str
    tested: int
    failed: int
    rows: tuple[int, ...] = ()
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file under a set: rows read, rows the contract refuses, rows that pass every rule."""

    rows: int
    refused: int
    passed: int
    threshold: float
    verdict: str
    rules: tuple[RuleFinding, ...]
    refusals: tuple[tuple[int, str, str], ...] = ()

    @property
    def pass_rate(self) -> float | None:
        """Rows that fit and pass / rows read."""
        return self.passed / self.rows if self.rows else None

    @property
    def ok(self) -> bool:
        """Whether it may be sent: nothing fails, or under “stop” no fewer rows pass than the threshold."""
        if self.verdict == "stop":
            return self.rows > 0 and self.passed / self.rows >= self.threshold
        return self.passed == self.rows and not any(rule.failed for rule in self.rules)


def read_rules(path: Path) -> dict[str, Any]:
    """An exported rule set; BadRuleFile."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, ValueError) as fault:
        raise BadRuleFile(file=path.name, fault="not JSON") from fault
    if not isinstance(body, dict) or body.get("format") != FORMAT or body.get("version") != 1:
        raise BadRuleFile(file=path.name, fault=f"its format is not {FORMAT} 1")
    try:
        specs_of(body)
        contract_of(body)
    except (KeyError, TypeError, ValueError) as fault:
        raise BadRuleFile(file=path.name, fault=f"{fault} is missing or wrong") from fault
    return body


def specs_of(body: Mapping[str, Any]) -> list[tuple[str, CheckSpec]]:
    """(name, rule) of a set."""
    return [
        (str(rule["name"]), CheckSpec(str(place), CheckKind(rule["kind"]), tuple(rule["columns"]), rule["params"]))
        for place, rule in enumerate(body["rules"])
    ]


def contract_of(body: Mapping[str, Any]) -> list[ColumnSpec]:
    """The columns the file must have."""
    return [
        ColumnSpec(
            name=str(column["name"]),
            type=DataType(column["type"]),
            required=bool(column["required"]),
            max_length=column["max_length"],
        )
        for column in body["contract"]
    ]


def check_file(path: Path, body: Mapping[str, Any], *, today: date) -> FileReport:
    """Hold a CSV, Excel or Parquet file against an exported rule set, without a node or a network.

    Raises UnknownFile, and what the readers and the contract raise (`lake.*`).
    """
    ending = path.suffix.lower()
    if ending == ".csv":
        rows: Any = read_csv(path)
    elif ending == ".xlsx":
        rows = read_excel(path, None)
    elif ending == ".parquet":
        table = pq.read_table(path)
        rows = pa.table({name: table.column(name).cast(pa.string()) for name in table.schema.names})
    else:
        raise UnknownFile(file=path.name)
    with tempfile.TemporaryDirectory(prefix="quanshu-check-") as folder:
        lake = Lake(Path(folder))
        with lake.connect() as connection:
            parts = split(connection, rows, contract_of(body), tuple(body.get("keys", ())))
            named = specs_of(body)
            specs = [spec for _name, spec in named if spec.kind not in NEED_THE_LAKE]
            report = check_waiting(lake, "rows", parts.numbered_reader(), specs, number=ROW_NUMBER, today=today)
            refusals = [
                (int(row["row_number"]), str(row["column"]), str(row["message"] or row["reason"]))
                for row in parts.refused.slice(0, EXAMPLES).to_pylist()
            ]
    found = []
    for name, spec in named:
        if spec.kind in NEED_THE_LAKE:
            found.append(RuleFinding(name, 0, 0, skipped=True))
            continue
        result = report.results[spec.id]
        numbers = [int(failure.key[0]) for failure in report.failures[spec.id] if failure.key[0] is not None]
        found.append(RuleFinding(name, result.tested, result.failed, tuple(sorted(numbers)[:EXAMPLES])))
    return FileReport(
        rows=parts.rows_in,
        refused=parts.refused_rows,
        passed=report.passed,
        threshold=float(body.get("threshold", 1)),
        verdict=str(body.get("verdict", "warn")),
        rules=tuple(found),
        refusals=tuple(refusals),
    )
