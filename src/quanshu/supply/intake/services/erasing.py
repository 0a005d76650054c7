"""What a rule of retention takes away of what has been taken in: refused rows, old versions, and files in use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import islice

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.errors import NotFound
from quanshu.lake.erasing import Superseded, erase_versions, superseded
from quanshu.shared.holdings import Due, Holding, Reach
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.models import Correction, Delivery, Run, Source
from quanshu.supply.intake.types import FINISHED, RowState
from quanshu.supply.lake_store import get_lake
from quanshu.supply.loads.load import aside_table, refused_table

# Versions newer than this may be under the hands of a build or a check that began on them.
LEAST_DAYS = 30


def needed_files(digests: Collection[str]) -> set[str]:
    """Files that a source will be loaded from, or a load that has not ended is loading."""
    sources = Source.objects.filter(file_digest__in=digests).values_list("file_digest", flat=True)
    runs = Run.objects.filter(file_digest__in=digests).exclude(state__in=FINISHED)
    waiting = Delivery.objects.filter(digest__in=digests, run=None)
    return {*sources, *runs.values_list("file_digest", flat=True), *waiting.values_list("digest", flat=True)}


def _tables(run: Run) -> list[str]:
    table = run.source.entry.lake_table
    return [name for name in (refused_table(table), aside_table(table)) if get_lake().exists(name)]


def _loads_in(table: str) -> set[str]:
    with get_lake().connect() as connection:
        get_lake().register(connection, table, alias="kept")
        return {str(uid) for (uid,) in connection.execute("SELECT DISTINCT run FROM kept").fetchall()}


def _ended(reach: Reach) -> QuerySet[Run]:
    """Loads that ended before the moment; those with corrections that wait for a replay are not over."""
    rows = Run.objects.filter(ended_at__lt=reach.before, state__in=FINISHED)
    rows = rows.filter(reach.of_units("source__unit__path"))
    waiting = Correction.objects.filter(state=RowState.READY, replay=None).values("run")
    return rows.exclude(pk__in=waiting).select_related("source__entry").order_by("ended_at", "pk")


def refusing_loads(reach: Reach) -> Iterator[Run]:
    """Loads whose refused rows are due and still there, oldest first."""
    there: dict[str, set[str]] = {}
    for run in _ended(reach):
        names = _tables(run)
        for name in names:
            if name not in there:
                there[name] = _loads_in(name)
        if any(run.uid in there[name] for name in names):
            yield run


def due_refused(reach: Reach) -> Due:
    """How many loads have refused rows that are due."""
    dates = [run.ended_at for run in refusing_loads(reach)]
    return Due(len(dates), dates[0] if dates else None)


def pick_refused(reach: Reach, most: int) -> list[str]:
    """Some of these loads."""
    return [run.uid for run in islice(refusing_loads(reach), most)]


def erase_refused(ids: Sequence[str]) -> None:
    """Take away refused rows of loads and rows set aside, from every version, and what was typed in to correct them."""
    lake = get_lake()
    by_table: dict[str, set[str]] = {}
    for run in Run.objects.filter(uid__in=ids).select_related("source__entry"):
        for name in _tables(run):
            by_table.setdefault(name, set()).add(run.uid)
    for name, uids in by_table.items():
        listed = ", ".join(f"'{uid}'" for uid in sorted(uids))
        lake.delete(name, predicate=f"run IN ({listed})")
        erase_versions(lake, name, lake.version(name))
    Correction.objects.filter(run__uid__in=ids).update(sealed="")


def replaced_versions(reach: Reach) -> Iterator[tuple[str, Superseded]]:
    """Tables of entries with versions that are due, each with which."""
    lake = get_lake()
    for entry in Entry.objects.filter(reach.of_units("unit__path")).order_by("pk"):
        try:
            found = superseded(lake, entry.lake_table, reach.before)
        except NotFound:
            continue
        if found.versions:
            yield entry.lake_table, found


def due_versions(reach: Reach) -> Due:
    """How many versions are due."""
    found = [row for _table, row in replaced_versions(reach)]
    return Due(sum(len(row.versions) for row in found), min((row.since for row in found if row.since), default=None))


def pick_versions(reach: Reach, most: int) -> list[str]:
    """Some of them, as table@version."""
    named = (f"{table}@{number}" for table, row in replaced_versions(reach) for number in row.versions)
    return list(islice(named, most))


def erase_versions_of(ids: Sequence[str]) -> None:
    """Take versions away; the tables go on from the version after the last of each."""
    last: dict[str, int] = {}
    for text in ids:
        table, _at, number = text.rpartition("@")
        last[table] = max(last.get(table, 0), int(number))
    for table, newest in last.items():
        if get_lake().exists(table):
            erase_versions(get_lake(), table, newest + 1)


HOLDINGS = (
    Holding(
        key="intake.refused",
        name=_("Refused rows, load by load"),
        what=_("Rows that a load refused or set aside go from every version, with their corrections; counts stay."),
        dated=_("when the load ended"),
        due=due_refused,
        pick=pick_refused,
        erase=erase_refused,
        by_unit=True,
        order=10,
    ),
    Holding(
        key="intake.versions",
        name=_("Replaced versions of landed data"),
        what=_("Rows that were deleted or replaced go from disk and log; the version in force stays."),
        dated=_("when the next version replaced it"),
        due=due_versions,
        pick=pick_versions,
        erase=erase_versions_of,
        by_unit=True,
        least_days=LEAST_DAYS,
        order=11,
    ),
)
