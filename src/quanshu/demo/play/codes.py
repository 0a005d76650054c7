"""Resident and enterprise codes: five scenes with their devices, and scans of the last days, taken and refused."""

from __future__ import annotations

import csv
import sqlite3
import time
from contextlib import closing, suppress
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from quanshu.city.codes.api import (
    REFUSALS,
    AccountField,
    Basis,
    Proof,
    Read,
    Scan,
    Scene,
    SceneData,
    Source,
    Verifier,
    actor_of_verifier,
    approve_scene,
    draft_scene,
    register_verifier,
    scan_code,
    show_code,
    start_scene,
    submit_scene,
)
from quanshu.demo.play.people import Cast, duty_holder
from quanshu.demo.play.supply import Say
from quanshu.kernel.clock import CITY_TZ, now
from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.uscc import Uscc
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.services.api import Consumer, Service, create_consumer, create_grant
from quanshu.sharing.subjects.api import Mandate, Subject, actor_of_subject, ensure_subject

NAME, NUMBER, AGENT = (
    Read(Source.ACCOUNT, field) for field in (AccountField.NAME, AccountField.NUMBER, AccountField.AGENT)
)
SENIOR = Read(Source.ACCOUNT, AccountField.AGE, least=65)
# (unit, name, in English, purpose, holders, account's fields, (service, fields) or none, basis, law, off line, hours,
#  desk, device)
SCENES: tuple[tuple[Any, ...], ...] = (
    (
        "health", "医院门诊挂号", "Hospital registration", "挂号建档并核对医保参保状态，不再出示身份证和社保卡",
        ("person",),
        (NAME, NUMBER), ("jn-rs-insurance-query", ("insurance_kind", "status_code")), Basis.LAW,
        "《中华人民共和国社会保险法》第七十四条", False, ("", ""), "市中心医院挂号处1号窗口", "市中心医院自助机03",
    ),
    (
        "370102000000", "图书馆借阅证", "Library card", "办理和使用借阅证", ("person",),
        (NAME, NUMBER), None, Basis.CONSENT, "", False, ("08:30", "20:30"),
        "历下区图书馆总服务台", "历下区图书馆自助借书机",
    ),
    (
        "civil_affairs", "老年人免费乘车", "Senior bus ride",
        "核验是否年满65周岁，免费乘坐公交车；不读取姓名和出生日期",
        ("person",),
        (SENIOR,), None, Basis.LAW, "《山东省老年人权益保障条例》第四十六条", True, ("05:00", "23:30"),
        "公交卡服务中心", "K50路 鲁A01234",
    ),
    (
        "human_resources", "政务大厅办事取号", "Government hall counter", "取号并核对户籍状态，免填表", ("person",),
        (NAME, NUMBER), ("jn-ga-resident-query", ("status_code", "division_code")), Basis.LAW,
        "《优化营商环境条例》第三十七条", False, ("", ""), "社保大厅3号窗口", "社保大厅取号机",
    ),
    (
        "market_regulation", "企业办事", "Enterprise errand", "核对企业登记状态和经办人授权", ("enterprise",),
        (NAME, NUMBER, AGENT), ("jn-sc-enterprise-query", ("enterprise_name", "status_code")), Basis.LAW,
        "《中华人民共和国市场主体登记管理条例》第八条", False, ("", ""), "企业开办专区1号窗口", "企业开办自助机",
    ),
)  # fmt: skip


def play_codes(cast: Cast, say: Say) -> None:
    """Scenes drafted by their units, approved by the bureau; residents and a company use their codes."""
    if Scene.objects.exists():
        return
    people, (firm, chief) = residents(), company()
    elders = [row for row in people if CitizenId.parse(row[0]).birth_date < date(now().year - 66, 1, 1)]
    holders = [enrolled("person", *row) for row in (*elders[:2], *people[:3])]
    boss, owned = enrolled("person", *chief), enrolled("enterprise", *firm)
    Mandate.objects.get_or_create(
        principal=owned,
        agent=boss,
        kind="legal_representative",
        defaults={"state": "in_force", "valid_from": now() - timedelta(days=60), "created_at": now()},
    )
    for row in SCENES:
        scene, device = set_up(cast, row)
        for number, holder in enumerate(holders if "person" in scene.holders else [boss] * 3):
            subject = holder if "person" in scene.holders else owned
            use(scene, device, holder, subject, days=0 if row[6] else number + 1)
    taken, refused = (Scan.objects.filter(ok=ok).count() for ok in (True, False))
    say(f"{Scene.objects.count()} code scenes in force; {taken} codes taken, {refused} refused")


