"""Which stored files are in use, and erasing those that are not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.services import path_for
from quanshu.shared.holdings import Due, Reach

Use = Callable[[Collection[str]], Collection[str]]
AT_ONCE = 500
_uses: dict[str, Use] = {}


def register_use(room: str, use: Use) -> None:
    """Have a room say which of some digests it still needs. Every room that stores files registers one."""
    _uses[room] = use


def used_by() -> tuple[str, ...]:
    """The rooms that have said so."""
    return tuple(sorted(_uses))


def in_column(rows: Callable[[], QuerySet[Any]], column: str) -> Use:
    """The use of files whose digests stand in a column of some rows."""

    def use(digests: Collection[str]) -> Collection[str]:
        return list(rows().filter(**{f"{column}__in": digests}).values_list(column, flat=True).distinct())

    return use


def in_use(digests: Collection[str]) -> set[str]:
    """Those of some digests that a room still needs."""
    return {digest for use in _uses.values() for digest in use(digests)}


def unused(reach: Reach) -> Iterator[StoredFile]:
    """Files handed in before the reach's moment that no room needs any more, oldest first."""
    rows = StoredFile.objects.filter(stored_at__lt=reach.before).order_by("stored_at", "pk")
    found = rows.iterator(chunk_size=AT_ONCE)
    while batch := list(islice(found, AT_ONCE)):
        needed = in_use([row.digest for row in batch])
        yield from (row for row in batch if row.digest not in needed)


def due(reach: Reach) -> Due:
    """How many such files there are, and when the oldest was handed in."""
    dates = [row.stored_at for row in unused(reach)]
    return Due(len(dates), dates[0] if dates else None)


def pick(reach: Reach, most: int) -> list[str]:
    """Digests of some of them."""
    return [row.digest for row in islice(unused(reach), most)]


def erase(digests: Sequence[str]) -> None:
    """Take files away, with what is known of them; one that has come into use meanwhile stays."""
    for digest in set(digests) - in_use(digests):
        with transaction.atomic():
            StoredFile.objects.filter(digest=digest).delete()
            path_for(digest).unlink(missing_ok=True)
