"""Applications that sign with keys of their own, one of them in the middle of a change of keys."""

from __future__ import annotations

import base64
import time
from datetime import timedelta

from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say
from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.signing import Profile
from quanshu.kernel.ciphers import KeyPair, suite
from quanshu.kernel.clock import now
from quanshu.sharing.keys.api import warn_expiring
from quanshu.sharing.services.api import (
    Consumer,
    Service,
    create_consumer,
    create_grant,
    register_key,
    set_signing,
)

SERVICE = "jn-ga-resident-query"
SIGNERS = (
    ("就业失业登记系统", "Employment register", Profile.RFC9421_ED25519, "ed25519", "核对失业登记人员的户籍状态。"),
    ("社会保障卡服务系统", "Social security card service", Profile.RFC9421_SM2, "sm2", "核对申领人的户籍信息。"),
    ("工伤认定系统", "Work injury system", Profile.TWO_STEP, "hmac", "核对受伤职工的户籍信息。"),
)


def play_keys(cast: Cast, citizen_id: str, say: Say) -> None:
    """An application for each way of signing, each with a call that was answered."""
    service = Service.objects.get(sid=SERVICE)
    for name, name_en, profile, scheme, purpose in SIGNERS:
        if Consumer.objects.filter(name=name).exists():
            continue
        consumer, key = signer(cast, name, name_en, profile, scheme)
        create_grant(
            actor=cast.actors["bureau"],
            now=now(),
            consumer=consumer,
            service=service,
            fields=("name", "division_code", "status_code"),
            purpose=purpose,
            rate_per_minute=300,
            daily_limit=None,
            valid_until=now() + timedelta(days=180),
        )
        answer = call(consumer, profile, key, citizen_id)
        if not answer.ok:
            raise SystemExit(f"The gateway refused the demo's call: {answer.body}")
        say(f"{name} signs by {profile}: answered")
    warn_expiring(now())


def signer(cast: Cast, name: str, name_en: str, profile: Profile, scheme: str) -> tuple[Consumer, str]:
    """An application and its key, which for a key pair is the pair of a demo: of its old key and the one in use."""
    actor, unit = cast.actors["developer"], cast.units["human_resources"]
    consumer, secret = create_consumer(actor=actor, now=now(), unit=unit, name=name, name_en=name_en)
    set_signing(actor=actor, now=now(), consumer=consumer, profiles=[profile], fingerprints=[])
    if scheme == "hmac":
        return consumer, secret
    pairs = [suite("intl" if scheme == "ed25519" else "gm").generate_key_pair() for _ in range(2)]
    for pair, replaces in zip(pairs, ("", "k2"), strict=True):
        text = base64.b64encode(pair.public).decode()
        register_key(actor=actor, now=now(), consumer=consumer, scheme=scheme, public_key=text, replaces=replaces)
    return consumer, private_text(scheme, pairs[1])


def private_text(scheme: str, pair: KeyPair) -> str:
    """The private key as a signer reads it: raw for Ed25519, the scalar and point of RFC 5915 for SM2."""
    raw = pair.private
    if scheme == "sm2":
        raw = bytes.fromhex("0201010420") + raw[:32] + bytes.fromhex("a14403420004") + raw[32:]
    return base64.b64encode(raw).decode()


def call(consumer: Consumer, profile: Profile, key: str, citizen_id: str) -> Answer:
    """A signed call; key and grant reach the gateway within a second, so a refusal is tried again."""
    url, kid = settings.QUANSHU_GATEWAY_URL, "k1" if profile == Profile.TWO_STEP else "k3"
    with GatewayClient(url, consumer.rid, key, profile=profile, kid=kid) as client:
        for _ in range(20):
            answer = client.call(SERVICE, {"citizen_id": citizen_id}, case_number="DEMO-0002")
            if answer.ok:
                break
            time.sleep(0.5)
    return answer
