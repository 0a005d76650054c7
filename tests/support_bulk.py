"""Bulk grants in the small city of services' tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from django.test import Client

from quanshu.kernel.clock import now
from quanshu.lake.conditions import Condition
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.bulk.api import BulkData, BulkGrant, create_bulk, make_token, profile_of, refresh_view
from quanshu.sharing.services.api import Consumer
from quanshu.supply.lake_store import get_lake
from support_services import City

DISTRICT = (Condition("street", "eq", ("千佛山街道",)),)


def data(**changes: Any) -> BulkData:
    """What a district asks for: three fields of its own street's residents."""
    values: dict[str, Any] = {
        "table_name": "residents",
        "fields": ("name", "born", "street"),
        "purpose": "街道人口服务管理",
        "valid_until": now() + timedelta(days=90),
        "where": DISTRICT,
    }
    return BulkData(**{**values, **changes})


def body(city: City, consumer: Consumer, **changes: Any) -> dict[str, Any]:
    """The same over the API."""
    values: dict[str, Any] = {
        "consumer_uid": consumer.uid,
        "entry_uid": city.entry.uid,
        "table_name": "residents",
        "shared_fields": ["name", "born", "street"],
        "purpose": "街道人口服务管理",
        "valid_until": (now() + timedelta(days=90)).isoformat(),
        "where": [{"column": "street", "operator": "eq", "values": ["千佛山街道"]}],
    }
    return {**values, **changes}


def a_bulk_grant(city: City, consumer: Consumer, **changes: Any) -> BulkGrant:
    """A grant whose view is built."""
    grant = create_bulk(actor=SYSTEM, consumer=consumer, entry=city.entry, data=data(**changes), now=now())
    refreshed(grant)
    return grant


def refreshed(grant: BulkGrant, moment: datetime | None = None) -> BulkGrant:
    """The grant after its view has been refreshed."""
    refresh_view(grant.uid, moment or now())
    grant.refresh_from_db()
    return grant


def a_profile(consumer: Consumer) -> str:
    """The text of a profile."""
    token, text = make_token(actor=SYSTEM, consumer=consumer, days=30, now=now())
    return profile_of(token, text)


def people(*rows: tuple[str, str, str, str]) -> pa.Table:
    """Rows of the city's residents: id, name, date of birth, street."""
    names = ("citizen_id", "name", "born", "street", "informant")
    return pa.table({name: [(*row, "")[at] for row in rows] for at, name in enumerate(names)})


def land(city: City, *rows: tuple[str, str, str, str]) -> None:
    """Rows of residents land."""
    get_lake().upsert(city.entry.lake_table, people(*rows), ["citizen_id"])


def browser_of(city: City, who: str) -> Client:
    """A browser signed in as someone, in English."""
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser
