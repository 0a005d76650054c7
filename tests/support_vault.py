"""A city whose units issue the six types of certificate from tables of their own, for tests of the vault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.core.cache import cache
from django.test import Client

from quanshu.city.vault.api import Certificate, Issuer, issue_certificate, register_issuer
from quanshu.kernel.clock import freeze
from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.shared.access.api import SYSTEM, Actor
from quanshu.shared.audit.api import AuditEntry
from quanshu.shared.jobs.api import run_due
from quanshu.shared.keys import node_key
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.subjects.api import SESSION, Mandate, Subject, actor_of_subject, ensure_subject
from quanshu.supply.lake_store import get_lake
from support_catalogue import Cast, make_cast, uscc

MOMENT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def citizen(born: str, serial: int) -> str:
    """A valid citizen ID."""
    first17 = f"370102{born}{serial:03d}"
    return first17 + check_character(first17)


ZHANG = citizen("19560412", 17)
LI = citizen("19580903", 24)
CHILD = citizen("20150601", 31)
FIRM = uscc(77)
RESIDENTS = {
    "citizen_id": [ZHANG, LI, CHILD],
    "name": ["张建国", "李秀英", "张小满"],
    "sex_code": ["1", "2", "2"],
    "ethnic_code": ["01", "01", "01"],
    "birth_date": [date(1956, 4, 12), date(1958, 9, 3), date(2015, 6, 1)],
    "address": ["山东省济南市历下区泉城路1号"] * 3,
    "status_code": ["1", "1", "1"],
}
MARRIAGES = {
    "certificate_no": ["J370100-1980-0000007"],
    "husband_id": [ZHANG],
    "husband_name": ["张建国"],
    "wife_id": [LI],
    "wife_name": ["李秀英"],
    "registered_on": [date(1980, 10, 1)],
    "office": ["历下区婚姻登记处"],
    "status_code": ["1"],
}
PROPERTIES = {
    "certificate_no": ["鲁(2019)济南市不动产权第0000001号", "鲁(2021)济南市不动产权第0000002号"],
    "owner_id": [ZHANG, ZHANG],
    "owner_name": ["张建国", "张建国"],
    "unit_no": ["370102001001GB00001F00000001", "370102001001GB00002F00000002"],
    "address": ["历下区泉城路1号", "历下区泉城路2号"],
    "use_code": ["10", "30"],
    "area_m2": [104.5, 14.0],
    "mortgaged": [False, True],
    "registered_on": [date(2019, 5, 6), date(2021, 7, 8)],
}
INSURED = {
    "insurance_no": ["37010000000001", "37010000000002"],
    "citizen_id": [ZHANG, LI],
    "name": ["张建国", "李秀英"],
    "insurance_kind": ["1", "2"],
    "status_code": ["3", "1"],
    "joined_on": [date(1990, 1, 1), date(1995, 1, 1)],
}
ELDERLY = {name: RESIDENTS[name][:2] for name in ("citizen_id", "name", "sex_code", "birth_date")}
FIRMS = {
    "uscc": [FIRM],
    "enterprise_name": ["济南泉水科技有限公司"],
    "kind_code": ["150"],
    "representative_name": ["张建国"],
    "capital": [500.0],
    "established_on": [date(2010, 3, 4)],
    "address": ["高新区舜华路100号"],
    "status_code": ["1"],
}
TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "id_card": ("police", RESIDENTS),
    "marriage_certificate": ("civil", MARRIAGES),
    "elderly_card": ("civil", ELDERLY),
    "property_certificate": ("police", PROPERTIES),
    "social_security_card": ("civil", INSURED),
    "business_licence": ("police", FIRMS),
}
# What must stand nowhere but in the vault.
PRIVATE = (ZHANG, LI, CHILD, "张建国", "李秀英", "张小满", "泉城路", "J370100-1980-0000007")


@dataclass
class Vaults:
    """The units and their people, who issues what, and the subjects."""

    cast: Cast
    issuers: dict[str, Issuer]
    subjects: dict[str, Subject]

    def resident(self, who: str, language: str = "en") -> Client:
        """A browser that a subject is signed in to."""
        client = Client(HTTP_ACCEPT_LANGUAGE=language)
        session = client.session
        session[SESSION] = self.subjects[who].uid
        session.save()
        return client

    def actor(self, who: str) -> Actor:
        return actor_of_subject(self.subjects[who])

    def issued(self, type_code: str, who: str = "zhang", number: str = ZHANG) -> Certificate:
        """A certificate of a type, issued from the records."""
        return issue_certificate(actor=SYSTEM, now=MOMENT, issuer=self.issuers[type_code], number=number)[0]

    def table(self, type_code: str) -> str:
        entry = self.issuers[type_code].entry
        assert entry is not None
        return str(entry.lake_table)


def make_vaults(settings: Any, folder: Path) -> Vaults:
    """The city, with node keys and a lake of the test's own."""
    settings.QUANSHU_KEYS_DIR = folder / "keys"
    settings.QUANSHU_LAKE_DIR = folder / "lake"
    node_key.cache_clear()
    get_lake.cache_clear()
    cache.clear()
    cast = make_cast()
    issuers = {}
    for code, (unit, rows) in TABLES.items():
        entry = cast.entry(unit, resource_name=f"{code} records")
        get_lake().overwrite(entry.lake_table, pa.table(rows))
        issuers[code] = register_issuer(
            actor=cast.actor("officer"), now=MOMENT, unit=cast.units[unit], type_code=code, entry=entry
        )
    people = {
        "zhang": ("person", ZHANG, "张建国"),
        "li": ("person", LI, "李秀英"),
        "child": ("person", CHILD, "张小满"),
        "firm": ("enterprise", FIRM, "济南泉水科技有限公司"),
    }
    subjects = {
        key: ensure_subject(actor=SYSTEM, kind=kind, number=number, name=name, now=MOMENT)
        for key, (kind, number, name) in people.items()
    }
    return Vaults(cast, issuers, subjects)


