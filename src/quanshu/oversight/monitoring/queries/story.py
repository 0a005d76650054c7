"""A call's whole story: from its receipt back to the batch its data came with, and on to its place in the trail."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Max

from quanshu.shared.access.api import Actor
from quanshu.shared.audit.api import AuditEntry, LedgerLeaf, history, inclusion_of, leaf_of
from quanshu.sharing.demands.api import Demand
from quanshu.sharing.services.api import (
    Brought,
    Exchange,
    Grant,
    ServiceVersion,
    Serving,
    brought_by,
    get_exchange,
    single_changes,
)
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.hosting.api import Change
from quanshu.supply.intake.api import Run
from quanshu.supply.libraries.api import Build
from quanshu.supply.quality.api import Scan

MOST_BATCHES = 20
APPROVALS = ("demands.demand.",)


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry's place in the audit tree: its path leads from the leaf to the root of the newest head."""

    sequence: int
    leaf: str
    size: int
    root: str
    path: tuple[str, ...]
    holds: bool


@dataclass(slots=True)
class Story:
    """Everything that led to an answer. Parts the reader may not see are None or empty, and said to be hidden."""

    call: Exchange
    grant: Grant | None = None
    demand: Demand | None = None
    approvals: list[AuditEntry] = field(default_factory=list)
    version: ServiceVersion | None = None
    entry: Entry | None = None
    serving: Serving | None = None
    batches: list[Run] = field(default_factory=list)
    builds: list[Build] = field(default_factory=list)
    brought: list[Brought] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    audit: AuditEntry | None = None
    leaf: LedgerLeaf | None = None
    proof: Proof | None = None
    trace: list[AuditEntry] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def call_story(*, actor: Actor, receipt_id: str) -> Story:
    """The story of a call the actor may see. Raises ExchangeNotFound.

    Which batches: those landed in the entry's table up to the version served, from the newest whole load on, and
    changes of single rows of a hosted table. Which of them brought the rows answered with is found by their marks.
    """
    call = get_exchange(actor=actor, receipt_id=receipt_id.strip())
    story = Story(call)
    add_right(story, actor)
    if call.service is not None:
        add_data(story, actor)
    story.audit = AuditEntry.objects.filter(object_kind="services.exchange", object_uid=call.receipt_id).first()
    if story.audit is not None:
        story.leaf = leaf_of(story.audit)
        found = inclusion_of(story.audit)
        if found is not None:
            story.proof = Proof(
                found.sequence, found.leaf.hex(), found.size, found.root.hex(),
                tuple(part.hex() for part in found.path), found.holds,
            )  # fmt: skip
    if call.trace_id:
        rows = AuditEntry.objects.visible_to(actor).filter(trace_id=call.trace_id)
        story.trace = list(rows.exclude(object_uid=call.receipt_id).order_by("at", "id")[:50])
    return story


def add_right(story: Story, actor: Actor) -> None:
    """Why the call was allowed: grant, demand, who approved what."""
    call = story.call
    if not call.grant_uid:
        return
    story.grant = Grant.objects.visible_to(actor).filter(uid=call.grant_uid).select_related("consumer__unit").first()
    if story.grant is None:
        story.hidden.append("grant")
        return
    if story.grant.demand_uid:
        story.demand = Demand.objects.visible_to(actor).filter(uid=story.grant.demand_uid).first()
        if story.demand is None:
            story.hidden.append("demand")
        else:
            rows = history("demands.demand", story.demand.uid).order_by("at", "id")
            story.approvals = list(rows[:50])


def add_data(story: Story, actor: Actor) -> None:
    """What was answered from: the service's version, the serving table, the data's version, and its batches."""
    call = story.call
    service = call.service
    if service is None:
        return
    story.version = ServiceVersion.objects.filter(service=service, number=call.service_version).first()
    story.entry = Entry.objects.select_related("unit").filter(pk=service.entry_id).first()
    rows = Serving.objects.filter(service=service, snapshot_version__lte=call.snapshot_version)
    story.serving = rows.order_by("-snapshot_version", "-at", "-id").first()
    if story.serving is None or story.entry is None:
        return
    landed = Run.objects.filter(source__entry=story.entry, state="landed", lake_version__lte=story.serving.lake_version)
    visible = landed.filter(pk__in=Run.objects.visible_to(actor).values("pk"))
    if landed.exists() and not visible.exists():
        story.hidden.append("batches")
    story.batches = since_whole(visible, story.serving.at)
    whole = [run.lake_version for run in story.batches if run.source.mode == "full" and run.lake_version is not None]
    story.changes = single_changes(
        story.entry,
        actor,
        after=max(whole, default=-1),
        until=story.serving.lake_version,
        most=MOST_BATCHES,
    )
    story.brought = brought_by(call, story.serving, story.entry, actor)
    versions = [run.lake_version for run in story.batches if run.lake_version is not None]
    top = max(versions, default=story.serving.lake_version)
    scans = Scan.objects.filter(entry=story.entry, lake_version__lte=top).exclude(ended_at=None)
    newest = scans.aggregate(v=Max("lake_version"))["v"]
    story.scans = list(scans.filter(lake_version=newest).order_by("-ended_at")[:5]) if newest is not None else []
    story.builds = list(
        Build.objects.filter(lake_table=story.serving.lake_table).select_related("model__library__unit", "version")[:5]
    )


def since_whole(landed: Any, served_at: datetime) -> list[Run]:
    """The batches a table's version consists of: back to the newest load of the whole table, the newest first."""
    found: list[Run] = []
    rows = landed.filter(ended_at__lte=served_at).select_related("source__unit").order_by("-lake_version", "-ended_at")
    for run in rows[:MOST_BATCHES]:
        found.append(run)
        if run.source.mode == "full":
            break
    return found
