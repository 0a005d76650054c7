"""A bureau, two departments and their people, for tests of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from quanshu.kernel.identifiers.uscc import check_character
from quanshu.organisation.api import Account, Unit, UnitData, actor_for, assign_role, create_person, create_unit
from quanshu.organisation.services import issue_token
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.supply.catalogue.api import Entry, EntryData, ItemData, create_entry

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ITEMS = (
    ItemData("citizen_id", "公民身份号码", length=18, is_key=True, personal=True, mask="citizen_id"),
    ItemData("name", "姓名", title_en="Name", length=50, required=True, personal=True, mask="name"),
    ItemData("registered_on", "登记日期", data_type="date"),
)
GRADES = {"citizen_id": "general-4", "name": "general-3", "registered_on": "general-1"}


def uscc(number: int) -> str:
    """A valid unified social credit code."""
    first = f"11370100{number:09d}"
    return first + check_character(first)


def entry_data(**changes: Any) -> EntryData:
    """Core metadata that passes every check."""
    given = {
        "resource_name": "户籍人口登记信息",
        "name_en": "Household registration",
        "classification_code": "101001",
        "abstract": "全市户籍人口的登记事项",
        "share_condition": "用于政务服务核验",
    }
    return EntryData(**{**given, **changes})


@dataclass
class Cast:
    """Units and accounts by short names."""

    units: dict[str, Unit]
    accounts: dict[str, Account]

    def actor(self, who: str) -> Actor:
        return actor_for(self.accounts[who])

    def browser(self, who: str, language: str = "zh-hans") -> Client:
        """A browser with the person signed in."""
        client = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE=language)
        client.force_login(self.accounts[who])
        return client

    def program(self, who: str) -> Client:
        """A program with a token of the person's."""
        account = self.accounts[who]
        _row, token = issue_token(
            actor=actor_for(account), name="test", days=30, account=account, now=datetime.now(UTC)
        )
        return Client(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ACCEPT_LANGUAGE="en")

    def entry(self, unit: str = "police", items: tuple[ItemData, ...] = ITEMS, **changes: Any) -> Entry:
        """A draft of a unit."""
        return create_entry(actor=SYSTEM, now=NOW, unit=self.units[unit], data=entry_data(**changes), items=items)


def make_cast() -> Cast:
    """The bureau with an officer; police and civil affairs, each with a steward; a developer, a leader."""
    units = {}
    for number, (key, name, kind) in enumerate(
        (
            ("bureau", "市大数据局", "platform"),
            ("police", "市公安局", "department"),
            ("civil", "市民政局", "department"),
        )
    ):
        data = UnitData(name=name, kind=kind, code=uscc(number + 1), name_en=f"{key} of the city")
        units[key] = create_unit(actor=SYSTEM, data=data, now=NOW)
    accounts = {}
    people = (
        ("officer", "bureau", "bureau"),
        ("steward", "police", "steward"),
        ("other", "civil", "steward"),
        ("developer", "civil", "developer"),
        ("leader", "bureau", "leader"),
    )
    for name, unit, role in people:
        person = create_person(
            actor=SYSTEM,
            unit=units[unit],
            name=f"{name}某",
            username=name,
            password="Zk7-quiet-river",
            must_change_password=False,
            now=NOW,
        )
        assign_role(actor=SYSTEM, account=person.account, role_code=role, unit=units[unit], now=NOW)
        accounts[name] = person.account
    return Cast(units, accounts)
