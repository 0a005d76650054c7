"""Clause 2.5.1: services are composed into new ones, drawn and published in the browser, called as one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from quanshu.gateway.client import GatewayClient
from quanshu.kernel.clock import now
from quanshu.shared.audit.api import history
from quanshu.shared.notify.api import Notice
from quanshu.sharing.composition.api import Composition, check_composites
from quanshu.sharing.services.api import Exchange, Service, carry_receipts, publish_snapshot
from support_composition import GRAPH, STREET, City, a_city, services_to_compose
from support_services import (
    PERSON,
    QUERY,
    VERIFY,
    a_gateway,
    a_grant,
    a_sandbox,
    an_application,
    assess,
    use_folders,
)

SID = "jn-one-call-check"
NAMES = {"sid": SID, "name": "一次核验", "name_en": "One-call check"}


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    city = a_city()
    services_to_compose(city)
    return city


def browser_of(city: City, who: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(city.accounts[who])
    return browser


def drawn_in_browser(city: City) -> Composition:
    """A composite begun, drawn and connected by the forms alone."""
    bureau = browser_of(city, "bureau")
    begun = bureau.post("/composition/new/", NAMES)
    row = Composition.objects.get(sid=SID)
    draw = f"/composition/{row.uid}/draw/"
    assert begun["Location"] == draw
    assert bureau.post(draw, {"do": "add", "service": QUERY.sid, "name": "person"}).status_code == 302
    assert (
        bureau.post(draw, form_of(bureau, draw) | {"do": "add", "service": VERIFY.sid, "name": "check"}).status_code
        == 302
    )
    form = form_of(bureau, draw) | {
        "in-0-citizen_id": "call.id",
        "in-1-citizen_id": "call.id",
        "in-1-name": "call.name",
    }
    form.pop("node-1-required")
    for number, output in enumerate(GRAPH.outputs):
        form |= {f"out-{number}-name": output.name, f"out-{number}-sources": ", ".join(output.sources)}
    done = bureau.post(draw, form | {"do": "done"})
    assert done["Location"] == f"/composition/{row.uid}/"
    row.refresh_from_db()
    return row


def form_of(browser: Client, url: str) -> dict[str, str]:
    """The fields of the drawing form as a browser would send them back."""
    page = browser.get(url)
    form = {"timeout": str(page.context["graph"].timeout_ms)}
    for row in page.context["nodes"]:
        key = f"node-{row['number']}"
        form |= {
            f"{key}-name": row["node"].name,
            f"{key}-timeout": str(row["node"].timeout_ms),
            f"{key}-x": "",
            f"{key}-y": "",
        }
        form |= {f"{key}-required": "on"} if row["node"].required else {}
        form |= {f"in-{row['number']}-{part['name']}": part["source"] for part in row["inputs"]}
    for output in page.context["outputs"]:
        form |= {f"out-{output['number']}-{name}": output[name] for name in ("name", "sources", "merge")}
    return form


def published(city: City) -> Service:
    row = drawn_in_browser(city)
    assert browser_of(city, "bureau").post(f"/composition/{row.uid}/publish/").status_code == 302
    row.refresh_from_db()
    assert row.service is not None
    return row.service


def test_services_are_composed_in_the_browser_and_called_as_one(city: City, settings: Any, tmp_path: Path) -> None:
    """Drawn by forms, checked, published; one signed call answers from both services under their own grants."""
    row = drawn_in_browser(city)
    bureau = browser_of(city, "bureau")
    page = bureau.get(f"/composition/{row.uid}/draw/").content.decode()
    assert "The graph holds and can be published." in page
    assert "<svg" in page
    bureau.post(f"/composition/{row.uid}/publish/")
    row.refresh_from_db()
    service = row.service
    assert service is not None
    assert SID in bureau.get("/services/?shape=composite").content.decode()
    documentation = bureau.get(f"/services/{service.uid}/").content.decode()
    assert "Composite" in documentation
    assert bureau.get(f"/services/{service.uid}/openapi/").status_code == 200
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("name", "street", "same"))
    a_grant(consumer, Service.objects.get(sid=QUERY.sid), ("name", "street"))
    verify = a_grant(consumer, Service.objects.get(sid=VERIFY.sid), ("name",))
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        answer = client.call(SID, {"id": PERSON, "name": "张三丰"}, case_number="JN-7")
        tried = browser_of(city, "developer").post(f"/services/{service.uid}/", {"p-id": PERSON, "p-name": "李四"})
    assert answer.body["data"] == [{"name": "张**", "street": "千佛山街道", "same": "match"}]
    assert "mismatch" in tried.content.decode()
    carry_receipts(now())
    kept = {call.sid: call for call in Exchange.objects.filter(case_number="JN-7")}
    assert set(kept) == {SID, QUERY.sid, VERIFY.sid}
    assert kept[VERIFY.sid].grant_uid == verify.uid
    assert kept[QUERY.sid].fields == "name,street"
    assert len({call.request_hash for call in kept.values()}) == 1


def test_a_composite_answers_in_the_sandbox_before_any_grant(city: City, settings: Any, tmp_path: Path) -> None:
    """In the form it has in production: masked fields, one of three words for a verification, and its parts."""
    service = published(city)
    developer = browser_of(city, "developer")
    ask, keys = a_sandbox(city, service, developer)
    page = developer.get(f"/development/services/{service.uid}/sandbox/").content.decode()
    assert keys[0]["id"] in page
    assert "样" in page.split("The first rows")[1], "names of nobody, by the part's own items"
    with a_gateway(settings, tmp_path, now()) as gateway:
        answer = ask(gateway.url, {"id": keys[0]["id"]})
    (row,) = answer["data"]
    assert row["same"] in {"match", "mismatch", "no_record"}
    assert row["name"].endswith("**")
    assert [(part["node"], part["outcome"]) for part in answer["parts"]] == [("person", "ok"), ("check", "ok")]


def test_a_part_is_told_by_name_when_it_cannot_be_had(city: City, settings: Any, tmp_path: Path) -> None:
    """Without a grant for the optional part the answer says so; without one for the required part there is none."""
    service = published(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("name", "same"))
    a_grant(consumer, Service.objects.get(sid=QUERY.sid), ("name",))
    other, other_secret = an_application(city, "civil", "另一应用")
    a_grant(other, service, ("name", "same"))
    with a_gateway(settings, tmp_path, now()) as gateway:
        with GatewayClient(gateway.url, consumer.rid, secret) as client:
            answer = client.call(SID, {"id": PERSON, "name": "张三丰"})
        with GatewayClient(gateway.url, other.rid, other_secret) as client:
            refused = client.call(SID, {"id": PERSON, "name": "张三丰"})
    assert answer.body["data"] == [{"name": "张**", "same": None}]
    assert {part["node"]: part["outcome"] for part in answer.body["parts"]} == {
        "person": "ok",
        "check": "gateway.no_grant",
    }
    assert refused.body["code"] == "gateway.part_refused"
    assert "person" in refused.body["message_en"]
    assert "has no valid grant" in refused.body["message_en"], "a sentence, and not a code alone"


def graph_body(**changes: Any) -> dict[str, Any]:
    """The graph as a program sends it."""
    nodes = [
        {
            "name": node.name,
            "sid": node.sid,
            "required": node.required,
            "inputs": [{"parameter": part.parameter, "source": part.source} for part in node.inputs],
        }
        for node in GRAPH.nodes
    ]
    outputs = [{"name": output.name, "sources": list(output.sources)} for output in GRAPH.outputs]
    return {"nodes": nodes, "outputs": outputs} | changes


def over_api(city: City, method: str, path: str, body: Any = None, who: str = "bureau") -> Any:
    call = getattr(browser_of(city, who), method)
    return (
        call(f"/api/v1/composition{path}", body, content_type="application/json")
        if body
        else call(f"/api/v1/composition{path}")
    )


def test_what_does_not_hold_is_refused_with_its_part(city: City) -> None:
    """Cycles, unknown fields, types, masks and missing services are told by the part, over the API as well."""
    made = over_api(city, "post", "/composites", NAMES)
    assert made.status_code == 201
    wrong = graph_body()
    wrong["nodes"] += [
        {"name": "a", "sid": STREET.sid, "inputs": [{"parameter": "street", "source": "b.street"}]},
        {"name": "b", "sid": STREET.sid, "inputs": [{"parameter": "street", "source": "a.street"}]},
        {"name": "masked", "sid": QUERY.sid, "inputs": [{"parameter": "citizen_id", "source": "person.name"}]},
        {"name": "gone", "sid": "jn-none", "inputs": []},
    ]
    wrong["outputs"].append({"name": "phone", "sources": ["person.phone"]})
    drawn = over_api(city, "put", f"/composites/{SID}/graph", wrong)
    assert drawn.status_code == 200
    faults = {(fault["node"], fault["text"].split(" ")[1].rstrip(":")) for fault in drawn.json()["faults"]}
    assert {node for node, _word in faults} == {"a", "b", "masked", "gone", "person"}
    refused = over_api(city, "post", f"/composites/{SID}/publish")
    assert refused.status_code == 422
    assert "nodes.masked" in str(refused.json())
    assert not Service.objects.filter(sid=SID).exists()
    assert over_api(city, "put", f"/composites/{SID}/graph", graph_body()).json()["faults"] == []
    assert over_api(city, "post", f"/composites/{SID}/publish").json()["state"] == "published"
    again = over_api(city, "post", f"/composites/{SID}/publish")
    assert again.json()["code"] == "composition.nothing_new"


def test_a_composite_stands_as_long_as_its_parts(city: City, django_capture_on_commit_callbacks: Any) -> None:
    """A part is withdrawn: the composite is marked, its owner told; it holds again when the part is back."""
    service = published(city)
    row = service.composition
    bureau = browser_of(city, "bureau")
    part = Service.objects.get(sid=QUERY.sid)
    with django_capture_on_commit_callbacks(execute=True):
        bureau.post(f"/services/{part.uid}/withdraw/", {"reason": "改版"})
    check_composites(sid=QUERY.sid, now=now())
    row.refresh_from_db()
    assert row.faults[0]["node"] == "person"
    assert row.failing_since is not None
    page = bureau.get(f"/composition/{row.uid}/").content.decode()
    assert "What is in force fails" in page
    assert "person" in page
    assert Notice.objects.filter(recipient_uid=city.accounts["bureau"].uid, subject__contains="一次核验").count() == 1
    check_composites(sid=QUERY.sid, now=now())
    assert Notice.objects.filter(subject__contains="一次核验").count() == 1
    bureau.post(f"/services/{part.uid}/revise/")
    assess(Service.objects.get(pk=part.pk))
    bureau.post(f"/services/{part.uid}/publish/")
    check_composites(sid=QUERY.sid, now=now())
    row.refresh_from_db()
    assert row.faults == []
    actions = {entry.action for entry in history("composition.graph", row.uid)}
    assert {"composition.graph.failing", "composition.graph.mended"} <= actions


def test_a_change_is_a_new_version_and_an_end_is_an_end(city: City, django_capture_on_commit_callbacks: Any) -> None:
    service = published(city)
    row = service.composition
    over_api(city, "put", f"/composites/{SID}/graph", graph_body(timeout_ms=3000))
    assert "not in force yet" in browser_of(city, "bureau").get(f"/composition/{row.uid}/").content.decode()
    assert over_api(city, "post", f"/composites/{SID}/publish").status_code == 200
    service.refresh_from_db()
    assert (service.version, service.served_version, service.spec["composite"]["timeout_ms"]) == (2, 2, 3000)
    with django_capture_on_commit_callbacks(execute=True):
        ended = over_api(city, "post", f"/composites/{SID}/withdraw", {"reason": "不再使用"})
    assert ended.json()["state"] == "withdrawn"
    refused = over_api(city, "put", f"/composites/{SID}/graph", graph_body())
    assert refused.json()["code"] == "composition.wrong_state"
    service.refresh_from_db()
    assert service.state == "withdrawn"


def test_who_may_compose(city: City) -> None:
    """The bureau draws and publishes; a developer sees no composite of others and begins none."""
    row = drawn_in_browser(city)
    developer = browser_of(city, "developer")
    assert developer.get("/composition/new/").status_code == 403
    assert developer.get(f"/composition/{row.uid}/").status_code in {403, 404}
    steward = browser_of(city, "steward")
    assert steward.get(f"/composition/{row.uid}/").status_code == 404
    assert publish_snapshot(now()) is not None
