"""`words__sought=(sought, columns)` in an ORM filter: FTS5's MATCH on SQLite, @@ on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Lookup, Q, TextField

from quanshu.supply.catalogue.search import expression


@TextField.register_lookup
class SoughtLookup(Lookup[bool]):
    """Rows of the index in which what is sought stands within the columns."""

    lookup_name = "sought"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[str]]:
        left, _given = self.process_lhs(compiler, connection)
        return f"{left} MATCH %s", [expression.fts5(*self.rhs)]

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[str]]:
        left, _given = self.process_lhs(compiler, connection)
        return f"{left} @@ %s::tsquery", [expression.tsquery(*self.rhs)]


def standing(sought: expression.Sought, columns: Sequence[str]) -> Q:
    """The condition that a text of the search holds what is sought within some columns."""
    return Q(posting__words__sought=(sought, tuple(columns)))
