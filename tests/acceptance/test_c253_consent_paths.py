"""Clause 2.5.3: no path gives out what is told by consent alone without the consent of everyone in the answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from test_c221_service_life import next_version
from test_c223_shapes import STATISTIC

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.gateway.signing import sign_headers
from quanshu.kernel.clock import now
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import history
from quanshu.shared.notify.api import Notice
from quanshu.shared.outbox.api import dispatch
from quanshu.sharing.bulk.api import BulkGrant
from quanshu.sharing.composition.api import (
    CompositionData,
    GraphData,
    InputData,
    NodeData,
    OutputData,
    create_composition,
    draw_graph,
    publish_composition,
)
from quanshu.sharing.consent.services import feed_waiting
from quanshu.sharing.delivery.models import Batch
from quanshu.sharing.services.api import (
    ConsentTerms,
    Consumer,
    Exchange,
    FieldData,
    Service,
    carry_receipts,
    publish_snapshot,
    revise_service,
)
from quanshu.supply.catalogue.api import grade_items, publish_entry, revise_entry, submit_entry
from support_bulk import a_bulk_grant, body, browser_of
from support_consent import (
    CONSENTED,
    OTHER,
    PERSON,
    PURPOSE,
    VERIFIED,
    a_city_of_valid_numbers,
    a_consent,
    consenting_city,
)
from support_delivery import a_batch, a_delivery
from support_services import BY_LAW, ID, QUERY, VERIFY, City, a_gateway, a_grant, a_service, an_application, use_folders

JSON = "application/json"
WITHOUT = ConsentTerms()
STREET = replace(QUERY, sid="jn-street-of", name="居住街道", fields=(FieldData("street"),), consent=WITHOUT)


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    settings.QUANSHU_HOME = tmp_path
    return a_city_of_valid_numbers()


def worked() -> None:
    """What workers do: events, then the snapshot."""
    while dispatch(now()):
        pass
    publish_snapshot(now())


def until(ask: Callable[[], str], wanted: str) -> None:
    """Ask again until the gateway has taken up the snapshot."""
    began = time.monotonic()
    while (found := ask()) != wanted:
        assert time.monotonic() - began < 3, found
        time.sleep(0.05)


def a_composite(city: City, sid: str) -> Service:
    """Two people looked up by one call: the second only where it may be."""
    nodes = (
        NodeData("one", sid, (InputData("citizen_id", "call.id"),)),
        NodeData("two", sid, (InputData("citizen_id", "call.other"),), required=False),
    )
    outputs = (OutputData("name", ("one.name",)), OutputData("other", ("two.name",)))
    data = CompositionData(sid="jn-two-people", name="两人信息", name_en="Two people")
    made = create_composition(actor=SYSTEM, now=now(), unit=city.units["bureau"], data=data)
    made = draw_graph(actor=SYSTEM, now=now(), composition=made, graph=GraphData(nodes=nodes, outputs=outputs))
    made = publish_composition(actor=SYSTEM, now=now(), composition=made)
    assert made.service is not None
    return made.service


def test_a_composite_tells_of_nobody_who_did_not_consent(city: City, settings: Any, tmp_path: Path) -> None:
    service, consumer, secret, grant = consenting_city(city)
    a_grant(consumer, a_composite(city, service.sid), ("name", "other"), purpose=PURPOSE)
    one, other = a_consent(city, grant), a_consent(city, grant, number=OTHER)
    feed_waiting(now())
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:

        def ask(*consents: str) -> Answer:
            return client.call("jn-two-people", {"id": PERSON, "other": OTHER}, consent=", ".join(consents))

        for consents in ((), (other.uid,)):
            refused = ask(*consents)
            assert (refused.status, refused.body["code"]) == (403, "gateway.part_refused")
            assert "张" not in str(refused.body)
        half, whole = ask(one.uid), ask(one.uid, other.uid)
        assert half.body["data"] == [{"name": "张**", "other": None}]
        told = {part["node"]: part["outcome"] for part in half.body["parts"]}
        assert told == {"one": "ok", "two": "gateway.consent_wrong_subject"}
        assert whole.body["data"] == [{"name": "张**", "other": "李*"}]
        carry_receipts(now())
        receipts = {part["node"]: part["receipt_id"] for part in whole.body["parts"]}
        assert Exchange.objects.get(receipt_id=receipts["one"]).consent_uid == one.uid
        assert Exchange.objects.get(receipt_id=receipts["two"]).consent_uid == other.uid


def test_a_batch_is_refused_whole_and_an_old_version_ends_at_once(city: City, settings: Any, tmp_path: Path) -> None:
    """Three keys of which one consented not: no item is told. No version without a ground outlives consent."""
    service, consumer, secret, grant = consenting_city(city)
    consents = [a_consent(city, grant), a_consent(city, grant, number=OTHER)]
    feed_waiting(now())
    bare, lawful = a_service(city, STREET), a_service(city, replace(QUERY, sid="jn-by-law"))
    for row in (bare, lawful):
        a_grant(consumer, row, ("street",), purpose=PURPOSE)
    by_consent = replace(STREET, consent=CONSENTED.consent)
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        asked = [{"citizen_id": number} for number in (PERSON, OTHER, ID.example)]
        batch = client.call_batch(service.sid, asked)
        assert (batch.status, batch.body["code"]) == (403, "gateway.consent_no_batch")
        assert "items" not in batch.body
        headers = sign_headers(consumer.rid, service.sid, secret, int(time.time() * 1000))
        named = {"Consent": ", ".join(consent.uid for consent in consents)}
        answer = httpx.post(
            f"{gateway.url}/s/{service.sid}/batch", json={"items": asked}, headers={**headers, **named}, trust_env=False
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "gateway.consent_no_batch")

        def code(path: str, sid: str) -> str:
            headers = sign_headers(consumer.rid, sid, secret, int(time.time() * 1000))
            answer = httpx.post(gateway.url + path, json={"citizen_id": PERSON}, headers=headers, trust_env=False)
            return str(answer.json()["code"])

        assert code(f"/s/{bare.sid}", bare.sid) == "ok"
        bare = next_version(city, bare, by_consent)
        lawful = next_version(city, lawful, replace(by_consent, sid=lawful.sid))
        worked()
        until(lambda: code(f"/s/{bare.sid}", bare.sid), "gateway.consent_required")
        assert code(f"/s/{bare.sid}/v1", bare.sid) == "gateway.version_ended"
        assert code(f"/s/{lawful.sid}/v1", lawful.sid) == "ok", "a law is named: it answers until its printed end"
    bureau = browser_of(city, "bureau")
    later = (now() + timedelta(days=60)).date().isoformat()
    address = f"/api/v1/development/services/{bare.uid}/versions/1/end"
    moved = bureau.post(address, {"ends_on": later}, content_type=JSON)
    assert (moved.status_code, moved.json()["errors"][0]["field"]) == (422, "ends_on")


def test_bulk_views_and_deliveries_hold_nothing_told_by_consent_alone(city: City) -> None:
    """Refused when asked for; a view from before ends with its files when consent comes to be asked for."""
    consumer, _secret = an_application(city)
    before = a_bulk_grant(city, consumer, fields=("name", "street"))
    batch = a_batch(city, a_delivery(city, before))
    assert batch.state == "done"
    service = a_service(city, CONSENTED)
    a_service(city, VERIFY)
    worked()
    before.refresh_from_db()
    assert (before.state, before.reason.startswith("What was granted is told only by the consent")) == ("revoked", True)
    developer, steward = browser_of(city, "developer"), browser_of(city, "steward")
    gone = developer.get(f"/api/v1/delivery/batches/{batch.uid}/file")
    assert gone.json()["code"] in {"delivery.grant_over", "delivery.link_over"}
    again = developer.post(f"/api/v1/delivery/deliveries/{batch.delivery.uid}/start", {}, content_type=JSON)
    assert again.status_code == 409
    assert Batch.objects.count() == 1

    def refused(**changes: Any) -> str:
        answer = steward.post("/api/v1/bulk/grants", body(city, consumer, **changes), content_type=JSON)
        return str(answer.json().get("code", answer.status_code))

    assert refused(table_name="again") == "bulk.consent_each", "a verification by law tells no value"
    revise_service(actor=SYSTEM, now=now(), service=service)
    assert refused(table_name="again") == "bulk.consent_each", "also while the next version is a draft"
    assert refused(table_name="streets", shared_fields=["informant"]) != "201"
    a_service(city, QUERY)
    assert refused(table_name="again") == "201", "a law is named for the same items"
    assert BulkGrant.objects.filter(state="active").count() == 1


def test_a_statistic_needs_no_consent_and_shows_no_small_cell(city: City, settings: Any, tmp_path: Path) -> None:
    """Nobody is told of: its cells of fewer than the threshold are not in its table at all."""
    statistic = a_service(city, STATISTIC)
    consumer, secret = an_application(city)
    a_grant(consumer, statistic, ("area", "count"))
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        answer = client.call(statistic.sid, {"groups": ["area"]})
    assert answer.body["code"] == "ok"
    # Of those who live in no listed street there are none.
    assert {row["count"] for row in answer.body["data"]} == {"*", 0}
    cube = {"groups": [{"name": "area", "item": "street"}], "measures": [{"name": "count"}], "least": 10}
    draft = {
        "entry_uid": city.entry.uid,
        "sid": "jn-stat-consent",
        "name": "统计",
        "shape": "statistic",
        "statistic": cube,
        "consent_mode": "consent",
        "consent_parameter": "area",
    }
    wrong = browser_of(city, "bureau").post("/api/v1/services/services", draft, content_type=JSON)
    assert wrong.status_code == 422
    assert "consent_mode" in [row["field"] for row in wrong.json()["errors"]]


def test_a_verification_tells_whether_by_consent_alone(city: City, settings: Any, tmp_path: Path) -> None:
    """Neither a match nor that there is a record is told of whoever did not consent."""
    service = a_service(city, VERIFIED)
    consumer, secret = an_application(city)
    grant = a_grant(consumer, service, ("name",), purpose=PURPOSE)
    consent = a_consent(city, grant, fields=("name",))
    feed_waiting(now())
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:
        for number, uid, code in (
            (PERSON, "", "gateway.consent_required"),
            (OTHER, consent.uid, "gateway.consent_wrong_subject"),
            (ID.example, consent.uid, "gateway.consent_wrong_subject"),
            (PERSON, consent.uid, "ok"),
        ):
            answer = client.call(service.sid, {"citizen_id": number, "name": "张三丰"}, consent=uid or None)
            assert answer.body["code"] == code
            assert ("result" in answer.body) == (code == "ok")


def regrade(city: City, **grades: str) -> None:
    """A new published version of the entry with other grades; workers have seen it."""
    city.entry.refresh_from_db()
    entry = revise_entry(actor=SYSTEM, now=now(), entry=city.entry)
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades=grades)
    publish_entry(actor=SYSTEM, now=now(), entry=submit_entry(actor=SYSTEM, now=now(), entry=entry))
    worked()


def a_service_that_grows_sensitive(city: City) -> tuple[Service, Consumer, str]:
    """The name, which was of level 2 when it was published, told without a ground."""
    regrade(city, name="general-2")
    bare = replace(QUERY, sid="jn-bare", fields=(FieldData("name", mask="name"),), consent=WITHOUT)
    service = a_service(city, bare)
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("name",), purpose=PURPOSE)
    return service, consumer, secret


def test_a_risen_grade_stops_a_service_without_a_ground(
    city: City, settings: Any, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    """It is stopped at once, its unit is told why and what to do, and goes on with a ground; those with one go on."""
    lawful = a_service(city, QUERY)
    service, consumer, secret = a_service_that_grows_sensitive(city)
    with a_gateway(settings, tmp_path, now()) as gateway, GatewayClient(gateway.url, consumer.rid, secret) as client:

        def code() -> str:
            return str(client.call(service.sid, {"citizen_id": PERSON}).body["code"])

        assert code() == "ok"
        regrade(city, street="general-1")
        assert code() == "ok", "another item's grade is no reason"
        with django_capture_on_commit_callbacks(execute=True):
            regrade(city, name="general-3")
        began = time.monotonic()
        until(code, "gateway.unknown_service")
        assert time.monotonic() - began < 1
    service.refresh_from_db()
    lawful.refresh_from_db()
    assert (service.state, lawful.state) == ("withdrawn", "published")
    assert "no ground is named" in history("services.service", service.uid)[0].details["reason"]
    assert Notice.objects.filter(recipient_uid=city.accounts["steward"].uid).exists()
    bureau = browser_of(city, "bureau")
    page = bureau.get(f"/services/{service.uid}/").content.decode()
    assert "Open the next version" in page
    assert bureau.post(f"/api/v1/services/services/{service.uid}/revise", content_type=JSON).status_code == 200
    publish = f"/api/v1/services/services/{service.uid}/publish"
    refused = bureau.post(publish, content_type=JSON)
    assert (refused.status_code, refused.json()["code"]) == (409, "services.ground_missing")


def test_a_risen_grade_ends_an_old_version_without_a_ground(city: City, settings: Any, tmp_path: Path) -> None:
    service, consumer, secret = a_service_that_grows_sensitive(city)
    data = replace(QUERY, sid=service.sid, fields=(FieldData("name", mask="name"),), consent=BY_LAW)
    service = next_version(city, service, data)
    publish_snapshot(now())
    with a_gateway(settings, tmp_path, now()) as gateway:

        def code() -> str:
            headers = sign_headers(consumer.rid, service.sid, secret, int(time.time() * 1000))
            path = f"{gateway.url}/s/{service.sid}/v1"
            return str(httpx.post(path, json={"citizen_id": PERSON}, headers=headers, trust_env=False).json()["code"])

        assert code() == "ok"
        regrade(city, name="general-3")
        until(code, "gateway.version_ended")
    service.refresh_from_db()
    assert (service.state, service.sensitive) == ("published", True)


def test_a_service_from_before_grounds_goes_on_and_is_listed(city: City) -> None:
    """What was sensitive already is flagged, not stopped, when its entry is published again."""
    service = a_service(city, QUERY)
    spec = {**service.spec, "consent": {"mode": "none", "basis": "", "parameter": "", "subject": "person"}}
    Service.objects.filter(pk=service.pk).update(consent_mode="none", spec=spec)
    service.versions.update(spec=spec)
    regrade(city, street="general-1")
    service.refresh_from_db()
    assert (service.state, service.lacks_ground) == ("published", True)
    assert service.sid in browser_of(city, "bureau").get("/services/?ground=lacking").content.decode()
