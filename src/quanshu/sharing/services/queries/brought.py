"""Which batch brought the rows of an answer: found by the marks of its receipt, so that no row is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from quanshu.gateway.marks import Marker, mark_key
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import Actor
from quanshu.sharing.services.models import Exchange, Serving
from quanshu.sharing.services.services.publishing import seal_key
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.hosting.api import Change
from quanshu.supply.intake.api import Run
from quanshu.supply.lake_store import get_lake

# Versions looked back, and changed rows read, at most: a story is a page, not a search.
MOST_VERSIONS = 50
MOST_ROWS = 300_000
LANDED = frozenset({"insert", "update_postimage"})


@dataclass(frozen=True, slots=True)
class Brought:
    """Rows of an answer that one version of the table brought, and what wrote that version: a run of intake, or a
    change of a single row under a hosting agreement, as far as the reader may see them.

    `version` is None for rows older than was looked back.
    """

    version: int | None
    rows: int
    run: Run | None = None
    change: Change | None = None


def brought_by(call: Exchange, serving: Serving, entry: Entry, actor: Actor) -> list[Brought]:
    """What brought the marked rows of an answer, the newest version first; none where its receipt has no marks."""
    wanted = set(call.marks.values_list("mark", flat=True))
    keys = list(call.service.serving_key) if call.service is not None else []
    lake = get_lake()
    if not wanted or not keys or not lake.exists(serving.lake_table):
        return []
    commits = {row.version: row.commit for row in lake.versions(serving.lake_table)}
    found: list[Brought] = []
    for version, marks in marks_by_version(serving, keys, entry):
        here = wanted & marks
        if here:
            run, change = writer(commits.get(version, {}), actor)
            found.append(Brought(version, len(here), run, change))
            wanted -= here
        if not wanted:
            return found
    return [*found, Brought(None, len(wanted))]


def marks_by_version(serving: Serving, keys: Sequence[str], entry: Entry) -> Iterator[tuple[int, set[str]]]:
    """(version, marks of the rows it wrote) from the version served backwards, as far as is looked back."""
    lake, marker, read = get_lake(), Marker(mark_key(seal_key()), entry.uid), 0
    last = serving.lake_version
    for version in range(last, max(last - MOST_VERSIONS, -1), -1):
        marks: set[str] = set()
        try:
            for batch in lake.changes_of(serving.lake_table, version):
                columns = [batch.column(name).to_pylist() for name in [*keys, "_change_type"]]
                marks |= {marker.of(row[:-1]) for row in zip(*columns, strict=True) if row[-1] in LANDED}
                read += batch.num_rows
                if read > MOST_ROWS:
                    break
        except (QuanshuError, KeyError):
            # The version's files are gone, or the table had another key then.
            return
        yield version, marks
        if read > MOST_ROWS:
            return


def writer(commit: Mapping[str, str], actor: Actor) -> tuple[Run | None, Change | None]:
    """The run or the hosted change that a version's commit names, if the actor may see it."""
    runs = Run.objects.visible_to(actor).filter(uid=commit.get("run", "")).select_related("source__unit")
    changes = Change.objects.visible_to(actor).filter(uid=commit.get("hosting", ""))
    return runs.first(), changes.select_related("agreement__unit").first()


def single_changes(entry: Entry, actor: Actor, *, after: int, until: int, most: int) -> list[Change]:
    """Changes of single rows of a hosted table in some of its versions, the newest first: batches of one row each."""
    rows = Change.objects.visible_to(actor).filter(agreement__entry=entry, state="applied", run__isnull=True)
    rows = rows.filter(version_after__gt=after, version_after__lte=until).select_related("agreement__unit")
    return list(rows.order_by("-version_after", "-id")[:most])
