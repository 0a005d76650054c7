"""Which failing rows exceptions cover in one check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from quanshu.lake.checks import CheckReport
from quanshu.lake.checks.rows import keys_where
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.models import Problem, RuleException, RuleVersion
from quanshu.supply.quality.rules import excepted_rows, ordered
from quanshu.supply.quality.types import ExceptionScope, ExceptionState, ProblemState

Key = tuple[str | None, ...]


@dataclass(slots=True)
class Covered:
    """Exceptions of one rule: of all rows, or of some by key."""

    whole: RuleException | None = None
    keys: dict[Key, RuleException] = field(default_factory=dict)

    def by(self, key: Key) -> RuleException | None:
        """The exception that covers a row, if any."""
        return self.keys.get(key, self.whole)


class Excused:
    """Exceptions in force on a table, held against what a check found."""

    def __init__(self, entry: Entry, report: CheckReport, versions: Sequence[RuleVersion]) -> None:
        self.report, self.versions = report, versions
        self.covered: dict[int, Covered] = {version.rule_id: Covered() for version in versions}
        rows = RuleException.objects.filter(entry=entry, state=ExceptionState.IN_FORCE).order_by("-until")
        for row in rows.filter(rule__in=self.covered):
            self.covered[row.rule_id] = self.extended(self.covered[row.rule_id], row)
        self.old = self.excused_without_exception(entry)

    def extended(self, own: Covered, row: RuleException) -> Covered:
        """What is covered with one more exception; of several on a key, the one that ends last."""
        if row.scope == ExceptionScope.RULE:
            own.whole = own.whole or row
        elif row.scope == ExceptionScope.KEY:
            key = ordered(row.key or {}, self.report.keys)
            own.keys.setdefault(key, row)
        else:
            version = next(version for version in self.versions if version.rule_id == row.rule_id)
            failing = {failure.key for failure in self.report.failures[str(version.pk)]}
            found = keys_where(
                get_lake(),
                self.report.table,
                keys=self.report.keys,
                wanted=failing,
                condition=row.condition,
                version=self.report.version,
            )
            for key in found:
                own.keys.setdefault(key, row)
        return own

    def excused_without_exception(self, entry: Entry) -> dict[int, set[Key]]:
        """Keys of problems excused for good, before exceptions had a last day."""
        found: dict[int, set[Key]] = {}
        rows = Problem.objects.filter(entry=entry, state=ProblemState.EXCUSED, exception__isnull=True)
        for rule, key in rows.values_list("rule_id", "key"):
            found.setdefault(rule or 0, set()).add(ordered(key, self.report.keys))
        return found

    def for_rule(self, rule_id: int) -> Covered:
        """What is covered of one rule."""
        return self.covered.get(rule_id, Covered())

    def rows(self) -> int:
        """Rows all of whose failures are covered."""
        by_version = {
            str(version.pk): {*self.for_rule(version.rule_id).keys, *self.old.get(version.rule_id, set())}
            for version in self.versions
        }
        whole = [str(version.pk) for version in self.versions if self.for_rule(version.rule_id).whole is not None]
        return excepted_rows(self.report, by_version, whole)
