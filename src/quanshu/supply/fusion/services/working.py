"""Working a run out: its tables written beside those in use, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.ids import new_uid
from quanshu.lake.linking import fusion_counts, prepare_records, score, train
from quanshu.lake.linking.types import Decision as PairDecision
from quanshu.lake.linking.types import Grouping, LinkModel, PartyKind, Prepared
from quanshu.lake.registry import NO_PAIRS, PLACED, RESULTS, Candidate, Near, Workshop, find_candidates
from quanshu.shared.jobs import api as jobs
from quanshu.supply.fusion import rules
from quanshu.supply.fusion.models import Decision, Run
from quanshu.supply.fusion.queries.identities import model_kept
from quanshu.supply.fusion.queries.material import Material, material_of, plan_of, records_table
from quanshu.supply.fusion.types import (
    Change,
    Happening,
    IdentityState,
    Link,
    Settlement,
    SourceEmpty,
    Stage,
    Verdict,
)
from quanshu.supply.lake_store import get_engine, get_lake

TRAINED = "trained"


@dataclass(slots=True)
class Outcome:
    """What a run found, besides its tables."""

    model: LinkModel
    changes: tuple[Change, ...] = ()
    decided: frozenset[str] = frozenset()
    candidates: list[Candidate] = field(default_factory=list)
    tables: dict[str, tuple[str, int]] = field(default_factory=dict)


def reach(run: Run, stage: Stage) -> None:
    """Say how far a run has come."""
    run.stage = stage
    Run.objects.filter(pk=run.pk).update(stage=stage)
    jobs.heartbeat()


def make(run: Run, now: datetime) -> Outcome:
    """Write the run's tables. Raises SourceEmpty and what the lake refuses."""
    lake, material, before = get_lake(), material_of(run.scheme, run.version), run.scheme.current
    same = before is not None and before.version_id == run.version_id and run.cause != TRAINED
    run.inputs = pinned(material)
    records = records_table(run.scheme)
    prepared = prepare_records(
        lake,
        material.record_sources(run.inputs),
        kind=material.kind,
        into=records,
        since=read_before(run, before) if same else None,
        commit={"run": run.uid},
    )
    run.records_version = prepared.version
    outcome = Outcome(model_for(run, before))
    with lake.connect() as connection:
        earlier = plan_of(before, material_of(run.scheme, before.version)) if before is not None else None
        shop = Workshop(lake, connection, plan_of(run, material), before=earlier, now=now.isoformat())
        touched = shop.find_touched(everything=not same)
        reach(run, Stage.COMPARING)
        pairs = NO_PAIRS
        if touched is None or touched:
            threshold, version = run.version.review_at, run.records_version
            found = score(lake, outcome.model, records, new=touched, threshold=threshold, version=version)
            pairs = found.pairs
        shop.write_pairs(pairs, everything=touched is None)
        reach(run, Stage.GROUPING)
        work_out(run, shop, outcome, everything=touched is None, now=now)
        run.figures = shop.figures() | {
            "touched": prepared_size(prepared) if touched is None else len(touched),
            "unreadable": sum(prepared.unreadable.values()),
            "pairs": pairs.num_rows,
            **counted(shop),
        }
    return outcome


def counted(shop: Workshop) -> dict[str, Any]:
    """Records of each source and identities that each two sources share, counted by the node's engine."""
    links, engine = shop.plan.table("links"), get_engine()
    counts = fusion_counts(shop.lake, shop.plan.records, members=links, party="identity", engine=engine)
    return {"by_source": counts.records, "shared": [[*pair, number] for pair, number in counts.overlaps.items()]}


def prepared_size(prepared: Prepared) -> int:
    """How many records there are."""
    return sum(prepared.counts.values())


def read_before(run: Run, before: Run | None) -> dict[str, int]:
    """{source: the version of its table that the run in use read}, of sources whose table is still the same."""
    known = before.inputs if before is not None else {}
    return {name: version for name, (table, version) in known.items() if run.inputs.get(name, [""])[0] == table}


