"""Residents with codes, scenes and devices that scan, over the small city of services' tests."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import zxingcpp
from django.test import Client

from quanshu.city.codes.api import (
    AccountField,
    Basis,
    Read,
    Scene,
    SceneData,
    Source,
    Verifier,
    approve_scene,
    draft_scene,
    register_verifier,
    start_scene,
    submit_scene,
)
from quanshu.kernel.clock import freeze, now
from quanshu.kernel.identifiers.citizen_id import check_character
from quanshu.kernel.identifiers.uscc import check_character as uscc_check
from quanshu.shared.access.api import SYSTEM
from quanshu.sharing.subjects.api import SESSION, Mandate, Subject, ensure_subject
from support_services import City

API = "/api/v1/codes"
MY = "/api/v1/my/codes"
FIRM = "91370100MA0000001" + uscc_check("91370100MA0000001")
NAME = Read(Source.ACCOUNT, AccountField.NAME)
NUMBER = Read(Source.ACCOUNT, AccountField.NUMBER)
SENIOR = Read(Source.ACCOUNT, AccountField.AGE, least=65)


def citizen(born: str, serial: int = 101) -> str:
    """A valid number of somebody born on a day (YYYYMMDD)."""
    first = f"370102{born}{serial:03d}"
    return first + check_character(first)


def enrol(number: str, name: str, kind: str = "person") -> Subject:
    """A subject with an account."""
    return ensure_subject(actor=SYSTEM, kind=kind, number=number, name=name, now=now())


def signed_in(subject: Subject, language: str = "en") -> Client:
    """A phone that the subject is signed in on."""
    client = Client(HTTP_ACCEPT_LANGUAGE=language, HTTP_ACCEPT="text/html")
    session = client.session
    session[SESSION] = subject.uid
    session.save()
    return client


def mandate(principal: Subject, agent: Subject, kind: str = "legal_representative") -> Mandate:
    """That one acts for another, in force."""
    moment = now() - timedelta(days=30)
    return Mandate.objects.create(
        principal=principal, agent=agent, kind=kind, state="in_force", valid_from=moment, created_at=moment
    )


def scene_data(**changes: Any) -> SceneData:
    """A senior's bus ride by law, off line as well."""
    given: dict[str, Any] = {
        "name": "老年人乘车",
        "name_en": "Senior bus ride",
        "purpose": "核验是否年满65周岁，免费乘坐公交车",
        "holders": ("person",),
        "reads": (SENIOR,),
        "basis": Basis.LAW,
        "law": "《山东省老年人权益保障条例》第四十六条",
        "offline": True,
    }
    return SceneData(**{**given, **changes})


def a_scene(city: City, unit: str = "labour", **changes: Any) -> Scene:
    """A scene in force."""
    scene = draft_scene(actor=SYSTEM, now=now(), unit=city.units[unit], data=scene_data(**changes))
    for step in (submit_scene, approve_scene, start_scene):
        scene = step(actor=SYSTEM, now=now(), scene=scene)
    return scene


def a_device(scene: Scene, name: str = "1路车刷码机") -> tuple[Verifier, str]:
    """A device with a token."""
    return register_verifier(actor=SYSTEM, now=now(), scene=scene, name=name, proof="token", place="趵突泉站")


def code_for(client: Client, scene: Scene | None = None, **more: Any) -> str:
    """A fresh code of who is signed in."""
    asked = {"scene": scene.pk if scene else 0, **more}
    answer = client.get(f"{MY}/code", asked)
    assert answer.status_code == 200, answer.content.decode()
    return str(answer.json()["code"])


def scan(token: str, code: str, **more: Any) -> Any:
    """A device sends a code."""
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_ACCEPT_LANGUAGE": "en"}
    return Client().post(f"{API}/scan", {"code": code, **more}, content_type="application/json", **headers)


def scan_at(moment: datetime, token: str, code: str) -> Any:
    """The same at a moment."""
    with freeze(moment):
        return scan(token, code)


def upload(token: str, scans: list[dict[str, Any]], device_time: int) -> Any:
    """A device hands in what it took off line."""
    headers = {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_ACCEPT_LANGUAGE": "en"}
    body = {"device_time": device_time, "scans": scans}
    return Client().post(f"{API}/uploads", body, content_type="application/json", **headers)


def read_picture(page: str) -> str:
    """The text of the QR in a page's SVG: drawn to pixels, then read by an independent decoder."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \d+"', page)[0])
    drawing = re.findall(r'<path [^>]*stroke="#000"[^>]*d="([^"]+)"', page) or re.findall(r' d="(M[^"]+)"', page)
    pixels = np.full((size, size), 255, dtype=np.uint8)
    x = y = 0.0
    for letter, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?:[ ,]?(-?[\d.]+))?", drawing[-1]):
        if letter == "h":
            pixels[int(y), int(x) : int(x + float(first))] = 0
            x += float(first)
        elif letter == "M":
            x, y = float(first), float(second)
        else:
            x, y = x + float(first), y + float(second)
    image = np.kron(pixels, np.ones((4, 4), dtype=np.uint8))
    found = zxingcpp.read_barcodes(image)
    assert len(found) == 1
    return found[0].text


def code_text(page: str) -> str:
    """The code that a page shows as text."""
    return html.unescape(re.findall(r'id="code-text">([^<]+)<', page)[0])
