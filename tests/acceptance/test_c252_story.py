"""Clause 2.5.2: a call's story names the batch that brought the very row, and changes of single hosted rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now, today
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.files.api import store
from quanshu.sharing.services.api import carry_receipts, publish_snapshot, serve_entry
from quanshu.supply.hosting.api import Agreement, Change
from quanshu.supply.intake.api import Run, SourceData, create_source, run_now, start_run
from quanshu.supply.lake_store import get_lake
from support_monitoring import Node
from support_services import PERSON, QUERY

pytestmark = pytest.mark.django_db
OTHER = "370102199001010026"
HEADER = "citizen_id,name,born,street,informant\n"
BOTH = f"{HEADER}{PERSON},张三丰,1990-01-01,千佛山街道,\n{OTHER},李四,1990-01-02,舜华路街道,\n"
ONE = f"{HEADER}{PERSON},张三丰,1990-01-01,龙洞街道,\n"


@pytest.fixture
def node(settings: Any, tmp_path: Path) -> Node:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    return Node(settings, tmp_path)


def loaded(node: Node, text: str, mode: str) -> Run:
    """A file loaded by intake."""
    entry, name = node.city.entry, f"{mode}.csv"
    kept = store(actor=SYSTEM, name=name, stream=SimpleUploadedFile(name, text.encode()), now=now())
    data = SourceData(f"居民库 {mode}", "csv", mode, file_digest=kept.digest, file_name=name)
    source = create_source(actor=SYSTEM, now=now(), entry=entry, data=data)
    run = run_now(start_run(actor=SYSTEM, source=source, now=now()).uid, now())
    assert run.state == "landed", run.error
    return run


def changed_by_hand(node: Node, street: str) -> Change:
    """A row of the table changed under a hosting agreement, as one version of the lake."""
    entry, moment, lake = node.city.entry, now(), get_lake()
    agreement = Agreement.objects.create(
        entry=entry, unit=entry.unit, state="active", reason="统一托管", term_until=today() + timedelta(days=300),
        created_at=moment, created_by="公安数据专管员", updated_at=moment,
    )  # fmt: skip
    change = Change.objects.create(
        agreement=agreement, kind="edit", state="applied", by_uid="u", by_name="公安数据专管员", at=moment,
        decided_at=moment, version_before=lake.version(entry.lake_table),
    )  # fmt: skip
    rows = [row for row in lake.read(entry.lake_table).to_pylist() if row["citizen_id"] == PERSON]
    row = pa.Table.from_pylist([rows[0] | {"street": street}], schema=lake.schema(entry.lake_table))
    done = lake.upsert(entry.lake_table, row, ["citizen_id"], commit={"hosting": change.uid})
    change.version_after = done.version
    change.save()
    return change


def told(node: Node, person: str) -> dict[str, Any]:
    """The story of a call for a person, as the supplier's steward reads it."""
    serve_entry(node.city.entry.uid, now())
    publish_snapshot(now())
    with node.running() as gateway, GatewayClient(gateway.url, node.consumer.rid, node.secret) as client:
        answer = client.call(QUERY.sid, {"citizen_id": person})
    assert answer.status == 200, answer.body
    carry_receipts(now())
    steward = node.browser("steward")
    story: dict[str, Any] = steward.get(f"/api/v1/monitoring/story/{answer.receipt_id}").json()
    story["page"] = steward.get(f"/monitoring/story/{answer.receipt_id}/").content.decode()
    assert person not in story["page"]
    return story


def test_the_batch_of_a_single_row_is_named(node: Node) -> None:
    whole, one = loaded(node, BOTH, "full"), loaded(node, ONE, "upsert")
    story = told(node, PERSON)
    assert story["brought"] == [{"version": one.lake_version, "rows": 1, "run": one.uid, "change": None}]
    assert f"1 row came with version v{one.lake_version}." in story["page"]
    other = told(node, OTHER)
    assert other["brought"] == [{"version": whole.lake_version, "rows": 1, "run": whole.uid, "change": None}]


def test_a_change_of_a_single_hosted_row_is_a_batch_of_the_story(node: Node) -> None:
    whole = loaded(node, BOTH, "full")
    change = changed_by_hand(node, "建新街道")
    story = told(node, PERSON)
    assert [row["uid"] for row in story["changes"]] == [change.uid]
    assert story["brought"] == [{"version": change.version_after, "rows": 1, "run": None, "change": change.uid}]
    assert "Change of a hosted row" in story["page"]
    assert change.get_absolute_url() in story["page"]
    other = told(node, OTHER)
    assert other["brought"] == [{"version": whole.lake_version, "rows": 1, "run": whole.uid, "change": None}]
