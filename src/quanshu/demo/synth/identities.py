"""Who each row is about: taken down before errors are planted, written for the rows that are left after."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from quanshu.demo.synth import mutations
from quanshu.demo.synth.types import Identity, Source, Table, Truth
from quanshu.demo.synth.world import TableData, World

Data = Mapping[tuple[str, str], TableData]
Named = Mapping[tuple[str, str, str], Mapping[str, str]]


def _columns(table: Table) -> list[str]:
    """Columns of citizen IDs, the subject's first, then those of credit codes."""
    codes = [rule.columns[0] for rule in table.rules if rule.kind == "uscc"]
    return [column.name for column in table.columns if column.mask == "citizen_id"] + codes


def _numbers(world: World, sources: Sequence[Source], data: Data) -> dict[str, str]:
    """The number of everyone who has an ID, and of every enterprise and organisation that has a credit code."""
    numbers = {person.id: person.number for person in world.population.people}
    for source in sources:
        for table in source.tables:
            if any(rule.kind == "unique" and rule.columns == ("uscc",) for rule in table.rules):
                code, key = table.position("uscc"), table.position(table.key[0])
                numbers |= {row[code]: row[key] for row in data[source.name, table.name].rows}
    return numbers


def take_down(world: World, sources: Sequence[Source], data: Data) -> Named:
    """The resident or enterprise behind each citizen ID and credit code of each row, by source, table and key."""
    numbers = _numbers(world, sources, data)
    named: dict[tuple[str, str, str], dict[str, str]] = {}
    for source in sources:
        for table in source.tables:
            columns, key = _columns(table), table.position(table.key[0])
            rows = data[source.name, table.name]
            for row, subject in zip(rows.rows, rows.people, strict=True):
                found = {name: numbers.get(str(row[table.position(name)]), "") for name in columns}
                # The first is the one whom the row is about, known also where it has no ID (yet).
                if subject and columns:
                    found[columns[0]] = subject.number
                named[source.name, table.name, mutations.text(row[key])] = {c: n for c, n in found.items() if n}
    return named


def write_identities(target: Path, named: Named, sources: Iterable[Source], data: Data, truth: Iterable[Truth]) -> None:
    """Write `identities.csv` for every row of every table, planted repetitions with the one they repeat."""
    repeats = {(t.source, t.table, t.key): t.original for t in truth if t.kind == "duplicate_record"}
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Identity._fields)
        for source in sources:
            for table in source.tables:
                key = table.position(table.key[0])
                written = dict.fromkeys(mutations.text(row[key]) for row in data[source.name, table.name].rows)
                for text in written:
                    place = (source.name, table.name, text)
                    known = named.get((*place[:2], repeats.get(place, text)), {})
                    writer.writerows(Identity(*place, column, number) for column, number in known.items())


def read_identities(path: Path) -> list[Identity]:
    """The rows of an identities file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [Identity(**row) for row in csv.DictReader(stream)]
