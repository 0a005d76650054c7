"""The life of services: built by order and accepted, a next version beside the old one, the sandbox used."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import httpx
from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.privacy import assess
from quanshu.demo.play.sharing import BY_LAW, SERVICES, Key, by_id, query
from quanshu.demo.play.supply import Say, wait
from quanshu.gateway.signing import sign_headers
from quanshu.kernel.clock import now, today
from quanshu.sharing.development.api import (
    Order,
    OrderData,
    OrderState,
    SandboxUse,
    accept_order,
    attach_draft,
    comment_order,
    example_keys,
    hand_over,
    issue_sandbox_key,
    open_order,
    sandbox_of,
    sandbox_uses,
    send_back,
    take_order,
    try_draft,
)
from quanshu.sharing.services.api import (
    Consumer,
    FieldData,
    ParameterData,
    Service,
    ServiceData,
    Shape,
    create_service,
    publish_service,
    revise_service,
    update_service,
)
from quanshu.supply.catalogue.api import Entry

VERIFIED = ServiceData(
    "jn-ws-death-verify",
    "死亡证明核验",
    Shape.VERIFY,
    (by_id(), ParameterData("certificate_no", example="样例证号", max_length=60, compare=True)),
    name_en="Death certificate verification",
    consent=BY_LAW,
)
STATUS = query(
    "jn-rs-insurance-status",
    "参保状态查询",
    "Insurance status query",
    (by_id(),),
    "insurance_kind status_code",
)
CHANGED = "jn-sw-customer-query"


def an_order(cast: Cast, entries: dict[Key, Entry], key: Key, title: str, fields: tuple[str, ...]) -> Order | None:
    """An order of the human resources bureau, None when an earlier run opened it."""
    if Order.objects.filter(title=title).exists():
        return None
    entry = Entry.objects.select_related("unit").get(pk=entries[key].pk)
    data = OrderData(title, fields, "用于养老待遇资格认证，减少群众跑动。")
    unit = cast.units["human_resources"]
    return open_order(actor=cast.actors["bureau"], now=now(), entry=entry, unit=unit, data=data)


def built(cast: Cast, order: Order, data: ServiceData) -> tuple[Order, Service]:
    """The bureau takes the order, drafts, tests in the sandbox and hands over."""
    bureau = cast.actors["bureau"]
    order = take_order(actor=bureau, now=now(), order=order)
    service = create_service(actor=bureau, now=now(), entry=order.entry, data=data)
    order = attach_draft(actor=bureau, now=now(), order=order, service=service)
    order = try_draft(actor=bureau, now=now(), order=order)
    if not order.passed_digest:
        raise SystemExit(f"The draft did not pass the sandbox test: {order.checks}")
    return hand_over(actor=bureau, now=now(), order=order), service


def play_orders(cast: Cast, entries: dict[Key, Entry], say: Say) -> None:
    """One order accepted and published, one sent back once."""
    developer, bureau = cast.actors["developer"], cast.actors["bureau"]
    order = an_order(cast, entries, ("health", "death"), "死亡证明核验服务", ("certificate_no",))
    if order is not None:
        order, service = built(cast, order, VERIFIED)
        comment_order(actor=developer, now=now(), order=order, text="沙箱试用通过，核验结果与样例一致。")
        order = accept_order(actor=developer, now=now(), order=order)
        assess(cast, service)
        publish_service(actor=bureau, now=now(), service=service)
        say(f"order {order.number}: built, tested in the sandbox, accepted by the asking unit, published")
    order = an_order(cast, entries, ("human_resources", "social_insurance"), "参保状态查询服务", ("status_code",))
    if order is not None:
        order, _service = built(cast, order, STATUS)
        order = send_back(actor=developer, now=now(), order=order, reason="请补充停保日期，仅有状态不足以判断待遇。")
        say(f"order {order.number}: sent back by the asking unit with its reason")


def play_versions(cast: Cast, say: Say) -> None:
    """A second version of a service; the first answers for 45 days more."""
    bureau = cast.actors["bureau"]
    service = Service.objects.select_related("entry__unit", "unit").get(sid=CHANGED)
    if service.version == 1:
        before = next(data for rows in SERVICES.values() for data in rows if data.sid == CHANGED)
        fields = tuple(field for field in before.fields if field.name != "meter_no")
        data = ServiceData(
            before.sid, before.name, before.shape, before.parameters, (*fields, FieldData("customer_no")),
            name_en=before.name_en, consent=before.consent,
        )  # fmt: skip
        service = revise_service(actor=bureau, now=now(), service=service)
        service = update_service(actor=bureau, now=now(), service=service, data=data)
        assess(cast, service)
        publish_service(actor=bureau, now=now(), service=service, ends_on=today() + timedelta(days=45))
        served = Service.objects.filter(sid=CHANGED, served_version=2)
        wait("versions to serve", lambda: 1 - served.count(), say, seconds=60)
        say(f"version 2 of {CHANGED} is in force; version 1 answers beside it for 45 days")


def sandbox_call(rid: str, secret: str, sid: str, body: dict[str, str]) -> httpx.Response:
    """A call of the sandbox; key and rows reach the gateway within a second, so a refusal is tried again."""
    for _ in range(20):
        headers = sign_headers(rid, sid, secret, time.time_ns() // 1_000_000)
        answer = httpx.post(
            f"{settings.QUANSHU_GATEWAY_URL}/sandbox/{sid}", json=body, headers=headers, trust_env=False
        )
        if answer.status_code == 200:
            break
        time.sleep(0.5)
    return answer


def play_sandbox(cast: Cast, consumer: Consumer, say: Say) -> None:
    """A developer calls the sandbox before approval: an answer, a refusal provoked."""
    sid = "jn-mz-marriage-query"
    if any(use.sid == sid for use in sandbox_uses()):
        return
    service = Service.objects.select_related("entry", "unit").get(sid=sid)
    wait("sandboxes to make", lambda: 0 if has_sandbox(service) else 1, say, seconds=60)
    secret = issue_sandbox_key(actor=cast.actors["developer"], now=now(), consumer=consumer)
    keys = example_keys(sandbox_of(service))
    answer = sandbox_call(consumer.rid, secret, sid, keys[0])
    told: dict[str, Any] = answer.json()
    if answer.status_code != 200 or not told["sandbox"]:
        raise SystemExit(f"The sandbox refused the demo's call: {told}")
    headers = sign_headers(consumer.rid, sid, secret, time.time_ns() // 1_000_000)
    url = f"{settings.QUANSHU_GATEWAY_URL}/sandbox/{sid}"
    httpx.post(url, json=dict.fromkeys(keys[0], "fault:gateway.rate_limited"), headers=headers, trust_env=False)
    uses: list[SandboxUse] = sandbox_uses()
    say(f"the sandbox answered with {told['total']} synthetic row; {sum(use.calls for use in uses)} calls counted")


def has_sandbox(service: Service) -> bool:
    """Whether a version of the service stands in the sandbox."""
    return service.sandbox_versions.exists()


def play_development(cast: Cast, entries: dict[Key, Entry], consumer: Consumer, say: Say) -> None:
    """The life of services, in four scenes; live checks are real ones and come by themselves."""
    play_orders(cast, entries, say)
    play_versions(cast, say)
    play_sandbox(cast, consumer, say)
    done = Order.objects.filter(state=OrderState.ACCEPTED)
    wait("orders to close", lambda: done.count(), say, seconds=60)
