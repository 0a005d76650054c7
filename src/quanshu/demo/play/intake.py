"""Sources that go on by themselves: schedules, a watched folder, and a company that pushes its files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from django.conf import settings

from quanshu.demo.play.people import Cast
from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.sharing.services.api import Consumer
from quanshu.supply.catalogue.api import Entry, contract_of
from quanshu.supply.intake.api import (
    LoadMode,
    RunState,
    Source,
    SourceData,
    SourceKind,
    create_source,
    grant_push,
    set_schedule,
)
from quanshu.supply.lake_store import get_lake

Say = Callable[[str], None]
Entries = dict[tuple[str, str], Entry]
ROWS = 50
FOLDER_NAME = "供水用户·每日文件"
PUSH_NAME = "燃气用户·公司推送"
WAIT_SECONDS = 60


def play_intake(cast: Cast, entries: Entries, caller: tuple[Consumer, str], say: Say) -> None:
    """Every source on a schedule; a watched folder with JSON lines; a Parquet file pushed through the gateway."""
    count = schedule_all(cast, entries)
    say(f"{count} sources have a schedule")
    watch = watched(cast, entries["water_company", "customer"])
    pushed = receiving(cast, entries["gas_company", "customer"], caller[0])
    receipt = push(entries["gas_company", "customer"], pushed, *caller)
    for source in (watch, pushed):
        landed(source)
    say(f"a file of the watched folder landed; a file was pushed and landed, receipt {receipt}")


def schedule_all(cast: Cast, entries: Entries) -> int:
    """A time each night for each source of the city, some minutes apart."""
    count = 0
    for number, ((system, _table), entry) in enumerate(sorted(entries.items(), key=lambda item: item[0])):
        actor = cast.stewards.get(system) or steward_of(cast, entry)
        for source in Source.objects.filter(entry=entry, schedule=None).exclude(kind=SourceKind.PUSH):
            set_schedule(actor=actor, source=source, cron=f"{number * 3 % 60} {2 + number // 20} * * *", now=now())
            count += 1
    return count


def steward_of(cast: Cast, entry: Entry) -> Any:
    """The steward of the entry's unit."""
    return next(cast.stewards[name] for name, unit in cast.units.items() if unit.pk == entry.unit.pk)


def rows_of(entry: Entry) -> list[dict[str, Any]]:
    """The first rows of an entry as its department would send them again."""
    names = [column.name for column in contract_of(entry)]
    rows = get_lake().read(entry.lake_table, columns=names).slice(0, ROWS).to_pylist()
    return [{name: None if row[name] is None else str(row[name]) for name in names} for row in rows]


def watched(cast: Cast, entry: Entry) -> Source:
    """A watched folder of the water company, with a file in it."""
    folder = settings.QUANSHU_HOME / "drop" / "water"
    folder.mkdir(parents=True, exist_ok=True)
    source = Source.objects.filter(entry=entry, name=FOLDER_NAME).first()
    if source is None:
        data = SourceData(
            FOLDER_NAME, SourceKind.FOLDER, LoadMode.UPSERT, path=str(folder), options={"pattern": "customer-*"}
        )
        source = create_source(actor=steward_of(cast, entry), now=now(), entry=entry, data=data)
    path = folder / "customer-20261031.jsonl"
    if not path.exists():
        lines = (json.dumps(row, ensure_ascii=False) for row in rows_of(entry))
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return source


def receiving(cast: Cast, entry: Entry, consumer: Consumer) -> Source:
    """A source of the gas company that only receives, and an application that may push to it."""
    actor = steward_of(cast, entry)
    source = Source.objects.filter(entry=entry, name=PUSH_NAME).first()
    if source is None:
        data = SourceData(PUSH_NAME, SourceKind.PUSH, LoadMode.UPSERT)
        source = create_source(actor=actor, now=now(), entry=entry, data=data)
    if not source.push_rights.filter(rid=consumer.rid, revoked_at=None).exists():
        grant_push(actor=actor, source=source, rid=consumer.rid, now=now())
    return source


def push(entry: Entry, source: Source, consumer: Consumer, secret: str) -> str:
    """Push a Parquet file as the company's own machine would; the receipt of the gateway."""
    path = Path(settings.QUANSHU_HOME) / "city" / "gas-customer-20261031.parquet"
    if not path.exists():
        pq.write_table(pa.Table.from_pylist(rows_of(entry)), path)
    deadline = now() + timedelta(seconds=WAIT_SECONDS)
    with GatewayClient(settings.QUANSHU_GATEWAY_URL, consumer.rid, secret) as client:
        answer = client.push(path, source.uid)
        # The right, and a fresh secret, reach the gateway with the next snapshot.
        while not answer.ok and before(deadline):
            time.sleep(0.5)
            answer = client.push(path, source.uid)
    if not answer.ok:
        raise SystemExit(f"the push was refused: {answer.body}")
    return answer.receipt_id


def before(deadline: datetime) -> bool:
    """Whether there is time left."""
    return now() < deadline


def landed(source: Source) -> None:
    """Wait for the load of a file that has arrived."""
    deadline = now() + timedelta(seconds=WAIT_SECONDS)
    while not source.runs.filter(state=RunState.LANDED).exists():
        if not before(deadline):
            raise SystemExit(f"{source.name}: nothing landed in {WAIT_SECONDS} s; the page of the source says why.")
        time.sleep(0.5)
