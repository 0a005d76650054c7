"""Clause 2.2.3: masks agreed in a negotiation reach the grant, the gateway's answers, composites and bulk views."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_c223_demands import API, MONDAY, Caller, asked

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import freeze, now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.composition.api import (
    CompositionData,
    GraphData,
    InputData,
    NodeData,
    OutputData,
    create_composition,
    draw_graph,
    publish_composition,
)
from quanshu.sharing.services.api import Grant, Service, publish_snapshot
from quanshu.supply.lake_store import get_lake
from support_bulk import a_bulk_grant, refreshed
from support_composition import STREET
from support_services import (
    PERSON,
    QUERY,
    City,
    a_city,
    a_gateway,
    a_grant,
    a_service,
    an_account,
    an_application,
    use_folders,
)

pytestmark = pytest.mark.django_db
HIDDEN = "***"


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    with freeze(MONDAY - timedelta(days=5)):
        city = a_city()
        city.accounts["supplier"] = city.accounts["steward"]
        city.accounts["asker"] = an_account(city.units["labour"], "labsteward", "人社专管员", "steward")
        return city


def refused(city: City, consumer: Any) -> dict[str, Any]:
    """A demand that the supplier has refused."""
    demand = Caller(city, "bureau").step(asked(city, consumer), "pass")
    refusal: dict[str, Any] = Caller(city, "supplier").step(demand, "refuse", "街道信息不宜明文提供")
    return refusal


TERMS = {"fields_asked": ["name", "street"], "rate_per_minute": 60, "volume_per_day": 500, "terms": "街道不显示"}


def agreed(city: City, consumer: Any, masks: dict[str, str]) -> dict[str, Any]:
    """A demand agreed upon with these masks."""
    demand = refused(city, consumer)
    Caller(city, "asker").post(f"{API}/{demand['uid']}/propose", {**TERMS, "masks": masks})
    done: dict[str, Any] = Caller(city, "supplier").step(demand, "accept")
    return done


def test_agreed_masks_reach_the_grant_and_no_looser_one_is_taken(city: City) -> None:
    with freeze(MONDAY - timedelta(days=4)):
        consumer = an_application(city)[0]
        a_service(city)
    demand = refused(city, consumer)
    asker, address = Caller(city, "asker"), f"{API}/{demand['uid']}/propose"
    for masks in ({"name": "none"}, {"name": "hash"}, {"street": "stars"}, {"born": "full"}):
        fault = asker.post(address, {**TERMS, "masks": masks}, ok=422)
        assert [error["field"] for error in fault["errors"]] == [f"masks.{next(iter(masks))}"]
    page = asker.page(f"/demands/{demand['uid']}/propose/")
    assert 'name="mask_street"' in page
    rounds = asker.post(address, {**TERMS, "masks": {"street": "full"}})["rounds"]
    assert rounds[-1]["masks"] == {"street": "full"}
    done = Caller(city, "supplier").step(demand, "accept")
    assert (done["state"], done["masks"]) == ("in_use", {"street": "full"})
    grant = Grant.objects.get(uid=done["grant_uid"])
    assert grant.masks == {"street": "full"}
    shown = Caller(city, "asker")
    assert "Hidden in full" in shown.page(grant.get_absolute_url())
    assert "Mask agreed" in shown.page(f"/demands/{demand['uid']}/")
    with freeze(MONDAY):
        row = shown.client.get(f"/api/v1/services/grants/{grant.uid}").json()
    assert row["masks"] == {"street": "full"}


def test_a_grant_by_the_api_takes_only_stricter_masks(city: City) -> None:
    with freeze(MONDAY - timedelta(days=4)):
        consumer, service = an_application(city)[0], a_service(city)
    body = {
        "consumer_uid": consumer.uid, "service_uid": service.uid, "granted_fields": ["name", "born"],
        "purpose": "养老待遇资格认证", "rate_per_minute": 60, "valid_until": "2027-01-01T00:00:00+08:00",
    }  # fmt: skip
    with freeze(MONDAY):
        client = Caller(city, "bureau").client
        address = "/api/v1/services/grants"
        for masks in ({"born": "none"}, {"street": "full"}):
            answer = client.post(address, {**body, "masks": masks}, content_type="application/json")
            assert answer.status_code == 422, answer.content.decode()
        answer = client.post(address, {**body, "masks": {"born": "full"}}, content_type="application/json")
    assert answer.status_code == 201
    assert answer.json()["masks"] == {"born": "full"}


def test_answers_batches_and_composites_hide_what_was_agreed(city: City, settings: Any, tmp_path: Path) -> None:
    moment = now()
    consumer, secret = an_application(city)
    query = a_service(city)
    by_street = a_service(city, STREET)
    graph = GraphData(
        nodes=(
            NodeData("person", QUERY.sid, (InputData("citizen_id", "call.id"),)),
            NodeData("others", STREET.sid, (InputData("street", "person.street"),)),
        ),
        outputs=(OutputData("street", ("person.street",)), OutputData("found", ("others.name",), "all")),
    )
    data = CompositionData(sid="jn-ga-neighbours", name="街道居民", name_en="Neighbours")
    made = create_composition(actor=SYSTEM, now=moment, unit=city.units["bureau"], data=data)
    made = draw_graph(actor=SYSTEM, now=moment, composition=made, graph=graph)
    publish_composition(actor=SYSTEM, now=moment, composition=made)
    composite = Service.objects.get(sid="jn-ga-neighbours")
    a_grant(consumer, query, masks={"street": "full"})
    a_grant(consumer, by_street, ("name", "street"))
    a_grant(consumer, composite, ("street", "found"), masks={"found": "full"})
    with a_gateway(settings, tmp_path, moment) as process, GatewayClient(process.url, consumer.rid, secret) as client:
        found = client.call(QUERY.sid, {"citizen_id": PERSON})
        assert found.body["data"] == [{"name": "张**", "street": HIDDEN}]
        found = client.call_batch(QUERY.sid, [{"citizen_id": PERSON}], fields=["street"])
        assert found.body["items"][0]["data"] == [{"street": HIDDEN}]
        # The street is hidden from the caller, and still leads to the other part.
        found = client.call(composite.sid, {"id": PERSON})
        assert found.body["data"] == [{"street": HIDDEN, "found": [HIDDEN]}], found.body


def test_a_bulk_view_of_the_application_hides_it_too(city: City, django_capture_on_commit_callbacks: Any) -> None:
    moment: datetime = MONDAY - timedelta(days=4)
    with freeze(moment):
        consumer = an_application(city)[0]
        a_service(city)
        early = a_bulk_grant(city, consumer)
    before = early.view
    assert get_lake().read(before, columns=["street"]).column("street").to_pylist() == ["千佛山街道"]
    agreed(city, consumer, {"street": "full"})
    with freeze(MONDAY):
        while dispatch(now=MONDAY):
            pass
        early.refresh_from_db()
        assert early.view != before
        late = a_bulk_grant(city, consumer, table_name="again")
        for grant in (refreshed(early), late):
            assert grant.masks["street"] == "full"
            assert get_lake().read(grant.view, columns=["street"]).column("street").to_pylist() == [HIDDEN]
    assert BulkGrant.objects.count() == 2
    assert publish_snapshot(MONDAY) is not None
