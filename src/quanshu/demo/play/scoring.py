"""`quanshu city score`: what the quality rules found against what was planted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from quanshu.demo.synth import CityManifest, load_manifest, score_city
from quanshu.demo.synth.types import KindScore, Score
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.api import Run, RunState, refused_rows
from quanshu.supply.quality.api import findings

Place = tuple[str, str]
Row = tuple[str, str, str, str, str]
PAGE = 1000


def places(manifest: CityManifest) -> dict[str, Place]:
    """{lake table: (source, table)} of the city's entries on this node."""
    found: dict[str, Place] = {}
    for source in manifest.sources:
        for table in source.tables:
            entries = Entry.objects.filter(unit__code=source.unit_code, resource_name=table.title)
            for lake_table in entries.values_list("lake_table", flat=True):
                found[lake_table] = (source.name, table.name)
    return found


def problems(manifest: CityManifest) -> Iterator[Row]:
    """Problems the rules found, in the truth file's words."""
    known = places(manifest)
    for lake_table, key, column, kind in findings():
        if lake_table in known:
            yield (*known[lake_table], "|".join(str(part) for part in key.values()), column, kind)


def refusals(manifest: CityManifest) -> Iterator[Row]:
    """Rows intake refused, in the truth file's words."""
    known = places(manifest)
    tables = {(source.name, table.name): table for source in manifest.sources for table in source.tables}
    for run in Run.objects.filter(state=RunState.LANDED, refused__gt=0).select_related("source__entry__unit"):
        place = known.get(run.source.entry.lake_table)
        if place is None:
            continue
        for offset in range(0, run.refused or 0, PAGE):
            for row in refused_rows(actor=SYSTEM, run=run, limit=PAGE, offset=offset):
                record = json.loads(row["record_json"] or "{}")
                key = "|".join(str(record.get(name, "")) for name in tables[place].key)
                yield (*place, key, row["column"] or "", "intake")


def scored(truth: Path) -> str:
    """The score as a table of text."""
    manifest = load_manifest(truth.parent if truth.is_file() else truth)
    return shown(score_city(truth, [*problems(manifest), *refusals(manifest)]))


def shown(score: Score) -> str:
    """Precision and recall by kind of rule, with their counts."""
    lines = [f"{'rule':<14}{'precision':>10}{'recall':>10}{'right':>8}{'wrong':>8}{'planted':>9}"]
    lines += [line(kind, part) for kind, part in sorted(score.by_kind.items())]
    lines += [line("all rules", score.overall), line("intake", score.intake)]
    lines.append(f"{score.fusion_only} planted errors can be seen only by fusing sources")
    return "\n".join(lines)


def line(name: str, part: KindScore) -> str:
    """One line of the table."""
    return f"{name:<14}{part.precision:>10.3f}{part.recall:>10.3f}{part.right:>8}{part.wrong:>8}{part.planted:>9}"
