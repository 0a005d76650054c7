"""What the registers of legal entities say of an enterprise's representative."""

from __future__ import annotations

from quanshu.lake.records import Ask, find_records
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.lake_store import get_lake
from quanshu.supply.libraries.api import LibraryKind, Model


def registers() -> list[Entry]:
    """The tables of the base libraries and those they are built from, as far as they know credit codes."""
    found: dict[int, Entry] = {}
    models = Model.objects.filter(library__kind=LibraryKind.BASE, entry__isnull=False, current__isnull=False)
    for model in models.select_related("entry").prefetch_related("reads__entry"):
        entries = [model.entry, *(read.entry for read in model.reads.all())]
        found |= {entry.pk: entry for entry in entries if entry is not None}
    return list(found.values())


def check_representative(uscc: str, number: str, name: str) -> str:
    """What they say of a person as the representative of an enterprise.

    `matched` by number, `other` when a register names another number, `name` when only the name is the same, else
    `unknown`. A namesake is no proof, so only the first needs no review.
    """
    asks = []
    for entry in registers():
        columns = tuple(item.name for item in items_of(entry) if item.name.startswith("representative_"))
        code = next((item.name for item in items_of(entry) if item.name == "uscc"), "")
        if columns and code:
            asks.append(Ask(entry.lake_table, code, uscc, columns))
    rows = [row for found in find_records(get_lake(), asks) for row in found]
    numbers = {row["representative_id"] for row in rows if row.get("representative_id")}
    if numbers:
        return "matched" if numbers == {number} else "other"
    return "name" if name in {row.get("representative_name") for row in rows} else "unknown"
