"""The city's data in use: services published, one demand played to its signed call."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.privacy import assess
from quanshu.demo.play.supply import Say, wait
from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel.clock import now, today
from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.kernel.identifiers.uscc import check_character as uscc_check
from quanshu.sharing.demands.api import (
    Demand,
    DemandData,
    DemandState,
    check_demand,
    confirm_demand,
    create_demand,
    submit_demand,
)
from quanshu.sharing.services.api import (
    ConsentTerms,
    Consumer,
    Exchange,
    FieldData,
    ParameterData,
    Service,
    ServiceData,
    Shape,
    create_consumer,
    create_service,
    publish_service,
    rotate_key,
)
from quanshu.supply.catalogue.api import Entry

# Valid in form and nobody's: the sequence number 000 is never issued.
NOBODY = "37010219000101000" + check_character("37010219000101000")
NO_FIRM = "91370100MA0000000" + uscc_check("91370100MA0000000")
BY_LAW = ConsentTerms("statutory", "《政务数据共享条例》第十八条；《个人信息保护法》第十三条第一款第三项")
ID_FORM = r"\d{17}[\dX]"
Key = tuple[str, str]


def by_id(column: str = "citizen_id", *, required: bool = True) -> ParameterData:
    """A search by citizen ID."""
    return ParameterData(column, example=NOBODY, required=required, pattern=ID_FORM, max_length=18)


def query(sid: str, name: str, name_en: str, parameters: tuple[ParameterData, ...], fields: str) -> ServiceData:
    """A query service."""
    shown = tuple(FieldData(field) for field in fields.split())
    return ServiceData(sid, name, Shape.QUERY, parameters, shown, name_en=name_en, consent=BY_LAW)


SERVICES: dict[Key, tuple[ServiceData, ...]] = {
    ("public_security", "resident"): (
        query(
            "jn-ga-resident-query",
            "户籍人口信息查询",
            "Registered resident query",
            (by_id(),),
            "name sex_code birth_date division_code status_code cancelled_on phone",
        ),
        ServiceData(
            "jn-ga-identity-verify",
            "身份信息核验",
            Shape.VERIFY,
            (by_id(), ParameterData("name", example="某某某", max_length=50, compare=True)),
            name_en="Identity verification",
            consent=BY_LAW,
        ),
    ),
    ("civil_affairs", "marriage"): (
        query(
            "jn-mz-marriage-query",
            "婚姻登记信息查询",
            "Marriage registration query",
            (by_id("husband_id", required=False), by_id("wife_id", required=False)),
            "certificate_no husband_name wife_name registered_on status_code ended_on",
        ),
    ),
    ("health", "death"): (
        query(
            "jn-ws-death-query",
            "死亡医学证明查询",
            "Death certificate query",
            (by_id(),),
            "certificate_no death_date place_code issued_on",
        ),
    ),
    ("human_resources", "social_insurance"): (
        query(
            "jn-rs-insurance-query",
            "社会保险参保信息查询",
            "Social insurance query",
            (by_id(),),
            "insurance_kind status_code joined_on pension_from stopped_on",
        ),
    ),
    ("market_regulation", "enterprise"): (
        query(
            "jn-sc-enterprise-query",
            "企业登记信息查询",
            "Registered enterprise query",
            (ParameterData("uscc", example=NO_FIRM, pattern=r"[0-9A-Z]{18}", max_length=18),),
            "enterprise_name kind_code industry_code capital established_on status_code",
        ),
    ),
    ("natural_resources", "property"): (
        ServiceData(
            "jn-zr-property-verify",
            "不动产权属核验",
            Shape.VERIFY,
            (
                ParameterData("certificate_no", example="鲁(2026)济南市不动产权第0000000号", max_length=60),
                ParameterData("owner_id", example=NOBODY, pattern=ID_FORM, max_length=18, compare=True),
            ),
            name_en="Property ownership verification",
            consent=BY_LAW,
        ),
    ),
    ("water_company", "customer"): (
        query(
            "jn-sw-customer-query",
            "供水用户信息查询",
            "Water customer query",
            (by_id(),),
            "customer_name address meter_no status_code opened_on",
        ),
    ),
}


def publish(cast: Cast, entries: dict[Key, Entry], say: Say) -> list[Service]:
    """Services over the entries, drafted and published by the bureau; wait until each answers."""
    found = []
    for key, services in SERVICES.items():
        for data in services:
            service = Service.objects.filter(sid=data.sid).first()
            if service is None:
                entry = Entry.objects.select_related("unit").get(pk=entries[key].pk)
                service = create_service(actor=cast.actors["bureau"], now=now(), entry=entry, data=data)
            if service.state == "draft" and service.served_version is None:
                assess(cast, service)
                service = publish_service(actor=cast.actors["bureau"], now=now(), service=service)
            found.append(service)
    keys = [service.pk for service in found]
    answering = Service.objects.filter(pk__in=keys, probe_ok=True)
    wait("services to wait for", lambda: len(keys) - answering.count(), say, seconds=180)
    say(f"{len(found)} services published; all answer a live probe")
    return found


def application(cast: Cast, say: Say) -> tuple[Consumer, str]:
    """The department's application and a fresh secret of it."""
    name, actor = "养老待遇资格认证系统", cast.actors["developer"]
    consumer = Consumer.objects.filter(name=name, active=True).first()
    if consumer is None:
        unit = cast.units["human_resources"]
        consumer, secret = create_consumer(
            actor=actor, now=now(), unit=unit, name=name, name_en="Pension entitlement checks"
        )
    else:
        secret = rotate_key(actor=actor, now=now(), consumer=consumer)
    return consumer, secret


