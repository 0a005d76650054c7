"""Reads of imports of the official table."""

from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from quanshu.shared.access.api import Actor, find_seen
from quanshu.supply.exchange.models import Import
from quanshu.supply.exchange.types import ImportNotFound, Outcome


def list_imports(actor: Actor) -> QuerySet[Import]:
    """Imports the actor may see, with how many rows were refused."""
    rows = Import.objects.visible_to(actor).select_related("unit", "account__person")
    return rows.annotate(refused_rows=Count("refused", distinct=True))


def get_import(*, actor: Actor, uid: str) -> Import:
    """One import. Raises ImportNotFound when there is none or it may not be seen."""
    return find_seen(list_imports(actor), uid, ImportNotFound(uid=uid))


def counts_of(source: Import) -> dict[str, int]:
    """Entries by what the import makes of them, how many are kept, and rows refused."""
    names = {outcome.value: Count("pk", filter=Q(outcome=outcome)) for outcome in Outcome}
    counts: dict[str, int] = source.entries.aggregate(**names, kept=Count("pk", filter=Q(kept=True)))
    return counts | {"refused_rows": source.refused.count()}
