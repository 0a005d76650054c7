"""Services of other shapes: statistics of the population and of enterprises, and a check that asks three registers."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.privacy import assess
from quanshu.demo.play.sharing import Key
from quanshu.demo.play.supply import Say, wait
from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel.clock import now
from quanshu.sharing.composition.api import (
    Composition,
    CompositionData,
    GraphData,
    InputData,
    NodeData,
    OutputData,
    create_composition,
    draw_graph,
    publish_composition,
)
from quanshu.sharing.services.api import (
    Consumer,
    Grant,
    GroupData,
    MeasureData,
    Service,
    ServiceData,
    Shape,
    StatisticData,
    create_grant,
    create_service,
    fields_of,
    publish_service,
)
from quanshu.supply.catalogue.api import Entry

# Jinan's districts and counties, as the first six digits of a division code say them.
DISTRICTS = (
    *("370102", "370103", "370104", "370105", "370112", "370113"),
    *("370114", "370115", "370116", "370117", "370124", "370126"),
)
DISTRICT = GroupData("district", "division_code", "prefix", 6, values=DISTRICTS, title="区县", title_en="District")
POPULATION, FIRMS, CHECK = "jn-ga-population-statistic", "jn-sc-enterprise-statistic", "jn-sj-eligibility-check"
STATISTICS: dict[Key, ServiceData] = {
    ("public_security", "resident"): ServiceData(
        POPULATION,
        "户籍人口统计",
        Shape.STATISTIC,
        (),
        name_en="Registered population statistic",
        abstract="按区县、性别和年龄段统计户籍人口；人数过少的单元格不公布。",
        abstract_en="Registered residents by district, sex and age band; small cells are not told.",
        statistic=StatisticData(
            groups=(
                DISTRICT,
                GroupData("sex", "sex_code", values=("1", "2"), title="性别", title_en="Sex"),
                GroupData("age", "birth_date", "bands", edges=(18, 35, 60), title="年龄段", title_en="Age band"),
            ),
            measures=(MeasureData("count"), MeasureData("share", "share")),
        ),
    ),
    ("market_regulation", "enterprise"): ServiceData(
        FIRMS,
        "企业登记统计",
        Shape.STATISTIC,
        (),
        name_en="Registered enterprise statistic",
        abstract="按区县和行业统计企业数量和注册资本；少数企业占主要份额的单元格不公布。",
        abstract_en="Enterprises and their capital by district and industry; dominated cells are not told.",
        statistic=StatisticData(
            groups=(DISTRICT, GroupData("industry", "industry_code", title="行业门类", title_en="Industry")),
            measures=(MeasureData("count"), MeasureData("average_capital", "average", "capital")),
        ),
    ),
}
NAMES = CompositionData(
    CHECK,
    "入学补贴资格一次核查",
    name_en="One-call eligibility check",
    abstract="一次调用核对户籍、婚姻登记和不动产权属，用于入学和补贴资格核查。",
    abstract_en="Asks the registers of residents, marriages and property at once, for school places and subsidies.",
)
GRAPH = GraphData(
    nodes=(
        NodeData("person", "jn-ga-resident-query", (InputData("citizen_id", "call.citizen_id"),)),
        NodeData("husband", "jn-mz-marriage-query", (InputData("husband_id", "call.citizen_id"),), required=False),
        NodeData("wife", "jn-mz-marriage-query", (InputData("wife_id", "call.citizen_id"),), required=False),
        NodeData(
            "property",
            "jn-zr-property-verify",
            (InputData("owner_id", "call.citizen_id"), InputData("certificate_no", "call.certificate_no")),
            required=False,
        ),
    ),
    outputs=(
        OutputData("name", ("person.name",)),
        OutputData("division_code", ("person.division_code",)),
        OutputData("register_status", ("person.status_code",)),
        OutputData("marriage_status", ("husband.status_code", "wife.status_code")),
        OutputData("owns_property", ("property.result",)),
    ),
)
PARTS = {"jn-mz-marriage-query": ("status_code",), "jn-zr-property-verify": ("owner_id",)}


def statistics(cast: Cast, entries: dict[Key, Entry]) -> list[Service]:
    """The statistics, drafted and published by the bureau."""
    bureau, found = cast.actors["bureau"], []
    for key, data in STATISTICS.items():
        service = Service.objects.filter(sid=data.sid).first()
        if service is None:
            entry = Entry.objects.select_related("unit").get(pk=entries[key].pk)
            service = create_service(actor=bureau, now=now(), entry=entry, data=data)
        if service.state == "draft" and service.served_version is None:
            assess(cast, service)
            service = publish_service(actor=bureau, now=now(), service=service)
        found.append(service)
    return found


def composite(cast: Cast) -> Service:
    """The check, drawn and published by the bureau."""
    bureau = cast.actors["bureau"]
    row = Composition.objects.filter(sid=CHECK).first()
    if row is None:
        unit = cast.units["bureau"]
        row = create_composition(actor=bureau, now=now(), unit=unit, data=NAMES)
        row = draw_graph(actor=bureau, now=now(), composition=row, graph=GRAPH)
    if row.state == "draft":
        row = publish_composition(actor=bureau, now=now(), composition=row)
    return Service.objects.get(sid=CHECK)


def grants(cast: Cast, consumer: Consumer, services: list[Service]) -> None:
    """What the department's application needs: the services themselves, and each part of the check."""
    wanted = {service.sid: tuple(fields_of(service)) for service in services} | PARTS
    for sid, fields in wanted.items():
        service = Service.objects.get(sid=sid)
        if Grant.objects.filter(consumer=consumer, service=service, revoked_at__isnull=True).exists():
            continue
        create_grant(
            actor=cast.actors["bureau"],
            now=now(),
            consumer=consumer,
            service=service,
            fields=fields,
            purpose="入学和补贴资格核查",
            rate_per_minute=600,
            daily_limit=5000,
            valid_until=now() + timedelta(days=365),
        )


