"""A bureau that declares a census, departments with stewards and a chief, for tests of the census."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.test import Client

from quanshu.kernel.clock import freeze
from quanshu.organisation.api import DutyKind, appoint, create_person
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry
from support_catalogue import Cast, make_cast
from support_quality import MONDAY, published

# A Monday; the census lasts two working weeks.
STARTS, ENDS = date(2026, 3, 2), date(2026, 3, 13)
DECLARED: dict[str, Any] = {
    "title": "2026年全市公共数据资源普查",
    "purpose": "摸清各单位数据资源底数，核实目录",
    "starts_on": STARTS.isoformat(),
    "ends_on": ENDS.isoformat(),
    "question_1": "本单位业务系统数量",
    "kind_1": "number",
    "required_1": "on",
    "question_2": "是否设有数据管理机构",
    "kind_2": "yes_no",
    "question_3": "数据存放方式",
    "kind_3": "choice",
    "choices_3": "政务云，自建机房",
}


def add_chief(cast: Cast, unit: str = "police") -> None:
    """The unit's chief data representative, with an account."""
    person = create_person(
        actor=SYSTEM,
        unit=cast.units[unit],
        name="首席某",
        username=f"chief-{unit}",
        password="Zk7-quiet-river",
        must_change_password=False,
        now=MONDAY,
    )
    kind = DutyKind.CHIEF
    appoint(actor=SYSTEM, unit=cast.units[unit], kind=kind, person=person, position="副局长", now=MONDAY)
    cast.accounts[f"chief-{unit}"] = person.account


def make_city() -> tuple[Cast, list[Entry]]:
    """The cast with a chief in the police, and three entries of the police in force."""
    cast = make_cast()
    add_chief(cast)
    names = ("户籍人口登记信息", "居住证信息", "机动车登记信息")
    return cast, [published(cast, resource_name=name) for name in names]


def at(day: int, client: Client, path: str, data: Any = None, **more: Any) -> Any:
    """Post on a day of March 2026."""
    with freeze(MONDAY + timedelta(days=day - 2)):
        return client.post(path, data or {}, **more)


def look(day: int, client: Client, path: str) -> Any:
    """Get on a day of March 2026."""
    with freeze(MONDAY + timedelta(days=day - 2)):
        return client.get(path)


def moment(day: int) -> datetime:
    """A moment of March 2026."""
    return MONDAY + timedelta(days=day - 2)
