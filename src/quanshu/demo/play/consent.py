"""A bank asks residents for their consent: one is in use, one was withdrawn, one waits, one was refused."""

from __future__ import annotations

import base64
import time
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from quanshu.demo.play.people import RECEIVER, Cast, assign, made_up_code, person, unit
from quanshu.demo.play.privacy import assess
from quanshu.demo.play.sharing import Key, by_id
from quanshu.demo.play.supply import Say, wait
from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel import sd_jwt
from quanshu.kernel.clock import now
from quanshu.kernel.ids import new_uid
from quanshu.organisation.api import UnitData, UnitKind, actor_for
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.sharing.consent.api import (
    AskData,
    Consent,
    ConsentUse,
    ask_consent,
    grant_consent,
    refuse_consent,
    revoke_consent,
)
from quanshu.sharing.services.api import (
    ConsentTerms,
    Consumer,
    FieldData,
    Grant,
    Service,
    ServiceData,
    create_consumer,
    create_grant,
    create_service,
    publish_service,
    register_key,
)
from quanshu.sharing.subjects.api import actor_of_subject, ensure_subject
from quanshu.supply.catalogue.api import Entry

SID, BANK, APPLICATION = "jn-ga-resident-consent", "济南泉城商业银行", "个人消费贷款审批系统"
PURPOSE = "审批本人申请的个人消费贷款，核对身份和户籍状态。"
DATA = ServiceData(
    SID,
    "户籍人口信息授权查询",
    "query",
    (by_id(),),
    tuple(FieldData(name) for name in ("name", "division_code", "status_code", "phone")),
    name_en="Registered resident query by consent",
    abstract="经本人授权，向接收方提供其户籍人口信息。",
    abstract_en="Tells a receiver of a registered resident who has consented.",
    consent=ConsentTerms("consent", "", "citizen_id", "person"),
)


def play_consent(cast: Cast, entries: dict[Key, Entry], citizen_id: str, say: Say) -> None:
    """The service, the bank, its requests, a resident's answers, calls, a withdrawal. Safe to run again."""
    service = publish(cast, entries["public_security", "resident"], say)
    if Consumer.objects.filter(name=APPLICATION).exists():
        return
    officer, consumer, secret, key = receiver(cast)
    grant = create_grant(
        actor=cast.actors["bureau"],
        now=now(),
        consumer=consumer,
        service=service,
        fields=("name", "division_code", "status_code", "phone"),
        purpose=PURPOSE,
        rate_per_minute=600,
        daily_limit=None,
        valid_until=now() + timedelta(days=365),
    )
    subject = ensure_subject(actor=SYSTEM, kind="person", number=citizen_id, name="", now=now())
    resident = actor_of_subject(subject)
    used, withdrawn, refused = (
        ask(officer, grant, citizen_id, fields, case)
        for fields, case in (
            ("name division_code status_code", "XD-2026-0101"),
            ("phone", "XD-2026-0102"),
            ("name phone", "XD-2026-0103"),
        )
    )
    used = grant_consent(actor=resident, now=now(), consent=used)
    withdrawn = grant_consent(actor=resident, now=now(), consent=withdrawn)
    refuse_consent(actor=resident, now=now(), consent=refused, reason="不需要提供电话")
    ask(officer, grant, citizen_id, "division_code phone", "XD-2026-0104")
    with GatewayClient(settings.QUANSHU_GATEWAY_URL, consumer.rid, secret) as client:
        first = call(client, citizen_id, used.uid, "XD-2026-0101")
        second = client.call(SID, {"citizen_id": citizen_id}, consent=proof(used, key), case_number="XD-2026-0101")
        call(client, citizen_id, withdrawn.uid, "XD-2026-0102")
        if not first.ok or not second.ok:
            raise SystemExit(f"The gateway refused a call with consent: {first.body} {second.body}")
        revoke_consent(actor=resident, now=now(), consent=withdrawn, reason="贷款已办结")
        began = time.monotonic()
        while client.call(SID, {"citizen_id": citizen_id}, consent=withdrawn.uid).ok:
            time.sleep(0.05)
        say(f"a consent withdrawn by a resident is refused after {time.monotonic() - began:.2f} s")

    def unseen() -> int:
        return max(0, 3 - ConsentUse.objects.filter(consent__in=[used, withdrawn], answered=True).count())

    wait("uses to be shown", unseen, lambda text: None, seconds=30)
    say("a bank asked four times: one consent in use, one withdrawn, one refused, one waits; every use is shown")


def publish(cast: Cast, entry: Entry, say: Say) -> Service:
    """The service that asks for consent, published and answering."""
    bureau = cast.actors["bureau"]
    service = Service.objects.filter(sid=SID).first()
    if service is None:
        entry = Entry.objects.select_related("unit").get(pk=entry.pk)
        service = create_service(actor=bureau, now=now(), entry=entry, data=DATA)
        assess(cast, service)
        service = publish_service(actor=bureau, now=now(), service=service)
    answering = Service.objects.filter(sid=SID, probe_ok=True)
    wait("services to wait for", lambda: 1 - answering.count(), say, seconds=120)
    return Service.objects.get(sid=SID)


def receiver(cast: Cast) -> tuple[Actor, Consumer, str, Ed25519PrivateKey]:
    """The bank's officer, its application with a secret and a key of its own."""
    data = UnitData(BANK, UnitKind.COMPANY, made_up_code(40), "Jinan Quancheng Bank", "", "370100000000")
    bank = unit(data, now())
    account = RECEIVER[0]
    officer = person(bank, "周敏", "数据接口人", now(), username=account, password=cast.passwords[account])
    assign(officer.account, "developer", bank, now())
    actor = actor_for(officer.account)
    consumer, secret = create_consumer(
        actor=actor, now=now(), unit=bank, name=APPLICATION, name_en="Consumer loan approval"
    )
    key = Ed25519PrivateKey.generate()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    register_key(actor=actor, now=now(), consumer=consumer, scheme="ed25519", public_key=public)
    return actor, consumer, secret, key


def ask(officer: Actor, grant: Grant, citizen_id: str, fields: str, case: str) -> Consent:
    """One request for a month and twenty uses."""
    data = AskData(
        kind="person",
        number=citizen_id,
        fields=tuple(fields.split()),
        legal_basis="《中华人民共和国个人信息保护法》第十三条第一款第一项",
        retention_days=90,
        starts_at=now(),
        ends_at=now() + timedelta(days=30),
        most_uses=20,
        per_day=5,
        case_number=case,
    )
    return ask_consent(actor=officer, now=now(), grant=grant, data=data)


def call(client: GatewayClient, citizen_id: str, consent: str, case: str) -> Answer:
    """A call under a consent; grant and consent reach the gateway within a second, so a refusal is tried again."""
    for _ in range(40):
        answer = client.call(SID, {"citizen_id": citizen_id}, consent=consent, case_number=case)
        if answer.ok:
            break
        time.sleep(0.25)
    return answer


def proof(consent: Consent, key: Ed25519PrivateKey) -> str:
    """The consent's token, shown whole, with a proof by the bank's key."""
    token = sd_jwt.SdJwt.parse(consent.token)
    audience = f"{settings.QUANSHU_NODE_NAME}:{SID}"
    return sd_jwt.bind(token, key=key, audience=audience, nonce=new_uid(), now=now()).text
