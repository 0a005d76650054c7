"""What a run works on: a scheme's version read, with the entries of its sources; as a plan for the lake."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from quanshu.lake.linking.types import Attribute, PartyKind, RecordSource
from quanshu.lake.registry import EvidenceSpec, Origin, Plan, SurvivorRule, attributes_of
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import Entry, key_columns, list_entries
from quanshu.supply.fusion import rules
from quanshu.supply.fusion.models import Run, Scheme, SchemeVersion
from quanshu.supply.fusion.rules.life import DATES_DIFFER_DAYS
from quanshu.supply.fusion.types import SourceSpec


@dataclass(frozen=True, slots=True)
class Material:
    """A version's sources in their order, its rules, and the entry and key columns of each source."""

    kind: PartyKind
    sources: tuple[SourceSpec, ...]
    survivors: Mapping[str, SurvivorRule]
    evidence: tuple[EvidenceSpec, ...]
    entries: Mapping[str, Entry]
    keys: Mapping[str, tuple[str, ...]]

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Attributes that some source tells of, in their common order."""
        return attributes_of([source.columns for source in self.sources])

    def source(self, name: str) -> SourceSpec:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)

    def record_sources(self, inputs: Mapping[str, tuple[str, int]]) -> list[RecordSource]:
        """The sources as linking reads them; `inputs` is {name: (table, version)}."""
        return [
            RecordSource(
                name=source.name,
                table=inputs[source.name][0],
                keys=self.keys[source.name],
                columns={Attribute(name): column for name, column in source.columns.items()},
                version=inputs[source.name][1],
                one_row_each=source.one_row,
            )
            for source in self.sources
        ]


def find_entries(sources: tuple[SourceSpec, ...], actor: Actor) -> dict[str, Entry]:
    """{name of a source: its catalogue entry}, those that the actor may see."""
    rows = {entry.code: entry for entry in list_entries(actor).filter(code__in=[one.code for one in sources])}
    return {source.name: rows[source.code] for source in sources if source.code in rows}


def material_of(scheme: Scheme, version: SchemeVersion) -> Material:
    """A version read again from its lines, over the entries noted when it came into force."""
    sources = rules.parse_sources(version.sources)
    names = [source.name for source in sources]
    entries = {row.name: row.entry for row in scheme.source_rows.select_related("entry__unit")}
    return Material(
        kind=PartyKind(scheme.kind),
        sources=sources,
        survivors={rule.attribute: rule for rule in rules.parse_survivors(version.survivors, sources=names)},
        evidence=rules.parse_evidence(version.evidence, sources=names),
        entries=entries,
        keys={name: key_columns(entry) for name, entry in entries.items()},
    )


def plan_of(run: Run, material: Material) -> Plan:
    """A run, its inputs pinned, as the lake works on it."""
    return Plan(
        kind=material.kind,
        sources=tuple(
            Origin(
                name=source.name,
                table=run.inputs[source.name][0],
                version=run.inputs[source.name][1],
                keys=material.keys[source.name],
                columns=source.columns,
                fresh=source.fresh,
                one_row=source.one_row,
            )
            for source in material.sources
        ),
        prefix=f"fusion_{run.scheme.code}",
        suffix=run.suffix,
        records=records_table(run.scheme),
        records_version=run.records_version or 0,
        salt=lookup_salt(),
        survivors=material.survivors,
        evidence=material.evidence,
        kinds=rules.KINDS,
        dates_differ=DATES_DIFFER_DAYS,
    )


def records_table(scheme: Scheme) -> str:
    """The table of a scheme's standardised records; each run reads it at a version of its own."""
    return f"fusion_{scheme.code}_records"


def lookup_salt() -> str:
    """What goes before a value in the table of look-ups, so that identifiers cannot be found there by trying."""
    return hashlib.sha256(f"fusion.lookup:{settings.SECRET_KEY}".encode()).hexdigest()