def set_up(cast: Cast, row: tuple[Any, ...]) -> tuple[Scene, Verifier]:
    """A scene in force with a desk and a device; what it reads of a service is granted to an application first."""
    unit_name, name, name_en, purpose, holders, fields, service, basis, law, offline, hours, desk, device = row
    unit = cast.units[unit_name]
    steward = cast.stewards.get(unit_name) or duty_holder(unit, "steward", now())
    reads = fields + (granted(cast, unit_name, name, name_en, *service) if service else ())
    data = SceneData(
        name, purpose, holders, reads, basis, name_en=name_en, law=law, offline=offline, opens=hours[0], closes=hours[1]
    )
    scene = draft_scene(actor=steward, now=now(), unit=unit, data=data)
    submit_scene(actor=steward, now=now(), scene=scene)
    approve_scene(actor=cast.actors["bureau"], now=now(), scene=scene)
    scene = start_scene(actor=steward, now=now(), scene=scene)
    register_verifier(actor=steward, now=now(), scene=scene, name=desk, place=desk, proof=Proof.DESK)
    reader, _token = register_verifier(
        actor=steward, now=now(), scene=scene, name=device, place=device, proof=Proof.TOKEN
    )
    return scene, reader


def granted(cast: Cast, unit: str, name: str, name_en: str, sid: str, fields: tuple[str, ...]) -> tuple[Read, ...]:
    """Fields of a service, granted to an application of the scene's unit."""
    consumer, _secret = create_consumer(
        actor=SYSTEM, now=now(), unit=cast.units[unit], name=f"泉城码·{name}", name_en=f"City code: {name_en}"
    )
    create_grant(
        actor=cast.actors["bureau"],
        now=now(),
        consumer=Consumer.objects.get(pk=consumer.pk),
        service=Service.objects.get(sid=sid),
        fields=fields,
        purpose=f"泉城码场景：{name}",
        rate_per_minute=600,
        daily_limit=None,
        valid_until=now() + timedelta(days=365),
    )
    return tuple(Read(Source.SERVICE, field, of=sid, via=consumer.rid) for field in fields)


def use(scene: Scene, device: Verifier, holder: Subject, subject: Subject, *, days: int) -> None:
    """A code shown and taken, some days ago; then the same once more, and one much too late."""
    moment = morning(days)
    text = code(scene, holder, subject, moment)
    taken = scan_code(actor=actor_of_verifier(device), now=moment, verifier=device, text=text)
    for _ in range(10):
        # A new grant reaches the gateway within a second.
        if not any(row.fault for row in taken.told):
            break
        time.sleep(0.5)
        moment = now()
        text = code(scene, holder, subject, moment)
        taken = scan_code(actor=actor_of_verifier(device), now=moment, verifier=device, text=text)
    late = [(text, moment + timedelta(seconds=9))] if days == 1 else []
    late += [(code(scene, holder, subject, moment), moment + timedelta(minutes=4))] if days == 2 else []
    for again, at in late:
        with suppress(*REFUSALS):
            scan_code(actor=actor_of_verifier(device), now=at, verifier=device, text=again)


def code(scene: Scene, holder: Subject, subject: Subject, moment: datetime) -> str:
    """A code as the holder's phone shows it."""
    return show_code(actor=actor_of_subject(holder), now=moment, subject_uid=subject.uid, scene=scene).text


def morning(days: int) -> datetime:
    """Ten in the morning some days ago; now for today."""
    if not days:
        return now()
    return (now().astimezone(CITY_TZ) - timedelta(days=days)).replace(hour=10, minute=5 * days, second=0)


def enrolled(kind: str, number: str, name: str) -> Subject:
    """A subject with an account."""
    return ensure_subject(actor=SYSTEM, kind=kind, number=number, name=name, now=now())


def is_right(kind: type[CitizenId] | type[Uscc], text: str) -> bool:
    """Whether a number of the source systems is none of the planted errors."""
    try:
        kind.parse(text)
    except BadIdentifier:
        return False
    return True


def residents() -> list[tuple[str, str]]:
    """(number, name) of registered residents, in the order of the register."""
    path = settings.QUANSHU_HOME / "city/public_security.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        text = "SELECT citizen_id, name FROM resident WHERE name <> '' ORDER BY person_no LIMIT 400"
        rows = [(str(number), str(name)) for number, name in connection.execute(text)]
    return [row for row in rows if len(row[0]) == 18 and is_right(CitizenId, row[0])]


def company() -> tuple[tuple[str, str], tuple[str, str]]:
    """(credit code, name) of a company, and (number, name) of its legal representative."""
    with (settings.QUANSHU_HOME / "city/enterprise.csv").open(encoding="gb18030", newline="") as file:
        for row in csv.DictReader(file):
            if is_right(Uscc, row["uscc"]) and is_right(CitizenId, row["representative_id"]):
                return (row["uscc"], row["enterprise_name"]), (row["representative_id"], row["representative_name"])
    raise SystemExit("The demo's register of enterprises holds no company with right numbers.")
