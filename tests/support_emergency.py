"""An emergency over the small city of services, for tests of the green channel."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from quanshu.kernel.clock import now
from quanshu.organisation.api import Account, appoint
from quanshu.shared.access.api import SYSTEM
from support_services import City, an_account

API = "/api/v1/emergency"


def people_of(city: City) -> None:
    """An emergency officer, a second bureau officer, the supplier's chief and steward, the receiver's steward."""
    city.accounts["officer"] = an_account(city.units["bureau"], "officer", "应急专员", "emergency")
    city.accounts["chief"] = an_account(city.units["police"], "chief", "公安首席代表", "chief")
    city.accounts["duty"] = an_account(city.units["police"], "dutyofficer", "公安值班员", "developer")
    for who, unit, kind in (("chief", "police", "chief"), ("steward", "police", "steward")):
        person = city.accounts[who].person
        appoint(actor=SYSTEM, unit=city.units[unit], kind=kind, person=person, position="副局长", now=now())


def browser(account: Account, language: str = "en") -> Client:
    """A signed-in browser."""
    client = Client(HTTP_ACCEPT_LANGUAGE=language, HTTP_ACCEPT="text/html")
    client.force_login(account)
    return client


def post(city: City, who: str, path: str, body: dict[str, Any] | None = None, ok: int = 200) -> Any:
    """A call of the API by somebody; the status must be as expected."""
    answer = browser(city.accounts[who]).post(f"{API}{path}", body or {}, content_type="application/json")
    assert answer.status_code == ok, answer.content.decode()
    return answer.json()


def declaration(city: City, **changes: Any) -> dict[str, Any]:
    """What an officer declares: the police's residents for the labour bureau, for a day."""
    values = {
        "title": "历下区燃气泄漏",
        "level": "3",
        "reason": "A gas main has burst; residents of two streets are being moved",
        "legal_basis": "Emergency Response Law, article 63",
        "starts_at": now().isoformat(),
        "ends_at": (now() + timedelta(days=1)).isoformat(),
        "unit_uids": [city.units["labour"].uid],
        "entry_codes": [city.entry.code],
    }
    return {**values, **changes}


def asking(city: City, consumer_uid: str, **changes: Any) -> dict[str, Any]:
    """What the labour bureau asks for."""
    values = {
        "entry_uid": city.entry.uid,
        "consumer_uid": consumer_uid,
        "fields_asked": ["name", "street"],
        "purpose": "To find who lives in the streets concerned",
    }
    return {**values, **changes}
