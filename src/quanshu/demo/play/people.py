"""Who plays: the city's units, their duty holders, and one account for each role."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from quanshu.demo.synth import CityManifest
from quanshu.kernel.identifiers.uscc import check_character
from quanshu.organisation.api import (
    Account,
    Person,
    Unit,
    UnitData,
    UnitKind,
    actor_for,
    appoint,
    assign_role,
    create_person,
    create_unit,
    open_account,
)
from quanshu.shared.access.api import SYSTEM, Actor

ACCOUNTS_FILE = "demo-accounts.json"
COMPANIES = ("water_company", "gas_company")
DISTRICTS = (
    ("370102000000", "历下区", "Lixia"),
    ("370103000000", "市中区", "Shizhong"),
    ("370104000000", "槐荫区", "Huaiyin"),
    ("370105000000", "天桥区", "Tianqiao"),
    ("370112000000", "历城区", "Licheng"),
    ("370113000000", "长清区", "Changqing"),
    ("370114000000", "章丘区", "Zhangqiu"),
    ("370115000000", "济阳区", "Jiyang"),
    ("370116000000", "莱芜区", "Laiwu"),
    ("370117000000", "钢城区", "Gangcheng"),
    ("370124000000", "平阴县", "Pingyin"),
    ("370126000000", "商河县", "Shanghe"),
)
# Districts that have not named everybody yet, so that the page of gaps has something to say.
LACKING = {"370116000000": "steward", "370126000000": "chief", "370124000000": "office"}
ROLES = (
    ("admin", "平台管理员", "bureau", "韩立新"),
    ("bureau", "大数据局业务员", "bureau", "王思远"),
    ("steward", "数据专管员", "public_security", "李建国"),
    ("chief", "首席代表", "public_security", "张明德"),
    ("developer", "部门开发者", "human_resources", "陈晓敏"),
    ("auditor", "审计员", "bureau", "刘守正"),
    ("leader", "市领导", "city", "赵国安"),
    ("emergency", "应急专员", "bureau", "宋平安"),
)
# A receiver outside the administration, who asks residents for their consent: (account, role).
RECEIVER = ("bank", "授权接收方（银行）")


@dataclass(frozen=True, slots=True)
class Cast:
    """The players: units by their short names, actors by role, each supplier's steward."""

    units: dict[str, Unit]
    actors: dict[str, Actor]
    stewards: dict[str, Actor]
    passwords: dict[str, str]


def made_up_code(number: int, region: str = "370100") -> str:
    """A valid credit code that is nobody's."""
    first17 = f"11{region}{900000000 + number:09d}"
    return first17 + check_character(first17)


def passwords(home: Path) -> dict[str, str]:
    """The demo accounts' passwords: made at the first run, kept in the home folder with owner-only rights."""
    path = home / ACCOUNTS_FILE
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for username in (*(row[0] for row in ROLES), RECEIVER[0]):
        kept.setdefault(username, f"{username}-{secrets.token_urlsafe(6)}")
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(kept, file)
    return kept


def unit(data: UnitData, now: datetime) -> Unit:
    """The unit with this code, registered if it is not there yet."""
    found = Unit.objects.filter(code=data.code).first()
    return found or create_unit(actor=SYSTEM, data=data, now=now)


def person(unit: Unit, name: str, position: str, now: datetime, *, username: str = "", password: str = "") -> Person:
    """The person of this name in the unit, added if not there yet."""
    found = Person.objects.filter(unit=unit, name=name).first()
    if found is not None:
        return found
    return create_person(
        actor=SYSTEM,
        unit=unit,
        name=name,
        position=position,
        username=username,
        password=password,
        must_change_password=False,
        now=now,
    )


def register_units(manifest: CityManifest, now: datetime) -> dict[str, Unit]:
    """The city, its bureau of big data, the suppliers and the districts."""
    units = {
        "city": unit(
            UnitData("济南市人民政府", UnitKind.DISTRICT, made_up_code(1), "Jinan City Government", "", "370100000000"),
            now,
        )
    }
    top = units["city"].uid
    bureau = UnitData(
        "济南市大数据局", UnitKind.PLATFORM, made_up_code(2), "Jinan Big Data Bureau", top, "370100000000"
    )
    units["bureau"] = unit(bureau, now)
    for source in manifest.sources:
        kind = UnitKind.COMPANY if source.unit in COMPANIES else UnitKind.DEPARTMENT
        data = UnitData(
            source.unit_name, kind, source.unit_code, source.unit_name_en, top, "370100000000", "数据管理处"
        )
        units[source.unit] = unit(data, now)
    for number, (code, name, name_en) in enumerate(DISTRICTS, start=10):
        office = "" if LACKING.get(code) == "office" else "区县大数据中心"
        data = UnitData(
            f"{name}人民政府",
            UnitKind.DISTRICT,
            made_up_code(number, code[:6]),
            f"{name_en} Government",
            top,
            code,
            office,
        )
        units[code] = unit(data, now)
    return units


def fill_duties(units: dict[str, Unit], now: datetime) -> None:
    """Name each unit's chief data representative and data steward, but for the gaps kept on purpose."""
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
    for place, (short, row) in enumerate(units.items()):
        if short in {"city", "public_security"}:
            continue
        for kind, position, given in (("chief", "副局长", "志远"), ("steward", "数据专管员", "文静")):
            if LACKING.get(short) == kind or row.duties.filter(kind=kind, until__isnull=True).exists():
                continue
            holder = person(row, f"{surnames[place % len(surnames)]}{given}", position, now)
            appoint(actor=SYSTEM, unit=row, kind=kind, person=holder, position=position, now=now)


def gather(manifest: CityManifest, home: Path, now: datetime) -> Cast:
    """Register everybody; safe to run again."""
    units = register_units(manifest, now)
    words = passwords(home)
    for username, role, short, name in ROLES:
        position = "副局长" if username == "chief" else role
        holder = person(units[short], name, position, now, username=username, password=words[username])
        if username in {"steward", "chief"}:
            if not units[short].duties.filter(kind=username, until__isnull=True).exists():
                appoint(actor=SYSTEM, unit=units[short], kind=username, person=holder, position=position, now=now)
        else:
            assign(holder.account, username, units[short], now)
    fill_duties(units, now)
    accounts = Account.objects.select_related("person__unit__region")
    actors = {username: actor_for(accounts.get(username=username)) for username, _role, _unit, _name in ROLES}
    stewards = {source.unit: steward_of(units[source.unit], now) for source in manifest.sources}
    return Cast(units, actors, stewards, words)


def assign(account: Account, role: str, at: Unit, now: datetime) -> None:
    """Give a role once."""
    if not account.assignments.filter(role_code=role).exists():
        assign_role(actor=SYSTEM, account=account, role_code=role, unit=at, now=now)


def steward_of(unit: Unit, now: datetime) -> Actor:
    """The unit's data steward as an actor."""
    return duty_holder(unit, "steward", now)


def duty_holder(unit: Unit, kind: str, now: datetime) -> Actor:
    """Who holds a duty of the unit, as an actor, with an account of their own that nobody has the password of."""
    duty = unit.duties.select_related("person__unit__region").get(kind=kind, until__isnull=True)
    account = Account.objects.filter(person=duty.person).first()
    if account is None:
        account = open_account(
            actor=SYSTEM,
            person=duty.person,
            username=f"{kind}-{unit.code[-6:].lower()}",
            password=secrets.token_urlsafe(18),
            now=now,
        )
    return actor_for(Account.objects.select_related("person__unit__region").get(pk=account.pk))