def demand_data(title: str, fields: str, purpose: str, basis: str) -> DemandData:
    """What a demand asks for."""
    return DemandData(
        title=title,
        fields=tuple(fields.split()),
        purpose=purpose,
        legal_basis=basis,
        valid_until=today() + timedelta(days=365),
        volume_per_day=5000,
        rate_per_minute=600,
    )


def play_demand(cast: Cast, entries: dict[Key, Entry], consumer: Consumer, say: Say) -> Demand:
    """Submit, check, confirm; a service covers the fields, so the grant follows at once."""
    title = "养老待遇资格认证所需户籍状态信息"
    demand = Demand.objects.filter(title=title, state=DemandState.IN_USE).first()
    if demand is not None:
        return demand
    developer = cast.actors["developer"]
    data = demand_data(
        title,
        "name division_code status_code cancelled_on",
        "核验领取养老待遇人员的户籍状态，避免重复上门认证。",
        "《中华人民共和国社会保险法》第七十四条",
    )
    demand = create_demand(
        actor=developer, now=now(), entry=entries["public_security", "resident"], consumer=consumer, data=data
    )
    demand = submit_demand(actor=developer, now=now(), demand=demand)
    say(f"demand {demand.number} submitted by {cast.units['human_resources'].name}")
    demand = check_demand(actor=cast.actors["bureau"], now=now(), demand=demand)
    say("checked by the bureau (2 working days allowed)")
    demand = confirm_demand(actor=cast.actors["steward"], now=now(), demand=demand)
    say("confirmed by the supplier (5 working days allowed) and granted exactly as asked")
    return demand


def waiting_demands(cast: Cast, entries: dict[Key, Entry], consumer: Consumer) -> None:
    """Two more demands on their way, so that the bureau and a supplier have something to do."""
    developer = cast.actors["developer"]
    waiting = (
        ("就业服务所需企业登记信息", ("market_regulation", "enterprise"), "enterprise_name uscc status_code", False),
        ("遗属待遇核发所需婚姻登记信息", ("civil_affairs", "marriage"), "husband_name wife_name status_code", True),
    )
    for title, key, fields, checked in waiting:
        if Demand.objects.filter(title=title).exists():
            continue
        data = demand_data(title, fields, "核对业务申请材料，减少群众提交证明。", "《优化营商环境条例》第三十七条")
        demand = create_demand(actor=developer, now=now(), entry=entries[key], consumer=consumer, data=data)
        demand = submit_demand(actor=developer, now=now(), demand=demand)
        if checked:
            check_demand(actor=cast.actors["bureau"], now=now(), demand=demand)


def call(consumer: Consumer, secret: str, parameters: dict[str, Any]) -> Answer:
    """A signed call; the grant and the key reach the gateway within a second, so a refusal is tried again."""
    with GatewayClient(settings.QUANSHU_GATEWAY_URL, consumer.rid, secret) as client:
        for _ in range(20):
            answer = client.call("jn-ga-resident-query", parameters, case_number="DEMO-0001")
            if answer.ok:
                break
            time.sleep(0.5)
    return answer


def show_call(consumer: Consumer, secret: str, citizen_id: str, say: Say) -> None:
    """Call as the department would, and wait for the receipt on the audit trail."""
    answer = call(consumer, secret, {"citizen_id": citizen_id})
    if not answer.ok:
        raise SystemExit(f"The gateway refused the demo's call: {answer.body}")
    say(f"signed call answered: {answer.body['data']}")

    def missing() -> int:
        return int(not Exchange.objects.filter(receipt_id=answer.receipt_id).exists())

    wait("receipts on their way", missing, say, seconds=30)
    say(f"receipt {answer.receipt_id} is on the audit trail")
