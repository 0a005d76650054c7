"""What a rule says about one row: used to know every rule that a planted error trips."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from quanshu.demo.synth.numbers import is_citizen_id, is_uscc
from quanshu.demo.synth.types import Rule, Table
from quanshu.demo.synth.world import Row


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


_VALUE_FAILS: dict[str, Callable[[Any, Rule], bool]] = {
    "code_list": lambda value, rule: value not in rule.params["codes"],
    "pattern": lambda value, rule: _compiled(rule.params["pattern"]).search(str(value)) is None,
    "range": lambda value, rule: not rule.params["min"] <= value <= rule.params["max"],
    "citizen_id": lambda value, _: not is_citizen_id(str(value)),
    "uscc": lambda value, _: not is_uscc(str(value)),
}


def fails(rule: Rule, table: Table, row: Row) -> bool:
    """Whether the row breaks the rule; `unique` and `reference` look beyond a row and are not judged here."""
    values = [row[table.position(c)] for c in rule.columns]
    if rule.kind == "required":
        return any(v is None for v in values)
    if any(v is None for v in values):
        return False
    if rule.kind == "date_order":
        return bool(values[1] < values[0])
    check = _VALUE_FAILS.get(rule.kind)
    return check is not None and check(values[0], rule)
