"""Residents' own data: people who may sign in, an error planted for one of them to find, and reports under way."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile

from quanshu.city.citizen.api import (
    Correction,
    CorrectionData,
    accept_correction,
    file_correction,
    land_proposed,
    records_of,
    reject_correction,
)
from quanshu.demo.identity import RESIDENTS_FILE
from quanshu.demo.play.papers import paper
from quanshu.demo.play.people import Cast
from quanshu.demo.play.supply import Say, wait
from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.subjects.api import (
    Mandate,
    MandateAsked,
    MandateKind,
    Subject,
    actor_of_subject,
    ask_mandate,
    ensure_subject,
)
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.intake.api import Run, RunState, Source, start_run
from quanshu.supply.lake_store import get_lake

PIN = "246810"
SOURCE, TABLE = "public_security", "resident"
OTHERS, FIRMS = 9, 3
PROOF = paper("居民户口簿（演示）", ["本页为演示材料，不是真实证件。"])
Row = Mapping[str, Any]


def play_citizen(cast: Cast, entries: dict[tuple[str, str], Entry], citizen_id: str, say: Say) -> None:
    """Whoever may sign in at the demo's identity provider, with something to find and something under way."""
    entry = Entry.objects.select_related("unit").get(pk=entries[SOURCE, TABLE].pk)
    rows = residents(entry)
    first = next(row for row in rows if row["citizen_id"] == citizen_id)
    people = [first, *(row for row in rows if row is not first and is_adult(row))][: OTHERS + 1]
    write_people(people, firms(entries))
    planted = plant(cast, entry, first, say)
    reports(cast, people[1:4])
    guardian(rows, people)
    say(f"residents sign in at /my/sign-in/ with the test PIN {PIN}; {first['name']} has a wrong {planted} to find")


def residents(entry: Entry) -> list[Row]:
    """Residents with whole numbers, in the order of the register."""
    names = ["person_no", "citizen_id", "name", "birth_date", "address", "status_code", "household_id"]
    rows = get_lake().read(entry.lake_table, columns=names).to_pylist()
    whole = [row for row in rows if row["citizen_id"] and len(row["citizen_id"]) == 18 and row["name"]]
    return sorted(whole, key=lambda row: str(row["person_no"]))


def is_adult(row: Row) -> bool:
    """Somebody alive of between 25 and 75 years, by the demo's day."""
    return row["status_code"] == "1" and row["birth_date"] is not None and 1950 < row["birth_date"].year < 2000


def firms(entries: dict[tuple[str, str], Entry]) -> list[Row]:
    """A few enterprises that are there."""
    entry = Entry.objects.get(pk=entries["market_regulation", "enterprise"].pk)
    names = ["registration_no", "uscc", "enterprise_name", "status_code"]
    rows = get_lake().read(entry.lake_table, columns=names).to_pylist()
    good = [row for row in rows if row["uscc"] and len(row["uscc"]) == 18 and row["status_code"] == "1"]
    return sorted(good, key=lambda row: str(row["registration_no"]))[:FIRMS]


def write_people(people: list[Row], companies: list[Row]) -> None:
    """The list of the demo's identity provider, with owner-only rights."""
    found = [
        {"sub": f"p-{row['person_no']}", "kind": "person", "number": row["citizen_id"], "name": row["name"],
         "hint": f"居民 {row['birth_date'].year}" if row["birth_date"] else "居民", "pin": PIN}
        for row in people
    ]  # fmt: skip
    found += [
        {"sub": f"e-{row['registration_no']}", "kind": "enterprise", "number": row["uscc"],
         "name": row["enterprise_name"], "hint": "企业", "pin": PIN}
        for row in companies
    ]  # fmt: skip
    path = settings.QUANSHU_HOME / RESIDENTS_FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(found, file, ensure_ascii=False)


def plant(cast: Cast, entry: Entry, row: Row, say: Say) -> str:
    """A registered address with another house number, in the source system and, by its next load, in the lake.

    A resident alone can know that it is wrong: no rule finds it. Returns the name of the field.
    """
    subject = enrol(row)
    title = "户籍地址"
    if Correction.objects.filter(subject=subject).exists() or str(row["address"]).endswith("（旧）"):
        return title
    path = settings.QUANSHU_HOME / "city" / f"{SOURCE}.sqlite"
    with sqlite3.connect(path) as connection:
        wrong = f"{row['address']}（旧）"
        connection.execute("UPDATE resident SET address = ? WHERE person_no = ?", (wrong, row["person_no"]))
    connection.close()
    source = Source.objects.filter(entry=entry, active=True).first()
    if source is not None:
        run = start_run(actor=cast.stewards[SOURCE], source=source, now=now())
        moving = [RunState.QUEUED, RunState.RUNNING]
        wait("loads to do", lambda: Run.objects.filter(pk=run.pk, state__in=moving).count(), say)
    return title


def enrol(row: Row) -> Subject:
    """The resident as a subject."""
    return ensure_subject(actor=SYSTEM, kind="person", number=row["citizen_id"], name=row["name"], now=now())


def reports(cast: Cast, people: list[Row]) -> None:
    """Three reports: one waits, one is corrected, one rejected and with the reasons to read."""
    if Correction.objects.count() > 1:
        return
    steward = cast.stewards[SOURCE]
    for place, row in enumerate(people):
        subject = enrol(row)
        record = next(
            (one for one in records_of(subject) if one.title and not one.library and one.field("phone")), None
        )
        field = record.field("phone") if record else None
        if record is None or field is None or not field.reportable:
            continue
        data = CorrectionData(record.entry_uid, record.uid, "phone", f"1390000{1000 + place}", "手机号码已经更换")
        correction = file_correction(
            actor=actor_of_subject(subject),
            subject=subject,
            data=data,
            files=[("户口簿.pdf", ContentFile(PROOF))],
            now=now(),
        )
        if correction.unit.uid != steward.unit_uid:
            continue
        if place == 1:
            accept_correction(actor=steward, correction=correction, now=now())
            land_proposed(actor=steward, correction=correction, now=now())
        elif place == 2:
            reason = "经与户籍窗口核对，登记号码与申报表一致；如已更换，请携身份证到窗口变更。"
            reject_correction(actor=steward, correction=correction, reason=reason, now=now())


def guardian(rows: list[Row], people: list[Row]) -> None:
    """A parent asks to act for a child of the household; the bureau has it to decide."""
    if Mandate.objects.exists():
        return
    homes = {row["household_id"]: row for row in people if row["household_id"]}
    for child in rows:
        parent = homes.get(child["household_id"])
        if parent is None or child["birth_date"] is None or child["birth_date"].year < 2012:
            continue
        asked = MandateAsked(MandateKind.GUARDIAN, child["citizen_id"], child["name"], "other")
        ask_mandate(
            actor=actor_of_subject(enrol(parent)),
            asked=asked,
            file_name="出生医学证明.pdf",
            stream=ContentFile(PROOF),
            now=now(),
        )
        return
