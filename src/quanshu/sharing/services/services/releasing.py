"""Releases of statistics: the protected cube of an entry's newest data, kept in the lake as a table of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from quanshu.kernel.clock import CITY_TZ
from quanshu.lake.disclosure import MOST_CELLS, MOST_VALUES, lattice_size, read_values, release
from quanshu.lake.errors import CubeTooLarge
from quanshu.lake.tables import Lake
from quanshu.sharing.services import rules
from quanshu.sharing.services.models import Service
from quanshu.sharing.services.rules.statistics import group_of
from quanshu.sharing.services.types import ServiceState, Shape, StatisticTwice
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.lake_store import get_lake


def release_table(sid: str) -> str:
    """The lake's table that holds the releases of a statistic."""
    return f"release.{sid.replace('-', '_')}"


def check_only_cube(service: Service) -> None:
    """One cube of an entry's records is in force at a time: two could be subtracted. Raises StatisticTwice."""
    Entry.objects.select_for_update().get(pk=service.entry_id)
    others = Service.objects.filter(entry=service.entry, shape=Shape.STATISTIC).exclude(pk=service.pk)
    published = others.exclude(state=ServiceState.WITHDRAWN).exclude(state=ServiceState.DRAFT, served_version=None)
    other = published.first()
    if other is not None:
        raise StatisticTwice(sid=other.sid)


def with_values(table: str, spec: dict[str, Any]) -> dict[str, Any]:
    """The spec with the labels of every group named, so that the cube is the same for each release of the version.

    Raises CubeTooLarge, `lake.missing_column`.
    """
    cube = spec["statistic"]
    groups = []
    for part in cube["groups"]:
        open_still = part["kind"] != "bands" and not part["values"]
        found = list(read_values(get_lake(), table, group_of(part), most=MOST_VALUES)) if open_still else part["values"]
        groups.append({**part, "values": found})
    if lattice_size([group_of(part) for part in groups]) > MOST_CELLS:
        raise CubeTooLarge(group=", ".join(part["name"] for part in groups), most=MOST_CELLS)
    return {**spec, "statistic": {**cube, "groups": groups}}


def make_release(lake: Lake, service: Service, spec: Mapping[str, Any], now: datetime) -> str:
    """Release the cube of the entry's newest data; returns the table. The same data are released once.

    Bands of dates are full years until the city's day.
    """
    cube, source = spec["statistic"], service.entry.lake_table
    groups, measures = rules.cube_of(cube)
    table = release_table(service.sid)
    version = lake.version(source)
    rule = repr((groups, measures, cube["least"], cube["percent"]))
    mark = {"source": source, "source_version": str(version), "cube": rule}
    if lake.exists(table) and dict(lake.versions(table)[-1].commit) == mark:
        return table
    rows = release(
        lake,
        source,
        groups=groups,
        measures=measures,
        on=now.astimezone(CITY_TZ).date(),
        least=cube["least"],
        percent=cube["percent"],
        version=version,
    )
    lake.overwrite(table, rows, commit=mark)
    return table
