"""Generates the city: the world, the rows of its sources, the planted errors, files, truth and manifest."""

import csv
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from quanshu.demo.synth.codes import CODE_LISTS
from quanshu.demo.synth.faults import Planter
from quanshu.demo.synth.fusion import plant_across_sources
from quanshu.demo.synth.identities import take_down, write_identities
from quanshu.demo.synth.sources import SOURCES
from quanshu.demo.synth.sources.property import settle_owners
from quanshu.demo.synth.types import CityManifest, ErrorRates, Source, Truth
from quanshu.demo.synth.world import TableData, World
from quanshu.demo.synth.writers import write_tables

Progress = Callable[[str, int, int], None]
Data = dict[tuple[str, str], TableData]

DEFAULT_TODAY = date(2026, 10, 31)
MINIMUM = 20


def _silent(step: str, done: int, total: int) -> None:
    """Show nothing."""


def generate_city(
    target: Path,
    *,
    residents: int,
    seed: int,
    today: date = DEFAULT_TODAY,
    rates: ErrorRates | None = None,
    progress: Progress = _silent,
) -> CityManifest:
    """Write a synthetic Jinan of `residents` registered people as source systems into the folder `target`.

    The same arguments give the same content: byte for byte in SQLite, CSV and JSON files, cell for cell in
    workbooks. Files of an earlier city in the folder are replaced. `progress` is called with the step's name,
    the steps done and the steps in all. Raises ValueError for fewer than 20 residents.
    """
    if residents < MINIMUM:
        raise ValueError(f"A city needs at least {MINIMUM} residents, not {residents}.")
    rates = rates or ErrorRates()
    total = 2 * len(SOURCES) + 3
    target.mkdir(parents=True, exist_ok=True)
    progress("people", 0, total)
    world = World(residents, seed, today)
    settle_owners(world)
    data: Data = {}
    for done, (source, build) in enumerate(SOURCES, start=1):
        progress(source.name, done, total)
        data.update({(source.name, table): rows for table, rows in build(world).items()})
    progress("errors", len(SOURCES) + 1, total)
    described = [source for source, _ in SOURCES]
    named = take_down(world, described, data)
    truth, sources = _plant(world, data, rates), []
    write_identities(target / "identities.csv", named, described, data, truth)
    for done, source in enumerate(described, start=len(SOURCES) + 2):
        progress(f"{source.name} files", done, total)
        write_tables(target, ((t, data[source.name, t.name]) for t in source.tables))
        sources.append(_counted(source, data))
    _write_truth(target / "truth.csv", truth)
    manifest = CityManifest(
        root=target,
        residents=residents,
        seed=seed,
        today=today.isoformat(),
        sources=tuple(sources),
        code_lists=CODE_LISTS,
        rates=rates,
        planted=dict(sorted(Counter(t.kind for t in truth).items())),
    )
    manifest.write()
    progress("done", total, total)
    return manifest


def _counted(source: Source, data: Data) -> Source:
    tables = tuple(replace(t, rows=len(data[source.name, t.name].rows)) for t in source.tables)
    return replace(source, tables=tables)


def _plant(world: World, data: Data, rates: ErrorRates) -> list[Truth]:
    planters = {
        (source.name, table.name): Planter(
            source,
            table,
            data[source.name, table.name],
            world.chance(f"faults:{source.name}.{table.name}"),
            rates,
        )
        for source, _ in SOURCES
        for table in source.tables
    }
    _link(planters, data)
    for planter in planters.values():
        planter.plant(world.mint)
    plant_across_sources(world, planters, world.chance("fusion"), rates)
    return [entry for planter in planters.values() for entry in planter.truth]


def _link(planters: dict[tuple[str, str], Planter], data: Data) -> None:
    """Tell each planter what its references may point to and which of its values others point to."""
    for where, planter in planters.items():
        for rule in planter.table.rules:
            if rule.kind != "reference":
                continue
            target = planters[rule.params["source"], rule.params["table"]]
            column, target_column = rule.columns[0], rule.params["column"]
            at, target_at = planter.table.position(column), target.table.position(target_column)
            planter.reference_targets[column] = {row[target_at] for row in target.data.rows}
            pointed = target.referenced.setdefault(target_column, set())
            pointed.update(row[at] for row in data[where].rows)


def _write_truth(target: Path, truth: list[Truth]) -> None:
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Truth._fields)
        writer.writerows(truth)
