"""Three registers of the same people, and a scheme that fuses them."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from quanshu.kernel.clock import freeze
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.catalogue.api import Entry, ItemData, grade_items, publish_entry, submit_entry
from quanshu.supply.fusion.api import (
    Run,
    Scheme,
    SchemeData,
    enforce_scheme,
    run_now,
    save_scheme,
    start_run,
    submit_scheme,
)
from quanshu.supply.intake.api import LoadMode, SourceData, SourceKind, create_source
from quanshu.supply.intake.api import start_run as start_load
from support_catalogue import Cast
from support_quality import MONDAY, work

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
PERSONAL: dict[str, Any] = {"personal": True}
COMMON = (
    ItemData("citizen_id", "公民身份号码", title_en="Citizen ID", mask="citizen_id", **PERSONAL),
    ItemData("name", "姓名", title_en="Name", mask="name", **PERSONAL),
    ItemData("birth_date", "出生日期", "date", title_en="Birth date", **PERSONAL),
    ItemData("phone", "联系电话", title_en="Phone", mask="phone", **PERSONAL),
    ItemData("address", "地址", title_en="Address", mask="address", **PERSONAL),
    ItemData("status", "状态", title_en="Status"),
    ItemData("event_on", "事项日期", "date", title_en="Event on"),
    ItemData("updated_on", "更新日期", "date", title_en="Updated on"),
)
HEAD = ["number", *(item.name for item in COMMON)]
WHO = "identifier: citizen_id, name: name, birth_date: birth_date"
SOURCES = f"""register = {{register}} | {WHO}, phone: phone, address: address | fresh updated_on | one row
insurance = {{insurance}} | {WHO}, phone: phone, address: address | fresh updated_on
death = {{death}} | {WHO} | fresh event_on
"""
SURVIVORS = "phone = source, insurance, register\naddress = longest"
EVIDENCE = """register: registered = updated_on where status in 1
register: register_cancelled = event_on where status in 2
insurance: pension_drawn = updated_on where status in 3
death: death_certificate = event_on
"""


def citizen_id(serial: int, born: str = "1950-05-05") -> str:
    """A valid number of somebody born on a day."""
    first = f"370102{born.replace('-', '')}{serial:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return first + "10X98765432"[total % 11]


def row(number: str, who: str, name: str, **more: str) -> list[str]:
    """A row of one of the registers."""
    given = {
        "number": number,
        "citizen_id": who,
        "name": name,
        "birth_date": "1950-05-05",
        "phone": "",
        "address": "",
        "status": "1",
        "event_on": "",
        "updated_on": "2026-01-05",
    }
    return [{**given, **more}[name] for name in HEAD]


PEOPLE = [
    ("张三丰", citizen_id(101), "13800000001", "1950-05-05", "历下区泺源大街1号"),
    ("李四维", citizen_id(102), "13800000002", "1951-06-07", "历下区泺源大街2号"),
    ("王五福", citizen_id(103), "13800000003", "1962-07-08", "市中区经七路3号"),
    ("赵六合", citizen_id(104), "13800000004", "1973-08-09", "市中区经七路4号"),
    ("欧阳七星", citizen_id(105), "13800000005", "1984-09-10", "天桥区堤口路5号"),
]


def register_rows() -> list[list[str]]:
    """Everybody, as the police have them."""
    return [
        row(f"P{place}", citizen_id(101 + place, born), name, birth_date=born, phone=phone, address=address)
        for place, (name, _id, phone, born, address) in enumerate(PEOPLE)
    ]


def insurance_rows(*places: int, **more: str) -> list[list[str]]:
    """Some of them, as the pension office has them."""
    found = []
    for place in places:
        name, _id, phone, born, address = PEOPLE[place]
        given = {"birth_date": born, "phone": phone, "address": address, **more}
        found.append(row(f"I{place}", citizen_id(101 + place, born), name, **given))
    return found


@dataclass
class Registers:
    """The three entries and the scheme over them."""

    cast: Cast
    folder: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    scheme: Scheme = field(default_factory=Scheme)
    at: datetime = MONDAY

    def load(self, name: str, rows: list[list[str]]) -> None:
        """Load a register's rows, as its whole content."""
        entry, path = self.entries[name], self.folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([HEAD, *rows])
        self.at += timedelta(seconds=1)
        with freeze(self.at):
            source = entry.intake_sources.first()
            if source is None:
                data = SourceData(name=name, kind=SourceKind.CSV, mode=LoadMode.FULL, path=str(path))
                source = create_source(actor=SYSTEM, now=self.at, entry=entry, data=data)
            start_load(actor=SYSTEM, now=self.at, source=source)
        work(self.at)
        entry.refresh_from_db()

    def data(self, **changes: Any) -> SchemeData:
        """A scheme that passes every check."""
        codes = {name: entry.code for name, entry in self.entries.items()}
        given = {
            "code": "person",
            "kind": "person",
            "title": "自然人融合",
            "title_en": "Persons",
            "sources": SOURCES.format(**codes),
            "classification_code": "101001",
            "survivors": SURVIVORS,
            "evidence": EVIDENCE,
        }
        return SchemeData(**{**given, **changes})

    def enforce(self, **changes: Any) -> Scheme:
        """The scheme in force."""
        there = self.scheme if self.scheme.pk else None
        version = save_scheme(
            actor=SYSTEM, now=self.at, unit=self.cast.units["bureau"], data=self.data(**changes), scheme=there
        )
        submit_scheme(actor=SYSTEM, now=self.at, scheme=version.scheme)
        enforce_scheme(actor=self.cast.actor("officer"), now=self.at, scheme=version.scheme)
        self.scheme = Scheme.objects.get(pk=version.scheme.pk)
        return self.scheme

    def run(self, cause: str = "manual") -> Run:
        """Run the scheme at once."""
        self.at += timedelta(minutes=1)
        with freeze(self.at):
            run = run_now(start_run(actor=SYSTEM, now=self.at, scheme=self.scheme, cause=cause).uid, self.at)
        self.scheme.refresh_from_db()
        return run


def make_registers(cast: Cast, folder: Path) -> Registers:
    """The registers, published and loaded: everybody with the police, two with the pension office, one dead."""
    made = Registers(cast, folder)
    for name, unit in (("register", "police"), ("insurance", "civil"), ("death", "civil")):
        key = ItemData("number", "编号", title_en="Number", length=20, is_key=True)
        entry = cast.entry(unit, (key, *COMMON), resource_name=f"{name}登记", name_en=name)
        grades = dict.fromkeys(HEAD, "general-3")
        grade_items(actor=SYSTEM, now=MONDAY, entry=entry, grades=grades)
        submit_entry(actor=SYSTEM, now=MONDAY, entry=entry)
        made.entries[name] = publish_entry(actor=SYSTEM, now=MONDAY, entry=Entry.objects.get(pk=entry.pk))
    made.load("register", register_rows())
    made.load("insurance", insurance_rows(0, 1, status="3"))
    name, _id, _phone, born, _address = PEOPLE[1]
    made.load("death", [row("D1", citizen_id(102, born), name, birth_date=born, event_on="2025-11-02")])
    return made
