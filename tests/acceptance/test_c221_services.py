"""Clause 2.2.1: every catalogue entry mounts a working service; services are developed centrally and published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.kernel.clock import now
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.services.api import Service, probe_services, publish_snapshot, serve_entry
from quanshu.supply.catalogue.api import catalogue_figures
from support_services import NOBODY, City, a_city, a_gateway, assess, use_folders


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


def browser_of(city: City, who: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser


def check(city: City) -> bool:
    """What a worker's tick does: check the services, tell the catalogue; whether the entry is mounted now."""
    probe_services(now())
    dispatch(now(), 100)
    city.entry.refresh_from_db()
    return bool(city.entry.mounted)


def publish_by_wizard(city: City) -> Service:
    """The bureau's three steps in the browser."""
    bureau = browser_of(city, "bureau")
    assert city.entry.uid in bureau.get("/services/new/").content.decode()
    form = {
        "sid": "jn-ga-resident-query",
        "name": "户籍人口信息查询",
        "name_en": "Registered resident query",
        "shape": "query",
        "row_cap": "10",
        "consent_mode": "statutory",
        "statutory_basis": "《居民身份证法》第十五条",
        "role-citizen_id": "search",
        "required-citizen_id": "on",
        "max-citizen_id": "18",
        "pattern-citizen_id": r"\d{17}[\dX]",
        "example-citizen_id": NOBODY,
        "field-name": "on",
        "field-street": "on",
    }
    review = bureau.post(f"/services/new/{city.entry.uid}/", form).headers["location"]
    assert "Registered resident query" in bureau.get(review).content.decode()
    service = Service.objects.get(sid="jn-ga-resident-query")
    assess(service)
    assert bureau.post(f"/services/{service.uid}/publish/").status_code == 302
    return service


def test_an_entry_is_mounted_while_its_service_answers_and_only_then(city: City, settings: Any, tmp_path: Path) -> None:
    """目录挂载率 counts live answers, not declarations: it falls when the service stops answering."""
    assert not city.entry.mounted
    service = publish_by_wizard(city)
    assert not check(city), "published, and yet nothing answers"
    assert catalogue_figures().mounting_rate == 0
    assert serve_entry(city.entry.uid, now()) == 1
    with a_gateway(settings, tmp_path, now()):
        assert check(city)
        assert catalogue_figures().mounting_rate == 1
        page = browser_of(city, "stranger").get(service.get_absolute_url()).content.decode()
        assert "Answers" in page
        assert "Answered" in page
    assert not check(city)
    assert "Does not answer" in browser_of(city, "stranger").get("/services/").content.decode()


def test_a_published_service_is_found_and_read_by_every_department(city: City) -> None:
    """Developed once, used by all: its documentation is complete before anything is granted."""
    service = publish_by_wizard(city)
    serve_entry(city.entry.uid, now())
    publish_snapshot(now())
    stranger = browser_of(city, "stranger")
    assert service.sid in stranger.get("/services/?q=resident").content.decode()
    page = stranger.get(service.get_absolute_url()).content.decode()
    for part in ("citizen_id", "Surname only", "gjzwfwpt_sign", "OpenAPI", "/s/jn-ga-resident-query"):
        assert part in page
    assert stranger.get(f"{service.get_absolute_url()}openapi.json").json()["info"]["version"] == "1"
    assert stranger.post(f"/services/{service.uid}/withdraw/", {"reason": "x"}).status_code == 403