def called(client: GatewayClient, sid: str, parameters: dict[str, Any]) -> Answer:
    """A call; grants reach the gateway within a second, so a refusal is tried again."""
    for _ in range(20):
        answer = client.call(sid, parameters, case_number="DEMO-0002")
        if answer.ok and all(part["outcome"] == "ok" for part in answer.body.get("parts", ())):
            break
        time.sleep(0.5)
    if not answer.ok:
        raise SystemExit(f"The gateway refused the demo's call of {sid}: {answer.body}")
    return answer


def play_shapes(
    cast: Cast, entries: dict[Key, Entry], application: tuple[Consumer, str], citizen: str, say: Say
) -> None:
    """Publish, grant and call statistics and a composite, and verify a thousand keys in one call."""
    consumer, secret = application
    found = [*statistics(cast, entries), composite(cast)]
    keys = [service.pk for service in found]
    answering = Service.objects.filter(pk__in=keys, probe_ok=True)
    wait("statistics and composites to wait for", lambda: len(keys) - answering.count(), say, seconds=180)
    grants(cast, consumer, found)
    with GatewayClient(settings.QUANSHU_GATEWAY_URL, consumer.rid, secret) as client:
        counted = called(client, POPULATION, {"groups": ["district"], "measures": ["count"]})
        hidden = sum(row["count"] == "*" for row in counted.body["data"])
        say(f"population by district: {len(counted.body['data'])} cells, {hidden} not told")
        called(client, FIRMS, {"groups": ["industry"]})
        checked = called(client, CHECK, {"citizen_id": citizen, "certificate_no": "鲁(2026)济南市不动产权第0000000号"})
        say(f"one call to {len(checked.body['parts'])} registers: {checked.body['data'][0]}")
        batch = client.call_batch("jn-ga-resident-query", [{"citizen_id": citizen}] * 100, fields=["status_code"])
        if not batch.ok:
            raise SystemExit(f"The gateway refused the demo's batch: {batch.body}")
        say(f"{batch.body['answered']} of {batch.body['total']} keys answered in one signed call")