def mandate(vaults: Vaults, principal: str, agent: str, kind: str) -> Mandate:
    """That one subject acts for another."""
    return Mandate.objects.create(
        principal=vaults.subjects[principal],
        agent=vaults.subjects[agent],
        kind=kind,
        state="in_force",
        valid_from=MOMENT,
        created_at=MOMENT,
    )


def post(client: Client, path: str, body: Any = None, at: datetime = MOMENT) -> Any:
    """Post JSON at a moment."""
    with freeze(at):
        return client.post(path, json.dumps(body or {}), content_type="application/json")


def fill(client: Client, path: str, form: Any = None, at: datetime = MOMENT) -> Any:
    """Send a form at a moment."""
    with freeze(at):
        return client.post(path, form or {})


def look(client: Client, path: str, at: datetime = MOMENT) -> Any:
    """Get at a moment."""
    with freeze(at):
        return client.get(path)


def settle(at: datetime = MOMENT) -> None:
    """Let background work and events be done."""
    with freeze(at):
        run_due(at)
        dispatch(at)


def told_in_audit(words: Sequence[str] = PRIVATE) -> list[str]:
    """Personal values that stand in the audit trail or in events."""
    from quanshu.shared.jobs.models import Job
    from quanshu.shared.outbox.models import OutboxEvent

    texts = [
        json.dumps([row.label, row.actor_name, row.details, row.object_uid], ensure_ascii=False)
        for row in AuditEntry.objects.filter(action__startswith="vault.")
    ]
    texts += [
        json.dumps(row.payload, ensure_ascii=False) for row in OutboxEvent.objects.filter(name__startswith="vault.")
    ]
    texts += [json.dumps(row.payload, ensure_ascii=False) for row in Job.objects.filter(name__startswith="vault.")]
    assert texts
    return [word for word in words if any(word in text for text in texts)]