def work_out(run: Run, shop: Workshop, outcome: Outcome, *, everything: bool, now: datetime) -> None:
    """Groups, identities and what follows from them, each written as a table of the run."""
    link_at, before = run.version.link_at, run.scheme.current
    decisions = list(run.scheme.decisions.filter(undone_at__isnull=True).order_by("decided_at", "id"))
    undone = list(run.scheme.decisions.filter(undone_at__gte=before.queued_at)) if before else []
    pairs = pair_decisions(decisions)
    named = {record for one in (*decisions, *undone) for record in (*one.left, *one.right)}
    shop.find_scope(link_at, named=named, everything=everything)
    grouping, near = shop.regroup(link_at, pairs)
    moved = {record for one in decisions if one.verdict == Verdict.DIFFERENT and one.identity for record in one.left}
    held, since = shop.held_before()
    settlement = rules.settle(
        grouping.groups, held, age=lambda uid: (since.get(uid, ""), uid), mint=new_uid, moved=moved, rank=ranking(shop)
    )
    reach(run, Stage.WRITING)
    merged = {one.identity: one.other for one in settlement.changes if one.happening == Happening.MERGED}
    shop.write_links(placed(shop, grouping, near, settlement, pairs), merged)
    turned = [
        Change(Happening.ENDED if state == IdentityState.ENDED else Happening.RETURNED, uid, "", count)
        for uid, state, count in shop.write_identities()
    ]
    outcome.changes = (*settlement.changes, *turned)
    recent = [one for one in (*decisions, *undone) if before and touched_since(one, before)]
    records = {record for one in recent for record in (*one.left, *one.right)}
    outcome.decided = frozenset(settlement.identities[record] for record in records if record in settlement.identities)
    shop.write_products(now.astimezone(CITY_TZ).date().isoformat())
    outcome.candidates = find_candidates(shop, grouping, link_at=link_at, decisions=pairs)
    tables = {what: shop.plan.table(what) for what in RESULTS}
    outcome.tables = {
        what: (table, shop.lake.count(table)) for what, table in tables.items() if shop.lake.exists(table)
    }


def ranking(shop: Workshop) -> Callable[[str], tuple[int, str]]:
    """Orders records by the rank of their sources, then by name."""
    places = {source.name: place for place, source in enumerate(shop.plan.sources)}
    return lambda record: (places.get(record.partition(":")[0], len(places)), record)


def pair_decisions(decisions: Sequence[Decision]) -> list[PairDecision]:
    """Decisions over lists of records as decisions over pairs: all the same, or none of one side with the other."""
    found = []
    for decision in decisions:
        if decision.verdict == Verdict.SAME:
            together = sorted({*decision.left, *decision.right})
            found += [PairDecision(one, other, True) for one, other in pairwise(together)]
        elif decision.verdict == Verdict.DIFFERENT:
            found += [PairDecision(one, other, False) for one in decision.left for other in decision.right]
    return found


def placed(
    shop: Workshop,
    grouping: Grouping,
    near: Sequence[Near],
    settlement: Settlement,
    decisions: Sequence[PairDecision],
) -> pa.Table:
    """Every grouped record with its identity, what it hangs on there, and how."""
    identity = settlement.identities
    edges: dict[str, list[tuple[str, str, Link, float]]] = {}
    for one in decisions:
        if one.same and one.left in identity and identity[one.left] == identity.get(one.right):
            edges.setdefault(identity[one.left], []).append((one.left, one.right, Link.DECIDED, 1.0))
    for left, right, probability, by_identifier in near:
        if identity[left] == identity[right]:
            how = Link.IDENTIFIER if by_identifier else Link.SCORED
            edges.setdefault(identity[left], []).append((left, right, how, probability))
    columns: dict[str, list[Any]] = {name: [] for name in PLACED.names}
    rank = ranking(shop)
    for members in grouping.groups:
        uid = identity[members[0]]
        for record, (via, how, probability) in rules.link_tree(members, edges.get(uid, ()), rank=rank).items():
            for name, value in zip(columns, (record, uid, str(how), via, probability), strict=True):
                columns[name].append(value)
    return pa.table(columns, schema=PLACED)


def touched_since(decision: Decision, before: Run) -> bool:
    """Whether a decision was made or undone after the run before was asked for."""
    return max(decision.decided_at, decision.undone_at or decision.decided_at) >= before.queued_at


def pinned(material: Material) -> dict[str, list[Any]]:
    """{source: [its table, the version read]}. Raises SourceEmpty."""
    lake = get_lake()
    found: dict[str, list[Any]] = {}
    for source in material.sources:
        table = material.entries[source.name].lake_table
        if not lake.exists(table):
            raise SourceEmpty(name=source.name)
        found[source.name] = [table, lake.version(table)]
    return found


def model_for(run: Run, before: Run | None) -> LinkModel:
    """The model of the run before, or one trained now."""
    kept = before.model if before is not None else None
    if kept is not None and run.cause != TRAINED:
        run.model = kept
        return model_kept(kept)
    reach(run, Stage.TRAINING)
    return train(get_lake(), records_table(run.scheme), PartyKind(run.scheme.kind), version=run.records_version)
