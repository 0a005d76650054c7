"""Plants errors that quality rules should find: as many, of the kinds and at the rates asked for."""

from collections.abc import Callable
from random import Random
from typing import Any

from quanshu.demo.synth import mutations
from quanshu.demo.synth.numbers import UsccMint
from quanshu.demo.synth.rowchecks import fails
from quanshu.demo.synth.types import FUSION, INTAKE, ErrorRates, Rule, Source, Table, Truth
from quanshu.demo.synth.world import Row, TableData

Wrong = Callable[[Any], Any]
_FEW = 50


def quota(rate: float, eligible: int) -> int:
    """How many to plant: the rate, but at least one in a table that is not tiny."""
    wanted = round(rate * eligible)
    return max(1, wanted) if rate > 0 and eligible >= _FEW else wanted


class Planter:
    """Plants errors in one table, at most one in a row, and keeps the truth about them."""

    def __init__(self, source: Source, table: Table, data: TableData, rng: Random, rates: ErrorRates) -> None:
        self.source, self.table, self.data = source, table, data
        self.rng, self.rates = rng, rates
        self.truth: list[Truth] = []
        self._touched: set[int] = set()
        self._key = table.position(table.key[0])
        self._originals = len(data.rows)
        # Values that other rows point to, by column: breaking them would break the others too.
        self.referenced: dict[str, set[str]] = {}
        self.reference_targets: dict[str, set[str]] = {}

    def pick(self, count: int, suits: Callable[[Row], bool]) -> list[int]:
        """Up to `count` untouched rows that suit, each marked as touched."""
        chosen: list[int] = []
        tries = 60 * count + 200
        while len(chosen) < count and tries and self._originals:
            tries -= 1
            at = self.rng.randrange(self._originals)
            if at not in self._touched and suits(self.data.rows[at]):
                self._touched.add(at)
                chosen.append(at)
        return chosen

    def free(self, at: int) -> bool:
        """Whether a row may still be touched: it was not yet, and is no planted repetition."""
        return at < self._originals and at not in self._touched

    def claim(self, rows: list[int]) -> list[int]:
        """Mark rows as touched and hand them back."""
        self._touched.update(rows)
        return rows

    def note(self, row: Row, column: str, kind: str, original: Any, planted: Any, by: str) -> None:
        """Write down one planted error."""
        entry = (
            mutations.text(row[self._key]),
            column,
            kind,
            mutations.text(original),
            mutations.text(planted),
            by,
        )
        self.truth.append(Truth(self.source.name, self.table.name, *entry))

    def change(self, at: int, column: str, kind: str, value: Any) -> None:
        """Put a wrong value in, and note it for every rule of the table that it trips, or for fusion if for none."""
        row = self.data.rows[at]
        position = self.table.position(column)
        original, row[position] = row[position], value
        seen = len(self.truth)
        for rule in self.table.rules:
            if column in rule.columns and (fails(rule, self.table, row) or self._dangles(rule, value)):
                self.note(row, ",".join(rule.columns), kind, original, value, rule.kind)
        if len(self.truth) == seen:
            self.note(row, column, kind, original, value, FUSION)

    def _dangles(self, rule: Rule, value: Any) -> bool:
        return rule.kind == "reference" and value is not None and value not in self.reference_targets[rule.columns[0]]

    def plant(self, mint: UsccMint) -> list[Truth]:
        """Plant everything that the table's rules can see, and what intake must refuse."""
        for rule in self.table.rules:
            for kind, rate, wrong in self._ways(rule, mint):
                self._plant_values(rule, kind, rate, wrong)
            if rule.kind == "unique":
                self._repeat_records(rule)
        if self.table.format in ("csv", "xlsx"):
            self._repeat_keys()
            self._spoil_values()
        return self.truth

    def _ways(self, rule: Rule, mint: UsccMint) -> list[tuple[str, float, Wrong]]:
        """The kinds of error that a rule should find, with their rates and the wrong value for a good one."""
        rng, rates, params = self.rng, self.rates, rule.params
        to_firm = rule.kind == "reference" and params["column"] == "uscc"
        phone = rule.columns == ("phone",)
        ways: dict[str, list[tuple[str, float, Wrong]]] = {
            "required": [("missing_value", rates.missing_value, lambda _: None)],
            "citizen_id": [
                ("id_typo", rates.id_typo, lambda v: mutations.mistype_id(rng, v)),
                ("id_swapped", rates.id_swapped, lambda v: mutations.swap_id(rng, v)),
                ("id_missing", rates.id_missing, lambda _: None),
            ],
            "uscc": [("bad_uscc", rates.bad_uscc, lambda v: mutations.break_uscc(rng, v))],
            "code_list": [("outside_code", rates.outside_code, lambda _: mutations.outside(rng, params["codes"]))],
            "pattern": [
                ("malformed_phone", rates.malformed_phone, lambda v: mutations.malform_phone(rng, v))
                if phone
                else ("malformed_code", rates.malformed_code, lambda v: mutations.malform_code(rng, v))
            ],
            "range": [("out_of_range", rates.out_of_range, lambda v: mutations.exceed(rng, v, rule))],
            "date_order": [("date_reversed", rates.date_reversed, lambda v: mutations.before(rng, v))],
            "reference": [
                (
                    "dangling_reference",
                    rates.dangling_reference,
                    lambda v: mint.new("91", "370100") if to_firm else mutations.dangle(rng, v),
                )
            ],
        }
        return ways.get(rule.kind, [])

    def _plant_values(self, rule: Rule, kind: str, rate: float, wrong: Wrong) -> None:
        positions = [self.table.position(c) for c in rule.columns]
        column = rule.columns[-1]
        guarded = self.referenced.get(column, set())

        def suits(row: Row) -> bool:
            return all(row[p] is not None for p in positions) and row[positions[-1]] not in guarded

        filled = sum(1 for row in self.data.rows[: self._originals] if all(row[p] is not None for p in positions))
        for at in self.pick(quota(rate, filled), suits):
            # A reversed pair is measured from its earlier date.
            self.change(at, column, kind, wrong(self.data.rows[at][positions[0]]))

    def _repeat_records(self, rule: Rule) -> None:
        positions = [self.table.position(c) for c in rule.columns]
        for at in self.pick(quota(self.rates.duplicate_record, self._originals), lambda _: True):
            original = self.data.rows[at]
            if any(original[p] is None for p in positions):
                continue
            again = list(original)
            # The serial of a key goes on after the last one given out.
            serial = str(len(self.data.rows) + 1).zfill(6)
            again[self._key] = original[self._key][: -len(serial)] + serial
            self.data.add(again, self.data.people[at])
            value = ",".join(mutations.text(again[p]) for p in positions)
            column = ",".join(rule.columns)
            self.note(again, column, "duplicate_record", original[self._key], value, rule.kind)

    def _repeat_keys(self) -> None:
        for at in self.pick(quota(self.rates.duplicate_key, self._originals), lambda _: True):
            row = self.data.rows[at]
            self.data.add(list(row), self.data.people[at])
            self.note(row, self.table.key[0], "duplicate_key", row[self._key], row[self._key], INTAKE)

    def _spoil_values(self) -> None:
        columns = [c for c in self.table.columns if c.type in ("date", "integer", "decimal")]
        guarded = [(self.table.position(c), values) for c, values in self.referenced.items()]

        def suits(row: Row) -> bool:
            return not any(row[p] in values for p, values in guarded)

        for at in self.pick(quota(self.rates.unreadable_value, self._originals), suits):
            column = self.rng.choice(columns)
            row, position = self.data.rows[at], self.table.position(column.name)
            original, row[position] = row[position], mutations.unreadable(self.rng, column.type)
            self.note(row, column.name, "unreadable_value", original, row[position], INTAKE)
