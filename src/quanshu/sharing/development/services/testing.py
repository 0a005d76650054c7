"""The sandbox test of a draft: the gateway's own code answers from synthetic rows, and every answer is looked at."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from quanshu.gateway.execution import Answer
from quanshu.gateway.sandbox import executor_of
from quanshu.gateway.shape_specs import StatisticSpec
from quanshu.gateway.shapes import Shape
from quanshu.gateway.snapshot import SandboxSpec
from quanshu.gateway.synthetic import rows_of
from quanshu.kernel.errors import QuanshuError
from quanshu.lake.masking import Mask, mask_value
from quanshu.sharing.development.types import Check

# A hash mask is salted by each gateway, so that its value is not foretold here.
FORETOLD = frozenset(Mask) - {Mask.HASH}


def run_checks(sandbox: SandboxSpec, spec: Mapping[str, Any]) -> list[Check]:
    """Try a version over its synthetic rows: found, masked, capped, refused, and its documented example answered."""
    with tempfile.TemporaryDirectory(prefix="quanshu-test-") as folder:
        executor = executor_of(sandbox, Path(folder))
        if sandbox.service.statistic is not None:
            return statistic_checks(executor, sandbox.service.statistic)
        row = next(rows_of(sandbox.shapes, f"{sandbox.service.sid}@{sandbox.service.version}"))
        given = {part.name: row[part.column] for part in sandbox.service.parameters}
        example = {part["name"]: part["example"] for part in spec["parameters"]}
        tries = verify_checks if sandbox.service.shape == "verify" else query_checks
        return [*tries(executor, given, row), answered("example", executor, example), refuses(executor)]


def ask(executor: Shape, given: Mapping[str, Any]) -> Answer:
    """One call as the gateway makes it. Raises BadParameter, TableMissing."""
    names = [field.name for field in executor.service.fields]
    found = executor.run(executor.read(given), executor.pick(executor.asks(given, None), names))
    if not isinstance(found, Answer):
        raise TypeError("a table in a file answers at once")
    return found


def answered(code: str, executor: Shape, given: Mapping[str, Any]) -> Check:
    """A call that must be answered, with rows or without."""
    try:
        ask(executor, given)
    except QuanshuError as fault:
        return Check(code, False, str(fault))
    return Check(code, True)


def refuses(executor: Shape, given: Mapping[str, Any] = MappingProxyType({})) -> Check:
    """A call without parameters, or with ones that the service does not have, must be refused."""
    try:
        ask(executor, given)
    except QuanshuError as fault:
        return Check("refuses", True, fault.code)
    return Check("refuses", False)


def statistic_checks(executor: Shape, cube: StatisticSpec) -> list[Check]:
    """The whole and a table by each group are answered with every measure, and what is not listed is refused."""
    checks = []
    measures = {measure.name for measure in cube.measures}
    for group in ("", *(part.name for part in cube.groups)):
        try:
            data = ask(executor, {"groups": group}).data or []
        except QuanshuError as fault:
            checks.append(Check("found", False, f"{group} {fault}".strip()))
        else:
            whole = bool(data) and all(measures <= row.keys() for row in data)
            checks.append(Check("found", whole, f"{group} {len(data)}".strip()))
    return [*checks, refuses(executor, {"groups": "no-such-group"})]


def query_checks(executor: Shape, given: Mapping[str, Any], row: Mapping[str, Any]) -> list[Check]:
    """A row that is there is found, its fields leave under their masks, and no more rows than are allowed."""
    try:
        data = ask(executor, given).data or []
    except QuanshuError as fault:
        return [Check("found", False, str(fault))]
    checks = [Check("found", bool(data), str(len(data))), Check("capped", len(data) <= executor.service.row_cap)]
    for field in executor.service.fields if data else ():
        mask, clear = Mask(field.mask), row[field.column]
        if mask in FORETOLD:
            wanted = {str(mask_value(mask, str(clear))), str(clear) if mask is Mask.NONE else ""}
            seen = str(data[0].get(field.name))
            checks.append(Check(f"mask:{field.name}", seen in wanted, seen))
    return checks


def verify_checks(executor: Shape, given: Mapping[str, Any], row: Mapping[str, Any]) -> list[Check]:
    """What is so matches, what is not does not, and a key that is not there is no record."""
    compared = {part.name for part in executor.service.parameters if part.compare}
    other = dict(given)
    for part in executor.service.parameters:
        if part.compare and part.type == "string":
            other[part.name] = f"{str(given[part.name])[:-1]}异" if not part.pattern else str(given[part.name])
    tries = [("match", given, "match")]
    if any(other[name] != given[name] for name in compared):
        tries.append(("mismatch", other, "mismatch"))
    checks = []
    for code, values, wanted in tries:
        try:
            seen = ask(executor, values).result
        except QuanshuError as fault:
            seen = str(fault)
        checks.append(Check(code, seen == wanted, str(seen)))
    return checks
