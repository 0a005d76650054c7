"""One identity of the run in use, its values as somebody may see them, and how to find one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quanshu.lake.linking import explain
from quanshu.lake.linking.types import Attribute, LinkModel, PartyKind
from quanshu.lake.masking import Mask, mask_value
from quanshu.lake.registry import (
    LOOKUPS,
    LifeFound,
    Piece,
    RecordRow,
    Value,
    look_up,
    read_identity,
    read_life,
    read_records,
    read_values,
)
from quanshu.shared.access.api import Actor
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.fusion.models import Run, Scheme, TrainedModel
from quanshu.supply.fusion.queries.material import Material, material_of, plan_of, records_table
from quanshu.supply.fusion.types import FusionNotFound
from quanshu.supply.lake_store import get_lake


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity as the run in use has it."""

    scheme: Scheme
    run: Run
    material: Material
    uid: str
    state: str
    since: str
    merged_into: str
    records: tuple[RecordRow, ...] = ()

    @property
    def entries(self) -> Mapping[str, Entry]:
        """{source: its catalogue entry}."""
        return self.material.entries


def runs_in_use(actor: Actor) -> list[Run]:
    """The run in use of each scheme the actor may see."""
    schemes = Scheme.objects.visible_to(actor).filter(current__isnull=False)
    rows = schemes.select_related("current__scheme__unit", "current__version", "current__model")
    return [scheme.current for scheme in rows if scheme.current is not None]


def get_identity(*, actor: Actor, uid: str) -> Identity:
    """One identity of a scheme the actor may see. Raises `fusion.not_found`."""
    for run in runs_in_use(actor):
        found = identity_in(run, uid)
        if found is not None:
            return found
    raise FusionNotFound


def identity_in(run: Run, uid: str) -> Identity | None:
    """The identity in a run's registry, or None."""
    material = material_of(run.scheme, run.version)
    found = read_identity(get_lake(), plan_of(run, material), uid)
    if found is None:
        return None
    return Identity(run.scheme, run, material, uid, found.state, found.since, found.merged_into, found.records)


def values_of(identity: Identity) -> dict[Attribute, list[Value]]:
    """For each attribute the values that the records tell, the one that stands first."""
    return read_values(get_lake(), plan_of(identity.run, identity.material), identity.uid)


def records_told(run: Run, material: Material, records: Sequence[str]) -> dict[str, dict[str, str]]:
    """{record: {attribute: what its source tells}}, with the freshness of the row under `fresh`."""
    return read_records(get_lake(), plan_of(run, material), records)


def life_of(identity: Identity) -> LifeFound | None:
    """The life status of a person and its evidence; None for a scheme without evidence of life."""
    return read_life(get_lake(), plan_of(identity.run, identity.material), identity.uid)


def model_kept(row: TrainedModel) -> LinkModel:
    """A kept model as linking takes it."""
    return LinkModel(PartyKind(row.kind), row.settings, row.trained_on, row.seed)


def weigh_pair(run: Run, left: str, right: str) -> tuple[float | None, tuple[Piece, ...]]:
    """The probability of a pair and what each attribute spoke for, by the run's model."""
    if run.model is None:
        return None, ()
    first, second = sorted((left, right))
    model, records = model_kept(run.model), records_table(run.scheme)
    pair = explain(get_lake(), model, records, first, second, version=run.records_version)
    pieces = tuple({"attribute": one.attribute, "level": one.level, "weight": one.weight} for one in pair.evidence)
    return pair.probability, pieces


def mask_for(material: Material, source: str, column: str) -> Mask:
    """How a column of a source is masked, as the catalogue says."""
    for item in items_of(material.entries[source]):
        if item.name == column and item.mask:
            return Mask(item.mask)
    return Mask.NONE


def shown_value(material: Material, source: str, attribute: str, value: str, *, clear: bool) -> str:
    """A value as somebody may see it: whole with the right to, else masked as its source's column is."""
    if clear or not value:
        return value
    column = material.source(source).columns.get(attribute, "")
    return mask_value(mask_for(material, source, column), value) or ""


def shown_key(material: Material, source: str, key: Mapping[str, str], *, clear: bool) -> str:
    """A record's key as somebody may see it."""
    parts = [value if clear else mask_value(mask_for(material, source, name), value) for name, value in key.items()]
    return " · ".join(part or "" for part in parts)


def search_identities(scheme: Scheme, *, by: str, value: str, limit: int = 50) -> list[Identity]:
    """Identities of a scheme by an exact identifier, name or record; the caller records the look-up."""
    run = scheme.current
    if run is None or by not in LOOKUPS or not value.strip():
        return []
    plan = plan_of(run, material_of(scheme, run.version))
    uids = look_up(get_lake(), plan, by=by, value=value.strip(), limit=limit)
    found = [identity_in(run, uid) for uid in uids]
    return [identity for identity in found if identity is not None]
