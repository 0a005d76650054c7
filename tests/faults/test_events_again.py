"""Events delivered twice and out of order: what the rooms hold stays as it was."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from support_node import Node, run_demo, wait_until

# What is computed again from the same data: rows of runs, and the audit entries of these. The node goes on probing,
# and rolls its probes up. A serving table is put in force again and published (from the same version of the data, so
# without a landing of its own), and a view that is up to date is looked at once more.
COMPUTED = {
    "catalogue.SearchPosting",
    "services.Exchange",
    "services.JournalCursor",
    "quality.RuleResult",
    "quality.Scan",
    "services.Probe",
    "services.Serving",
    "services.Publication",
    "bulk.ViewRefresh",
    "development.ProbeRoll",
    "development.ProbeCursor",
    "development.Outage",
    "libraries.Build",
    "fusion.Run",
    "audit.AuditEntry",
    "audit.LedgerLeaf",
    "audit.TreeHead",
}
# References to the newest such run.
NEWEST = {"last_seen_id", "current_id", "lake_table", "source_table"}
PICTURE = """
import json
from django.apps import apps
from django.db import models
# Monitoring and the ledger hear no events: they follow the running node, and what it has to do about a witness.
apart = {"jobs", "outbox", "sessions", "contenttypes", "auth", "monitoring", "ledger"}
answer = {}
for model in apps.get_models():
    if model._meta.app_label in apart:
        continue
    names = [field.attname for field in model._meta.concrete_fields if not isinstance(field, models.DateTimeField)]
    rows = model._default_manager.order_by("pk")
    if model._meta.label == "workflow.TodoItem":
        rows = rows.exclude(subject_kind__startswith="ledger.")
    for row in rows.values(*names):
        answer[f"{model._meta.label}:{row.pop(model._meta.pk.attname)}"] = json.dumps(row, default=str, sort_keys=True)
"""
AGAIN = """
import random
from django.db import transaction
from quanshu.shared.outbox.models import OutboxEvent
from quanshu.shared.outbox.registry import Event, handlers_of
rows = list(OutboxEvent.objects.order_by("id"))
order = [*rows, *rows]
random.Random(20261125).shuffle(order)
failed, delivered = {}, 0
for row in order:
    for name, handler in handlers_of(row.name).items():
        try:
            with transaction.atomic():
                handler(Event(row.uid, row.name, row.payload, row.at))
            delivered += 1
        except Exception as fault:
            failed[f"{row.name} > {name}"] = repr(fault)
answer = {"events": len(rows), "delivered": delivered, "failed": failed}
"""
IDLE = """
from quanshu.shared.jobs.models import Job
from quanshu.shared.outbox.models import Delivery, OutboxEvent
answer = not (
    Job.objects.filter(state__in=["queued", "running"]).exclude(key__startswith="periodic:").exists()
    or Delivery.objects.filter(state="waiting").exists()
    or OutboxEvent.objects.filter(fanned_out=False).exists()
)
"""


pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with run_demo(tmp_path_factory.mktemp("events") / "node", residents=300) as node:
        yield node


def differences(before: dict[str, str], after: dict[str, str]) -> dict[str, Any]:
    """Rows that came, went or changed, those of computed runs left out."""
    came = Counter(key.partition(":")[0] for key in after.keys() - before.keys())
    changed = {}
    for key in before.keys() & after.keys():
        old, new = json.loads(before[key]), json.loads(after[key])
        fields = {name for name in old if old[name] != new[name]} - NEWEST
        if fields and key.partition(":")[0] not in COMPUTED:
            changed[key] = sorted(fields)
    return {
        "came": {label: count for label, count in came.items() if label not in COMPUTED},
        "went": sorted(before.keys() - after.keys()),
        "changed": changed,
    }


def test_events_delivered_again_and_in_any_order_change_nothing(node: Node) -> None:
    wait_until(lambda: node.inside(IDLE), 120, "the node has not come to rest")
    before = node.inside(PICTURE)
    told = node.inside(AGAIN)
    assert told["failed"] == {}
    assert told["events"] > 300
    assert told["delivered"] > 300
    wait_until(lambda: node.inside(IDLE), 120, "the node has not come to rest again")
    assert differences(before, node.inside(PICTURE)) == {"came": {}, "went": [], "changed": {}}
