"""Bulk sharing: a base library to a district by a row filter, and a table that changes, both read by the protocol."""

from __future__ import annotations

import io
import json
import time
from datetime import timedelta
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from quanshu.demo.play.hosting import DATA, DISTRICT
from quanshu.demo.play.people import Cast, steward_of
from quanshu.demo.play.supply import Say, wait
from quanshu.kernel.clock import now
from quanshu.lake.conditions import Condition
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.sharing.bulk.api import (
    BulkData,
    BulkGrant,
    approve_bulk,
    create_bulk,
    make_token,
    profile_of,
    request_bulk,
)
from quanshu.sharing.services.api import Consumer, create_consumer
from quanshu.supply.catalogue.api import Entry, EntryState, items_of
from quanshu.supply.hosting.api import Agreement, edit_row, read_row
from quanshu.supply.libraries.api import find_model_by_code

POPULATION = "name sex_code birth_date division_code address age"
STATIONS = "station_no name street seats open_24h keeper"


class Reader:
    """The smallest reader of the Delta Sharing protocol: a profile, HTTP and Parquet."""

    def __init__(self, profile: str) -> None:
        told = json.loads(profile)
        self.base = told["endpoint"].rstrip("/")
        self.client = httpx.Client(
            headers={"Authorization": f"Bearer {told['bearerToken']}"}, timeout=30, trust_env=False
        )

    def table(self, name: str) -> str:
        """The address of a table named `share.schema.table`."""
        share, schema, table = name.split(".")
        return f"{self.base}/shares/{share}/schemas/{schema}/tables/{table}"

    def ready(self, name: str) -> bool:
        """Whether the gateway knows the token and has the view."""
        return self.client.get(f"{self.table(name)}/version").status_code == 200

    def version(self, name: str) -> int:
        """The newest version."""
        answer = self.client.get(f"{self.table(name)}/version").raise_for_status()
        return int(answer.headers["delta-table-version"])

    def load(self, name: str) -> pa.Table:
        """All rows."""
        lines = self.lines(self.client.post(f"{self.table(name)}/query", json={}))
        parts = [self.file(line["file"]["url"]) for line in lines if "file" in line]
        return pa.concat_tables(parts) if parts else pa.table({})

    def changes(self, name: str, since: int) -> list[dict[str, Any]]:
        """Rows changed since a version, that version included."""
        lines = self.lines(self.client.get(f"{self.table(name)}/changes", params={"startingVersion": since}))
        found: list[dict[str, Any]] = []
        for line in lines:
            for kind, change in (("cdf", ""), ("add", "insert"), ("remove", "delete")):
                if kind in line:
                    rows = self.file(line[kind]["url"]).to_pylist()
                    found += [row if kind == "cdf" else row | {"_change_type": change} for row in rows]
        return found

    def lines(self, answer: httpx.Response) -> list[dict[str, Any]]:
        """The lines of an answer."""
        return [json.loads(line) for line in answer.raise_for_status().text.splitlines()]

    def file(self, url: str) -> pa.Table:
        """One file."""
        return pq.read_table(io.BytesIO(httpx.get(url, timeout=30, trust_env=False).raise_for_status().content))


def application(unit: Unit, name: str, name_en: str) -> Consumer:
    """A unit's application, registered once."""
    found = Consumer.objects.filter(name=name, active=True).first()
    if found is not None:
        return found
    made, _secret = create_consumer(actor=SYSTEM, now=now(), unit=unit, name=name, name_en=name_en)
    return made


def data_for(entry: Entry, table: str, fields: str, purpose: str, *where: Condition) -> BulkData:
    """What is shared: those of the fields that are graded and not core."""
    shared = {item.name for item in items_of(entry) if item.grade and item.grade != "core"}
    return BulkData(
        table_name=table,
        fields=tuple(name for name in fields.split() if name in shared),
        purpose=purpose,
        valid_until=now() + timedelta(days=365),
        where=where,
        daily_rows=10_000_000,
    )


def to_district(cast: Cast) -> BulkGrant | None:
    """The district asks for its residents of the population library; the bureau agrees."""
    model = find_model_by_code("population")
    if model is None or model.entry is None or model.entry.state != EntryState.PUBLISHED:
        return None
    entry = Entry.objects.select_related("unit").get(pk=model.entry.pk)
    consumer = application(cast.units[DISTRICT], "历下区城市运行分平台", "Lixia operations sub-platform")
    found = BulkGrant.objects.filter(consumer=consumer, entry=entry, state="active").first()
    if found is not None:
        return found
    data = data_for(
        entry,
        "population",
        POPULATION,
        "历下区分平台人口底数与辖区服务",
        Condition("division_code", "starts_with", (DISTRICT[:6],)),
    )
    steward = steward_of(cast.units[DISTRICT], now())
    grant = request_bulk(actor=steward, consumer=consumer, entry=entry, data=data, now=now())
    reason = "属区级履职所需，仅限本区数据行"
    return approve_bulk(actor=cast.actors["bureau"], grant=grant, reason=reason, now=now())


def of_stations(cast: Cast) -> BulkGrant | None:
    """The city's human resources read a district's hosted table as it changes."""
    entry = Entry.objects.select_related("unit").filter(resource_name=DATA.resource_name).first()
    if entry is None or entry.state != EntryState.PUBLISHED:
        return None
    consumer = application(cast.units["human_resources"], "户外劳动者关爱地图", "Map for outdoor workers")
    found = BulkGrant.objects.filter(consumer=consumer, entry=entry, state="active").first()
    if found is not None:
        return found
    data = data_for(entry, "rest_stations", STATIONS, "户外劳动者驿站上图与便民查询")
    return create_bulk(actor=cast.actors["bureau"], consumer=consumer, entry=entry, data=data, now=now())


def one_more_seat(actor: Actor) -> None:
    """A street changes a row of its table."""
    agreement = Agreement.objects.filter(entry__resource_name=DATA.resource_name).first()
    row = read_row(agreement, {"station_no": "LX-001"}) if agreement is not None else None
    if agreement is None or row is None:
        return
    seats = str(int(row.values["seats"] or 0) % 40 + 1)
    edit_row(
        actor=actor, now=now(), agreement=agreement, key=row.key, base=row.base, values={**row.values, "seats": seats}
    )


def reader_of(grant: BulkGrant) -> Reader:
    """A reader with a fresh profile of the grant's application."""
    token, text = make_token(actor=SYSTEM, consumer=grant.consumer, days=90, now=now())
    return Reader(profile_of(token, text))


def play_bulk(cast: Cast, entries: dict[tuple[str, str], Entry], say: Say) -> None:
    """Two bulk grants, read over HTTP; then a change, read as a change."""
    district, stations = to_district(cast), of_stations(cast)
    for grant in (district, stations):
        if grant is None:
            continue
        reader = reader_of(grant)
        wait("views to be built", lambda r=reader, g=grant: int(not r.ready(g.full_name)), lambda _text: None)  # type: ignore[misc]
        rows = reader.load(grant.full_name)
        say(f"{grant.full_name} read in bulk: {rows.num_rows:,} rows of {grant.entry.resource_name}, masked")
    if stations is None:
        return
    before = reader.version(stations.full_name)
    one_more_seat(steward_of(cast.units[DISTRICT], now()))
    wait(
        "changes on their way",
        lambda: int(reader.version(stations.full_name) == before),
        lambda _text: None,
        seconds=60,
    )
    time.sleep(0.2)
    kinds = [row["_change_type"] for row in reader.changes(stations.full_name, before + 1)]
    say(f"an edit arrives as changes: {', '.join(kinds)}")
