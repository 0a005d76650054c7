"""Clause 2.2.1 (统一开发、需求部门审核): the platform builds, the asking unit accepts, then it is published."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.outbox.api import dispatch
from quanshu.shared.workflow.api import clocks_of, todos_for
from quanshu.sharing.demands.api import DemandData, check_demand, confirm_demand, create_demand, submit_demand
from quanshu.sharing.development.api import Order, find_order_of, order_figures
from quanshu.sharing.services.api import Service, create_service, serve_entry, update_service
from support_services import (
    BY_LAW,
    ID,
    QUERY,
    City,
    FieldData,
    ServiceData,
    a_city,
    an_application,
    assess,
    use_folders,
)

pytestmark = pytest.mark.django_db
API = "/api/v1/development"


@pytest.fixture
def city(settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


class Person:
    """One person's session, in pages and at the API."""

    def __init__(self, city: City, who: str) -> None:
        self.client = Client(headers={"accept-language": "en"})
        self.client.force_login(city.accounts[who])

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.content.decode()

    def press(self, path: str, **form: Any) -> int:
        return self.client.post(path, form).status_code

    def api(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.client.post(f"{API}/{path}", json.dumps(body or {}), content_type="application/json")
        return answer.status_code, answer.json()


def fresh(service: Service) -> Service:
    """As it is now."""
    return Service.objects.get(pk=service.pk)


def a_draft(city: City, fields: tuple[str, ...] = ("name", "street")) -> Service:
    data = ServiceData(
        QUERY.sid,
        QUERY.name,
        "query",
        (ID,),
        tuple(map(FieldData, fields)),
        name_en=QUERY.name_en,
        row_cap=10,
        consent=BY_LAW,
    )
    return create_service(actor=SYSTEM, now=now(), entry=city.entry, data=data)


def opened(city: City) -> Order:
    """An order opened by the bureau in the browser for the labour bureau."""
    bureau = Person(city, "bureau")
    assert city.entry.uid in bureau.page("/development/new/")
    form = {"unit": city.units["labour"].uid, "title": "Pension checks", "wanted": "No more visits",
            "fields_asked": ["name", "street"]}  # fmt: skip
    assert bureau.press(f"/development/new/{city.entry.uid}/", **form) == 302
    return Order.objects.get(title="Pension checks")


def test_an_order_from_opening_to_publication(city: City) -> None:
    order, bureau, asking = opened(city), Person(city, "bureau"), Person(city, "developer")
    here = order.get_absolute_url()
    assert order.number.startswith("YF-")
    assert "Take the order" in bureau.page(here)
    assert "Take the order" not in asking.page(here)
    assert bureau.press(f"{here}take/") == 302
    service = a_draft(city, ("name",))
    assert service.name in bureau.page(f"{here}attach/")
    assert bureau.press(f"{here}attach/", service=service.uid) == 302
    assert "has not passed the sandbox test" not in bureau.page(here), "first the field that is missing is named"
    assert "does not tell of: street" in bureau.page(here)
    update_service(actor=SYSTEM, now=now(), service=service, data=draft_data(("name", "street")))
    status, told = bureau.api(f"orders/{order.uid}/steps/hand-over")
    assert (status, told["code"]) == (409, "development.not_tested")
    assert bureau.press(f"{here}test/") == 302
    page = bureau.page(here)
    assert "A record that is there is found" in page
    assert "Failed" not in page
    assess(fresh(service))
    assert bureau.press(f"/services/{service.uid}/publish/") == 302
    service.refresh_from_db()
    assert service.state == "draft", "not accepted, so not published"
    assert bureau.press(f"{here}hand-over/") == 302
    assert [todo.kind for todo in todos_for(city.actor("developer"))] == ["development.accept"]
    assert bureau.api(f"orders/{order.uid}/steps/accept")[0] == 403, "who builds does not accept"
    assert asking.press(f"{here}accept/") == 302
    order.refresh_from_db()
    assert (order.state, order.accepted_by) == ("accepted", "人社开发者")
    assess(fresh(service))
    assert bureau.press(f"/services/{service.uid}/publish/") == 302
    dispatch(now(), 100)
    order.refresh_from_db()
    service.refresh_from_db()
    assert (order.state, service.state) == ("published", "published")
    figures = order_figures()
    assert (figures.accepted, figures.published, figures.accepted_at_once) == (1, 1, 1)
    assert "Accepted by the asking unit" in bureau.page("/development/figures/")


def draft_data(fields: tuple[str, ...]) -> ServiceData:
    return ServiceData(
        QUERY.sid,
        QUERY.name,
        "query",
        (ID,),
        tuple(map(FieldData, fields)),
        name_en=QUERY.name_en,
        row_cap=10,
        consent=BY_LAW,
    )


def ready(city: City) -> tuple[Order, Service]:
    """An order whose draft was tested and handed over, by the API."""
    order, bureau, service = opened(city), Person(city, "bureau"), a_draft(city)
    for step in ("take", "attach", "test", "hand-over"):
        if step == "attach":
            status, told = bureau.api(f"orders/{order.uid}/attach", {"service": service.sid})
        else:
            status, told = bureau.api(f"orders/{order.uid}/steps/{step}")
        assert status == 200, told
    order.refresh_from_db()
    return order, service


def test_sent_back_with_reasons_then_accepted(city: City) -> None:
    order, service = ready(city)
    asking, bureau, here = Person(city, "developer"), Person(city, "bureau"), order.get_absolute_url()
    assert asking.press(f"{here}send-back/", reason="") == 422
    assert asking.press(f"{here}send-back/", reason="The street comes without the house number") == 302
    order.refresh_from_db()
    assert (order.state, order.sent_back) == ("building", 1)
    assert "without the house number" in bureau.page(here)
    kinds = [clock.kind for clock in clocks_of("development.order", order.uid) if clock.stopped_at is None]
    assert kinds == ["development.build"]
    status, told = bureau.api(f"orders/{order.uid}/steps/hand-over")
    assert (status, told["code"]) == (409, "development.not_tested"), "what was sent back is tested again"
    assert bureau.api(f"orders/{order.uid}/steps/test")[0] == 200
    assert bureau.api(f"orders/{order.uid}/steps/hand-over")[0] == 200
    assert asking.api(f"orders/{order.uid}/steps/accept")[0] == 200
    figures = order_figures()
    assert (figures.handed, figures.accepted, figures.accepted_at_once) == (1, 1, 0)
    update_service(actor=SYSTEM, now=now(), service=service, data=draft_data(("name",)))
    assess(fresh(service))
    bureau.press(f"/services/{service.uid}/publish/")
    service.refresh_from_db()
    assert service.state == "draft", "changed after acceptance, so not published"
    assert "has changed since the asking unit accepted" in bureau.page(f"/services/{service.uid}/review/")


def test_what_others_may_not(city: City) -> None:
    order, _service = ready(city)
    stranger, steward = Person(city, "stranger"), Person(city, "steward")
    assert stranger.client.get(order.get_absolute_url()).status_code == 404
    assert order.number not in stranger.page("/development/")
    assert order.number in steward.page("/development/"), "the unit whose data it is sees it"
    assert steward.api(f"orders/{order.uid}/steps/accept")[0] == 403
    assert steward.client.get("/development/new/").status_code == 403
    assert Person(city, "developer").api(f"orders/{order.uid}/steps/cancel", {"reason": "x"})[0] == 403
    assert Person(city, "bureau").api(f"orders/{order.uid}/steps/nothing")[0] == 404


def test_wrong_input_names_the_field(city: City) -> None:
    bureau = Person(city, "bureau")
    body = {"entry": city.entry.uid, "unit": city.units["labour"].uid, "title": " ", "fields_asked": ["height"]}
    status, told = bureau.api("orders", body)
    assert status == 422
    assert {row["field"] for row in told["errors"]} == {"title", "fields"}
    assert not Order.objects.exists()


def test_comments_carry_files(city: City, settings: Any, tmp_path: Path) -> None:
    settings.QUANSHU_FILES_DIR = tmp_path / "files"
    order, _service = ready(city)
    here, asking = order.get_absolute_url(), Person(city, "developer")
    file = SimpleUploadedFile("remarks.csv", b"field,remark\nstreet,too coarse\n")
    assert asking.press(f"{here}comment/", text="See the list", file=file) == 302
    assert asking.press(f"{here}comment/", text="Run it", file=SimpleUploadedFile("a.exe", b"MZ")) == 422
    page = Person(city, "bureau").page(here)
    assert "See the list" in page
    comment = order.comments.get()
    answer = asking.client.get(f"{here}files/{comment.uid}/")
    assert b"too coarse" in b"".join(answer.streaming_content)
    assert Person(city, "stranger").client.get(f"{here}files/{comment.uid}/").status_code == 404


def test_a_demand_that_no_service_covers_opens_an_order_and_is_granted_when_it_is_published(city: City) -> None:
    consumer = an_application(city)[0]
    developer, steward, bureau = (city.actor(who) for who in ("developer", "steward", "bureau"))
    data = DemandData("Residence", ("name", "street"), "Checks", "Law", (now() + timedelta(days=90)).date(), 100, 60)
    demand = create_demand(actor=developer, now=now(), entry=city.entry, consumer=consumer, data=data)
    demand = submit_demand(actor=developer, now=now(), demand=demand)
    demand = check_demand(actor=bureau, now=now(), demand=demand)
    demand = confirm_demand(actor=steward, now=now(), demand=demand)
    order = find_order_of(demand.uid)
    assert order is not None
    assert (order.state, order.unit.name, order.fields) == ("open", city.units["labour"].name, ["name", "street"])
    worker, service = Person(city, "bureau"), a_draft(city)
    worker.api(f"orders/{order.uid}/steps/take")
    worker.api(f"orders/{order.uid}/attach", {"service": service.uid})
    worker.api(f"orders/{order.uid}/steps/test")
    worker.api(f"orders/{order.uid}/steps/hand-over")
    assert Person(city, "developer").api(f"orders/{order.uid}/steps/accept")[0] == 200
    dispatch(now(), 100)
    assert "Service accepted, to be published" in Person(city, "steward").page(demand.get_absolute_url())
    assess(fresh(service))
    assert worker.press(f"/services/{service.uid}/publish/") == 302
    serve_entry(city.entry.uid, now())
    dispatch(now(), 100)
    demand.refresh_from_db()
    order.refresh_from_db()
    assert (demand.state, order.state) == ("in_use", "published")


def test_an_order_ends_with_the_demand_it_is_for(city: City) -> None:
    from quanshu.sharing.demands.api import withdraw_demand

    consumer = an_application(city)[0]
    developer = city.actor("developer")
    data = DemandData("Residence", ("name",), "Checks", "Law", (now() + timedelta(days=90)).date(), 100, 60)
    demand = create_demand(actor=developer, now=now(), entry=city.entry, consumer=consumer, data=data)
    demand = submit_demand(actor=developer, now=now(), demand=demand)
    demand = check_demand(actor=city.actor("bureau"), now=now(), demand=demand)
    demand = confirm_demand(actor=city.actor("steward"), now=now(), demand=demand)
    order = find_order_of(demand.uid)
    assert order is not None
    withdraw_demand(actor=developer, now=now(), demand=demand, reason="No longer needed")
    order.refresh_from_db()
    assert order.state == "cancelled"
