"""A service that asks for consent, a receiver with a grant for it, and residents who sign in."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from quanshu.kernel import sd_jwt
from quanshu.kernel.clock import now
from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.kernel.identifiers.uscc import check_character as uscc_check
from quanshu.kernel.ids import new_uid
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.consent.api import AskData, Consent, Narrowing, ask_consent, grant_consent
from quanshu.sharing.services.api import (
    ConsentTerms,
    Consumer,
    FieldData,
    Grant,
    ParameterData,
    Service,
    ServiceData,
    create_service,
    publish_service,
    register_key,
    serve_entry,
)
from quanshu.sharing.subjects.api import SESSION, Mandate, Subject, actor_of_subject, ensure_subject
from quanshu.supply.catalogue.api import (
    EntryData,
    ItemData,
    create_entry,
    grade_items,
    publish_entry,
    submit_entry,
)
from quanshu.supply.lake_store import get_lake
from support_services import QUERY, ROWS, VERIFY, City, a_city, a_class, a_grant, a_service, an_application

BY_CONSENT = ConsentTerms("consent", "", "citizen_id", "person")
CONSENTED = replace(
    QUERY,
    sid="jn-ga-resident-consent",
    name="户籍信息授权查询",
    name_en="Registered resident, by consent",
    consent=BY_CONSENT,
)
VERIFIED = replace(VERIFY, sid="jn-ga-verify-consent", name="身份信息授权核验", consent=BY_CONSENT)
PERSON, OTHER, CHILD = (
    f"{first}{check_character(first)}" for first in ("37010219900101001", "37010219900101002", "37010220180101001")
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
PURPOSE = "个人消费贷款审批"


def a_person(number: str = PERSON, name: str = "张三丰", kind: str = "person") -> Subject:
    """A resident or enterprise, enrolled."""
    return ensure_subject(actor=SYSTEM, kind=kind, number=number, name=name, now=now())


def signed_in(subject: Subject, language: str = "en") -> Client:
    """A browser the subject has signed in to."""
    client = Client(headers={"accept-language": language})
    session = client.session
    session[SESSION] = subject.uid
    session.save()
    return client


def a_mandate(agent: Subject, principal: Subject, kind: str = "guardian", **changes: Any) -> Mandate:
    """That one may act for the other."""
    values = {"state": "in_force", "valid_from": now() - timedelta(days=1), "created_at": now(), **changes}
    return Mandate.objects.create(principal=principal, agent=agent, kind=kind, **values)


def a_city_of_valid_numbers() -> City:
    """The small city, whose residents' numbers hold their check character."""
    city = a_city()
    get_lake().overwrite(city.entry.lake_table, pa.table({**ROWS, "citizen_id": [PERSON, OTHER]}))
    return city


def a_receiver(city: City, service: Service, *, bound: bool = True, **changes: Any) -> tuple[Consumer, str, Grant]:
    """An application with a grant for the service, and its secret; `bound`: with a key of its own."""
    consumer, secret = an_application(city, name="消费信贷系统")
    if bound:
        public = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()
        register_key(actor=SYSTEM, now=now(), consumer=consumer, scheme="ed25519", public_key=public)
    fields = () if service.shape == "verify" else ("name", "born", "street")
    grant = a_grant(consumer, service, fields or ("name",), **{"purpose": PURPOSE, **changes})
    return consumer, secret, grant


def ask_data(number: str = PERSON, **changes: Any) -> AskData:
    """What is asked for: name and street for a month."""
    values: dict[str, Any] = {
        "kind": "person",
        "number": number,
        "fields": ("name", "street"),
        "legal_basis": "《中华人民共和国民法典》第六百六十九条",
        "retention_days": 30,
        "starts_at": now(),
        "ends_at": now() + timedelta(days=30),
        "case_number": "LOAN-7",
    }
    return AskData(**{**values, **changes})


def a_request(city: City, grant: Grant, **changes: Any) -> Consent:
    """What the labour bureau's developer asked for."""
    return ask_consent(actor=city.actor("developer"), now=now(), grant=grant, data=ask_data(**changes))


def a_consent(city: City, grant: Grant, given: Narrowing | None = None, **changes: Any) -> Consent:
    """One that the subject gave."""
    consent = a_request(city, grant, **changes)
    return grant_consent(actor=actor_of_subject(consent.subject), now=now(), consent=consent, given=given)


def consenting_city(city: City, **changes: Any) -> tuple[Service, Consumer, str, Grant]:
    """A service by consent, and a receiver of it."""
    service = a_service(city, CONSENTED)
    return (service, *a_receiver(city, service, **changes))


def presented(
    consent: Consent,
    *,
    node: str,
    sid: str = "",
    nonce: str = "",
    at: datetime | None = None,
    show: tuple[str, ...] | None = None,
    key: Ed25519PrivateKey = KEY,
) -> str:
    """The token with a proof by the application's key; `show` are the fields it shows, all of them when None."""
    token = sd_jwt.SdJwt.parse(consent.token)
    if show is not None:
        token = sd_jwt.present(token, show=[("fields", consent.fields.index(name)) for name in show])
    audience = f"{node}:{sid or consent.service.sid}"
    return sd_jwt.bind(token, key=key, audience=audience, nonce=nonce or new_uid(), now=at or now()).text


def a_number(born: str, order: int = 101) -> str:
    """A valid citizen ID of somebody of the city born on a day (YYYYMMDD)."""
    first = f"370102{born}{order:03d}"
    return f"{first}{check_character(first)}"


FIRM = f"91370100MA0000001{uscc_check('91370100MA0000001')}"
BY_FIRM = ServiceData(
    sid="jn-tax-credit-consent",
    name="纳税信用信息授权查询",
    name_en="Tax credit, by consent",
    shape="query",
    parameters=(ParameterData("uscc", example="91370100MA0000000X", pattern="[0-9A-Z]{18}", max_length=18),),
    fields=(FieldData("tax_grade"),),
    consent=ConsentTerms("consent", "", "uscc", "enterprise"),
)


def a_firm_service(city: City) -> Service:
    """A service that tells of an enterprise by its consent."""
    data = EntryData(
        resource_name="企业纳税信用信息",
        name_en="Tax credit of enterprises",
        classification_code=a_class(),
        abstract="企业纳税信用级别。",
        abstract_en="Tax credit of enterprises.",
        share_type="2",
        share_condition="经企业授权用于融资",
    )
    items = (
        ItemData("uscc", "统一社会信用代码", title_en="USCC", length=18, is_key=True),
        ItemData("tax_grade", "纳税信用级别", title_en="Tax credit"),
    )
    entry = create_entry(actor=SYSTEM, now=now(), unit=city.units["police"], data=data, items=items)
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades={item.name: "general-2" for item in items})
    entry = publish_entry(actor=SYSTEM, now=now(), entry=submit_entry(actor=SYSTEM, now=now(), entry=entry))
    get_lake().overwrite(entry.lake_table, pa.table({"uscc": [FIRM], "tax_grade": ["A"]}))
    service = create_service(actor=SYSTEM, now=now(), entry=entry, data=BY_FIRM)
    publish_service(actor=SYSTEM, now=now(), service=service)
    serve_entry(entry.uid, now())
    service.refresh_from_db()
    return service
