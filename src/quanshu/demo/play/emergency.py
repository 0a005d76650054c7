"""Two emergencies: one in force with a demand that waits, one from its declaration to its closed review."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.sharing import Key
from quanshu.demo.play.supply import Say, wait
from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel.clock import now
from quanshu.sharing.emergency.api import (
    Alert,
    DutyData,
    DutyOfficer,
    Emergency,
    EmergencyData,
    Request,
    RequestData,
    acknowledge_alert,
    add_duty,
    ask_at_once,
    close_emergency,
    declare_emergency,
    end_emergency,
    judge_request,
)
from quanshu.sharing.services.api import Consumer, Exchange, create_consumer
from quanshu.supply.catalogue.api import Entry

GAS, FLOOD = "历下区燃气管道泄漏应急处置", "城区内涝防汛应急响应"
APPLICATION = "应急救助人员核对系统"


def play_emergency(cast: Cast, entries: dict[Key, Entry], citizen_id: str, say: Say) -> None:
    """Duty lists, an emergency that is over and reviewed, and one in force. Safe to run again."""
    fill_duty_lists(cast)
    found = Consumer.objects.filter(name=APPLICATION).select_related("unit__region").first()
    if found is not None:
        return
    consumer, secret = create_consumer(
        actor=cast.actors["developer"],
        now=now(),
        unit=cast.units["human_resources"],
        name=APPLICATION,
        name_en="Checks of people in emergency relief",
    )
    leak = declare(cast, entries["public_security", "resident"], GAS, "3", "370102000000")
    request = ask(cast, leak, consumer, entries["public_security", "resident"], "name phone division_code")
    say(f"emergency {leak.number} declared; demand {request.number} granted at once")
    review(cast, request, (consumer, secret), citizen_id)
    say("called, ended before its time, every grant reviewed, closed")
    flood = declare(cast, entries["natural_resources", "property"], FLOOD, "4", "")
    waiting = ask(cast, flood, consumer, entries["natural_resources", "property"], "owner_name address")
    say(f"emergency {flood.number} is in force; demand {waiting.number} waits for a service")


def fill_duty_lists(cast: Cast) -> None:
    """Who is on duty this week at two suppliers."""
    for short, phone in (("public_security", "0531-66600110"), ("natural_resources", "0531-66600120")):
        unit = cast.units[short]
        if DutyOfficer.objects.filter(unit=unit).exists():
            continue
        duty = unit.duties.select_related("person").get(kind="steward", until__isnull=True)
        turn = DutyData(duty.person.uid, phone, now(), now() + timedelta(days=7))
        add_duty(actor=cast.stewards[short], now=now(), unit=unit, data=turn)


def declare(cast: Cast, entry: Entry, title: str, level: str, region: str) -> Emergency:
    """An emergency of two days for the human resources bureau."""
    data = EmergencyData(
        title=title,
        level=level,
        reason="险情涉及多个小区，需立即核对受影响群众信息，组织转移安置和救助。",
        legal_basis="《中华人民共和国突发事件应对法》第六十三条；《济南市突发公共事件总体应急预案》",
        starts_at=now(),
        ends_at=now() + timedelta(days=2),
        unit_uids=(cast.units["human_resources"].uid,),
        region_codes=(region,) if region else (),
        entry_codes=(entry.code,),
    )
    return declare_emergency(actor=cast.actors["emergency"], now=now(), data=data)


def ask(cast: Cast, emergency: Emergency, consumer: Consumer, entry: Entry, fields: str) -> Request:
    """A demand of the department under the emergency."""
    data = RequestData(fields=tuple(fields.split()), purpose="核对受影响区域群众身份与联系方式，开展转移安置救助。")
    found = Entry.objects.select_related("unit", "classification").get(pk=entry.pk)
    actor = cast.actors["developer"]
    return ask_at_once(actor=actor, now=now(), emergency=emergency, consumer=consumer, entry=found, data=data)


def review(cast: Cast, request: Request, caller: tuple[Consumer, str], citizen_id: str) -> None:
    """The supplier acknowledges, the department calls, the officer ends it, the bureau judges and closes."""
    for alert in Alert.objects.filter(request=request, account_uid=cast.actors["steward"].uid):
        acknowledge_alert(actor=cast.actors["steward"], now=now(), alert=alert)
    answer = call(*caller, {"citizen_id": citizen_id})
    if not answer.ok:
        raise SystemExit(f"The gateway refused the emergency's call: {answer.body}")

    def missing() -> int:
        return int(not Exchange.objects.filter(receipt_id=answer.receipt_id).exists())

    wait("receipts on their way", missing, lambda text: None, seconds=30)
    reason = "管道已抢修完毕，群众已返回。"
    emergency = end_emergency(actor=cast.actors["emergency"], now=now(), emergency=request.emergency, reason=reason)
    judge_request(
        actor=cast.actors["bureau"],
        now=now(),
        request=request,
        verdict="justified",
        reason="调用均附办件编号，与转移安置名单相符。",
    )
    summary = "本次应急授权 1 项，已逐项审查，使用正当，授权已随应急终止。"
    close_emergency(actor=cast.actors["bureau"], now=now(), emergency=emergency, summary=summary)


def call(consumer: Consumer, secret: str, parameters: dict[str, Any]) -> Answer:
    """A signed call; the grant and the key reach the gateway within a second, so a refusal is tried again."""
    with GatewayClient(settings.QUANSHU_GATEWAY_URL, consumer.rid, secret) as client:
        for _ in range(20):
            answer = client.call("jn-ga-resident-query", parameters, case_number="YJ-ANZHI-0001")
            if answer.ok:
                break
            time.sleep(0.5)
    return answer
