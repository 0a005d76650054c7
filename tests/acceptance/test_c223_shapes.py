"""Clause 2.2.3: statistics and composites are found, asked for by themselves, and granted, through HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from test_c223_demands import API, MONDAY, Caller
from test_c261_statistic import people

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import freeze, now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import dispatch
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
from quanshu.sharing.demands.api import Demand
from quanshu.sharing.services.api import (
    Grant,
    GroupData,
    MeasureData,
    Service,
    ServiceData,
    StatisticData,
    create_service,
    publish_service,
    serve_entry,
)
from quanshu.supply.lake_store import get_lake
from support_services import (
    PERSON,
    QUERY,
    City,
    a_city,
    a_gateway,
    a_grant,
    a_service,
    an_application,
    an_entry,
    assess,
    use_folders,
)

pytestmark = pytest.mark.django_db
BODY = {
    "title": "Figures for pension planning",
    "purpose": "Planning of pension offices",
    "legal_basis": "Social Insurance Law, article 74",
    "valid_until": (MONDAY + timedelta(days=300)).date().isoformat(),
    "volume_per_day": 500,
    "rate_per_minute": 60,
}
STATISTIC = ServiceData(
    sid="jn-ga-population",
    name="人口统计",
    name_en="Population",
    shape="statistic",
    parameters=(),
    statistic=StatisticData(
        groups=(GroupData("area", "street", title="街道", title_en="Street"),),
        measures=(MeasureData("count"),),
        least=10,
    ),
)


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    with freeze(MONDAY - timedelta(days=5)):
        city = a_city()
        city.accounts["supplier"] = city.accounts["steward"]
        return city


def confirmed(city: City, body: dict[str, Any]) -> dict[str, Any]:
    """A demand written over the API, passed by the bureau and confirmed by the supplier."""
    developer = Caller(city, "developer")
    draft = developer.post(API, body)
    Caller(city, "bureau").step(developer.step(draft, "submit"), "pass")
    done: dict[str, Any] = Caller(city, "supplier").step(draft, "confirm")
    return done


def test_a_statistic_is_suggested_asked_for_and_granted(city: City, settings: Any, tmp_path: Path) -> None:
    with freeze(MONDAY - timedelta(days=4)):
        consumer, secret = an_application(city)
        get_lake().overwrite(city.entry.lake_table, people())
        service = a_service(city, STATISTIC)
        query = a_service(city)
    developer = Caller(city, "developer")
    with freeze(MONDAY):
        address = f"/api/v1/demands/match?entry_uid={city.entry.uid}&fields=street,name"
        found = developer.client.get(address).json()["services"]
    assert [(row["sid"], row["shape"], row["has"]) for row in found] == [
        (query.sid, "query", ["street", "name"]),
        (service.sid, "statistic", ["street"]),
    ]
    page = developer.page(f"/demands/new/?entry={city.entry.uid}")
    assert f"/demands/new/?service={service.uid}" in page
    form = developer.page(f"/demands/new/?entry={city.entry.uid}&service={service.uid}")
    assert 'value="area"' in form
    assert 'value="count"' in form
    assert 'value="citizen_id"' not in form

    body = {**BODY, "service_uid": service.uid, "consumer_uid": consumer.uid}
    fault = developer.post(API, {**body, "fields_asked": ["area", "name"]}, ok=422)
    assert fault["errors"][0]["field"] == "fields"
    queried = {**body, "service_uid": query.uid, "fields_asked": ["name"]}
    assert developer.post(API, queried, ok=422)["code"] == "demands.service_not_askable"
    with freeze(MONDAY):
        posted = {**BODY, "consumer": consumer.uid, "fields_asked": ["area", "count"]}
        answer = developer.client.post(f"/demands/new/?service={service.uid}", posted)
    assert answer.status_code == 302
    assert Demand.objects.get().wanted == service

    demand = confirmed(city, {**body, "fields_asked": ["area", "count"]})
    assert (demand["state"], demand["sid"], demand["wanted_sid"]) == ("in_use", service.sid, service.sid)
    grant = Grant.objects.get(uid=demand["grant_uid"])
    assert (grant.service, grant.fields, grant.daily_limit) == (service, ["area", "count"], 500)
    assert "Population" in developer.page(f"/demands/{demand['uid']}/")
    Grant.objects.update(valid_from=now() - timedelta(days=1), valid_until=now() + timedelta(days=1))
    with a_gateway(settings, tmp_path, now()) as process, GatewayClient(process.url, consumer.rid, secret) as client:
        cells = client.call(service.sid, {"groups": ["area"], "measures": ["count"]}).body["data"]
    assert {"area": "千佛山街道", "count": 60} in cells


def a_composite(city: City, other: Service) -> Service:
    """A composite of the police's query and another unit's."""
    graph = GraphData(
        nodes=(
            NodeData("person", QUERY.sid, (InputData("citizen_id", "call.id"),)),
            NodeData("aid", other.sid, (InputData("citizen_id", "call.id"),)),
        ),
        outputs=(OutputData("name", ("person.name",)), OutputData("place", ("aid.street",))),
    )
    data = CompositionData(sid="jn-one-call", name="一次查询", name_en="One call")
    made = create_composition(actor=SYSTEM, now=now(), unit=city.units["bureau"], data=data)
    made = draw_graph(actor=SYSTEM, now=now(), composition=made, graph=graph)
    made = publish_composition(actor=SYSTEM, now=now(), composition=made)
    assert made.service is not None
    serve_entry(city.entry.uid, now())
    return Service.objects.get(pk=made.service.pk)


def test_a_composite_is_granted_with_its_parts_once_other_units_have(city: City, settings: Any, tmp_path: Path) -> None:
    with freeze(MONDAY - timedelta(days=4)):
        consumer, secret = an_application(city)
        own = a_service(city)
        entry = an_entry(city.units["civil"], name="低保人员信息")
        other = create_service(actor=SYSTEM, now=now(), entry=entry, data=replace(QUERY, sid="jn-mz-aid-query"))
        assess(other)
        publish_service(actor=SYSTEM, now=now(), service=other)
        serve_entry(entry.uid, now())
        service = a_composite(city, other)
    with freeze(MONDAY):
        address = f"/api/v1/demands/match?entry_uid={entry.uid}&fields=street"
        found = Caller(city, "developer").client.get(address).json()["services"]
    assert [(row["sid"], row["has"]) for row in found] == [(other.sid, ["street"]), (service.sid, ["street"])]

    body = {**BODY, "service_uid": service.uid, "consumer_uid": consumer.uid, "fields_asked": ["name", "place"]}
    demand = confirmed(city, body)
    assert demand["state"] == "developing"
    states = {part["sid"]: (part["fields"], part["state"]) for part in demand["parts"]}
    assert states == {own.sid: (["name"], "own"), other.sid: (["street"], "missing")}
    bureau = Caller(city, "bureau")
    assert bureau.step(demand, "grant", ok=409)["code"] == "demands.parts_not_granted"
    page = bureau.page(f"/demands/{demand['uid']}/")
    assert "To be granted by its unit" in page
    assert f"/demands/new/?entry={entry.uid}" in page
    assert not Grant.objects.exists()

    with freeze(MONDAY):
        theirs = a_grant(consumer, other, ("street",))
        while dispatch(now=MONDAY):
            pass
    granted = Demand.objects.get(uid=demand["uid"])
    assert granted.state == "in_use"
    made = {grant.service.sid: grant.fields for grant in Grant.objects.filter(demand_uid=granted.uid)}
    assert made == {service.sid: ["name", "place"], own.sid: ["name"]}
    Grant.objects.update(valid_from=now() - timedelta(days=1), valid_until=now() + timedelta(days=1))
    with a_gateway(settings, tmp_path, now()) as process, GatewayClient(process.url, consumer.rid, secret) as client:
        answer = client.call(service.sid, {"id": PERSON})
    assert answer.body["data"] == [{"name": "张**", "place": "千佛山街道"}]

    with freeze(MONDAY):
        Grant.objects.update(valid_until=MONDAY + timedelta(days=30))
    Caller(city, "developer").step(demand, "close", "The work is done")
    left = Grant.objects.filter(revoked_at__isnull=True)
    assert list(left) == [theirs]
