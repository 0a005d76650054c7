"""A small city with one published entry and its data, for tests of services."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
from django.test import Client

from quanshu.gateway.signing import sign_headers
from quanshu.kernel.clock import now
from quanshu.kernel.identifiers.uscc import check_character
from quanshu.organisation.api import Account, Unit, UnitData, actor_for, assign_role, create_person, create_unit
from quanshu.oversight.privacy.models import ImpactRecord
from quanshu.oversight.privacy.queries import sensitive_in, stand_of, subject_of
from quanshu.oversight.privacy.types import Standing
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.services.api import (
    ConsentTerms,
    Consumer,
    FieldData,
    Grant,
    ParameterData,
    Service,
    ServiceData,
    create_consumer,
    create_grant,
    create_service,
    ensure_gateway_keys,
    publish_service,
    publish_snapshot,
    serve_entry,
)
from quanshu.supply.catalogue.api import (
    Entry,
    EntryData,
    ItemData,
    create_entry,
    grade_items,
    publish_entry,
    submit_entry,
)
from quanshu.supply.lake_store import get_lake
from support_gateway import GatewayProcess

PERSON = "370102199001010018"
NOBODY = "370102190001010010"
ITEMS = (
    ItemData("citizen_id", "公民身份号码", title_en="Citizen ID", length=18, is_key=True, mask="citizen_id"),
    ItemData("name", "姓名", title_en="Name", length=50, personal=True, mask="name"),
    ItemData("born", "出生日期", "date", title_en="Date of birth", mask="date_year"),
    ItemData("street", "街道", title_en="Street"),
    ItemData("informant", "线人标识", title_en="Informant mark"),
)
GRADES = {
    "citizen_id": "general-3",
    "name": "general-3",
    "born": "general-3",
    "street": "general-2",
    "informant": "core",
}
ROWS = {
    "citizen_id": [PERSON, "370102199001010026"],
    "name": ["张三丰", "李四"],
    "born": ["1990-01-01", "1990-01-02"],
    "street": ["千佛山街道", "舜华路街道"],
    "informant": ["", ""],
}
BY_LAW = ConsentTerms("statutory", "《中华人民共和国社会保险法》第七十四条")
ID = ParameterData("citizen_id", example=NOBODY, pattern=r"\d{17}[\dX]", max_length=18)
QUERY = ServiceData(
    sid="jn-ga-resident-query",
    name="户籍人口信息查询",
    name_en="Registered resident query",
    shape="query",
    abstract="按公民身份号码查询户籍人口信息。",
    abstract_en="Finds a registered resident by citizen ID.",
    parameters=(ID,),
    fields=(FieldData("name"), FieldData("born"), FieldData("street")),
    consent=BY_LAW,
)
VERIFY = ServiceData(
    sid="jn-ga-identity-verify",
    name="身份信息核验",
    name_en="Identity verification",
    shape="verify",
    parameters=(ID, ParameterData("name", example="某某某", max_length=50, compare=True)),
    consent=BY_LAW,
)


@dataclass
class City:
    """Units, accounts and actors by role, and an entry with data."""

    units: dict[str, Unit]
    accounts: dict[str, Account]
    entry: Entry

    def actor(self, who: str) -> Actor:
        """The actor of an account."""
        return actor_for(self.accounts[who])


def a_unit(number: int, name: str, name_en: str, kind: str = "department", parent: str = "") -> Unit:
    """A unit under a made-up code."""
    first17 = f"113701000000000{number:02d}"
    code = first17 + check_character(first17)
    data = UnitData(name=name, name_en=name_en, kind=kind, code=code, parent_uid=parent)
    return create_unit(actor=SYSTEM, data=data, now=now())


def an_account(unit: Unit, username: str, name: str, role: str) -> Account:
    """A person of a unit with one role."""
    person = create_person(
        actor=SYSTEM,
        unit=unit,
        name=name,
        username=username,
        password="Jinan-springs-72",
        must_change_password=False,
        now=now(),
    )
    account: Account = person.account
    assign_role(actor=SYSTEM, account=account, role_code=role, unit=unit, now=now())
    return account


def a_city() -> City:
    """The bureau, a department that supplies, one that uses, and one that has nothing."""
    units = {
        "bureau": a_unit(1, "济南市大数据局", "Jinan Big Data Bureau", "platform"),
        "police": a_unit(2, "济南市公安局", "Jinan Public Security Bureau"),
        "labour": a_unit(3, "济南市人力资源和社会保障局", "Jinan Human Resources Bureau"),
        "civil": a_unit(4, "济南市民政局", "Jinan Civil Affairs Bureau"),
    }
    accounts = {
        "bureau": an_account(units["bureau"], "bureau", "大数据局业务员", "bureau"),
        "steward": an_account(units["police"], "steward", "公安数据专管员", "steward"),
        "developer": an_account(units["labour"], "developer", "人社开发者", "developer"),
        "stranger": an_account(units["civil"], "stranger", "民政开发者", "developer"),
        "auditor": an_account(units["bureau"], "auditor", "审计员", "auditor"),
    }
    return City(units, accounts, an_entry(units["police"]))


def an_entry(unit: Unit, *, name: str = "户籍人口信息", share_type: str = "2") -> Entry:
    """A published entry with graded items, and rows of it in the lake."""
    data = EntryData(
        resource_name=name,
        name_en="Registered residents",
        classification_code=a_class(),
        abstract="本市户籍人口的基本信息。",
        abstract_en="Basic data of the city's registered residents.",
        share_type=share_type,
        share_condition="用于政务服务办理和待遇资格认证" if share_type == "2" else "",
        share_law="《中华人民共和国反恐怖主义法》第五十二条" if share_type == "3" else "",
    )
    entry = create_entry(actor=SYSTEM, now=now(), unit=unit, data=data, items=ITEMS)
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades=GRADES)
    entry = submit_entry(actor=SYSTEM, now=now(), entry=entry)
    entry = publish_entry(actor=SYSTEM, now=now(), entry=entry)
    get_lake().overwrite(entry.lake_table, pa.table(ROWS))
    return entry


def a_class() -> str:
    """Some class that entries may be put under."""
    from quanshu.supply.catalogue.api import Classification

    return str(Classification.objects.filter(level__gte=3).order_by("code").values_list("code", flat=True)[0])


def assess(service: Service) -> None:
    """The approved impact record that a sensitive service needs before it is published; one that is outdated is
    replaced."""
    if not sensitive_in(service) or stand_of(service, now()).standing == Standing.IN_ORDER:
        return
    told = subject_of(service, now())
    ImpactRecord.objects.filter(service=service, state="approved").update(state="replaced")
    ImpactRecord.objects.create(
        service=service,
        number=ImpactRecord.objects.filter(service=service).count() + 1,
        state="approved",
        risk_level="low",
        items=list(told.items),
        purposes=list(told.purposes),
        drafted_at=now(),
        drafted_by="公安数据专管员",
        drafted_by_uid="steward",
        decided_at=now(),
    )


def a_service(city: City, data: ServiceData = QUERY) -> Service:
    """A service published, with its table built."""
    service = create_service(actor=SYSTEM, now=now(), entry=city.entry, data=data)
    assess(service)
    publish_service(actor=SYSTEM, now=now(), service=service)
    serve_entry(city.entry.uid, now())
    service.refresh_from_db()
    return service


def an_application(city: City, unit: str = "labour", name: str = "养老待遇资格认证") -> tuple[Consumer, str]:
    """An application and its secret."""
    return create_consumer(actor=SYSTEM, now=now(), unit=city.units[unit], name=name, name_en="Pension checks")


def a_grant(
    consumer: Consumer, service: Service, fields: tuple[str, ...] = ("name", "street"), **changes: Any
) -> Grant:
    """A grant for half a year."""
    values: dict[str, Any] = {
        "purpose": "养老待遇资格认证",
        "rate_per_minute": 600,
        "daily_limit": None,
        "valid_until": now() + timedelta(days=180),
    }
    return create_grant(
        actor=SYSTEM, now=now(), consumer=consumer, service=service, fields=fields, **{**values, **changes}
    )


def use_folders(settings: Any, folder: Path) -> None:
    """Keys, serving tables and snapshots of one test in a folder of its own."""
    settings.QUANSHU_GATEWAY_DIR = folder / "gateway"
    settings.QUANSHU_SERVING_DIR = folder / "serving"
    settings.QUANSHU_KEYS_DIR = folder / "keys"
    ensure_gateway_keys()


@contextmanager
def a_gateway(settings: Any, folder: Path, moment: datetime) -> Iterator[GatewayProcess]:
    """A real gateway process over what has been published."""
    publish_snapshot(moment)
    process = GatewayProcess(folder)
    settings.QUANSHU_GATEWAY_URL = process.url
    process.start()
    try:
        yield process
    finally:
        process.kill()


def a_sandbox(city: City, service: Service, developer: Client) -> tuple[Callable[..., Any], list[dict[str, str]]]:
    """A call of a service's sandbox as a developer makes it, (gateway's url, body) → answer; and keys that exist."""
    dispatch(now(), 100)
    consumer, _secret = an_application(city)
    secret = developer.post(f"/api/v1/development/applications/{consumer.uid}/sandbox-key").json()["secret"]
    keys = developer.get(f"/api/v1/development/services/{service.uid}/sandbox").json()["keys"]

    def ask(url: str, body: dict[str, Any]) -> Any:
        headers = sign_headers(consumer.rid, service.sid, secret, time.time_ns() // 1_000_000)
        return httpx.post(f"{url}/sandbox/{service.sid}", json=body, headers=headers, trust_env=False).json()

    return ask, keys
