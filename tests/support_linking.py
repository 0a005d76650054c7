"""A small town in two registers that agree as registers do, for tests of linking."""

from __future__ import annotations

from random import Random

import pyarrow as pa

from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.lake import Lake
from quanshu.lake.linking.types import Attribute, RecordSource

POLICE = RecordSource(
    "police",
    "police.resident",
    ("no",),
    {
        Attribute.IDENTIFIER: "id",
        Attribute.NAME: "name",
        Attribute.BIRTH_DATE: "born",
        Attribute.PHONE: "phone",
        Attribute.DIVISION: "division",
        Attribute.ADDRESS: "address",
    },
    one_row_each=True,
)
WATER = RecordSource(
    "water",
    "water.customer",
    ("no",),
    {
        Attribute.IDENTIFIER: "id",
        Attribute.NAME: "name",
        Attribute.PHONE: "phone",
        Attribute.DIVISION: "division",
        Attribute.ADDRESS: "address",
    },
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英华文玉兰建国志刚红梅春光"


def citizen(born: str, serial: int) -> str:
    """A valid citizen ID."""
    first = f"370102{born.replace('-', '')}{serial:03d}"
    return first + check_character(first)


def town(people: int, seed: int = 1) -> tuple[pa.Table, pa.Table]:
    """The residents, and as many customers; row n of both is person n. Every seventh customer has no ID, every
    ninth a mistyped one."""
    chance = Random(seed)
    residents, customers = [], []
    for number in range(people):
        born = f"{chance.randrange(1940, 2005)}-{chance.randrange(1, 13):02d}-{chance.randrange(1, 29):02d}"
        name = chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN)
        identity, phone = citizen(born, chance.randrange(1, 999)), f"138{chance.randrange(10**8):08d}"
        street = chance.randrange(40)
        door = f"{chance.randrange(1, 30)}-{chance.randrange(1, 5)}-{chance.randrange(101, 999)}"
        home = {"division": f"370102{street:03d}001", "address": f"文化路{street}社区{door}"}
        residents.append({"no": f"P{number}", "id": identity, "name": name, "born": born, "phone": phone, **home})
        spot = chance.randrange(17)
        mistyped = identity[:spot] + str((int(identity[spot]) + 1) % 10) + identity[spot + 1 :]
        known = None if number % 7 == 0 else mistyped if number % 9 == 0 else identity
        called = phone if number % 11 else f"139{chance.randrange(10**8):08d}"
        customers.append({"no": f"W{number}", "id": known, "name": name, "phone": called, **home})
    return pa.Table.from_pylist(residents), pa.Table.from_pylist(customers)


def fill(lake: Lake, people: int, seed: int = 1) -> None:
    """Put both registers into the lake."""
    residents, customers = town(people, seed)
    lake.overwrite(POLICE.table, residents)
    lake.overwrite(WATER.table, customers)
