"""Services behind the pages: from a lake table to a signed call and its receipt, and what ends a service."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pyarrow as pa
import pytest
from django.db import DatabaseError, transaction

from quanshu.gateway.app import create_app
from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.signing import sign_headers
from quanshu.gateway.snapshot import load_snapshot
from quanshu.kernel.clock import CITY_TZ, now
from quanshu.kernel.errors import FieldErrors, Forbidden
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit.api import AuditEntry, history
from quanshu.shared.jobs.api import Job
from quanshu.shared.outbox.api import add, dispatch
from quanshu.sharing.services import rules
from quanshu.sharing.services.api import (
    Consumer,
    Exchange,
    Grant,
    Service,
    carry_receipts,
    create_grant,
    create_service,
    exchange_figures,
    find_covering,
    probe_services,
    publish_service,
    publish_snapshot,
    revoke_grant,
    rotate_key,
    serve_entry,
    service_figures,
    services_for_entry,
    stop_consumer,
    withdraw_service,
)
from quanshu.sharing.services.models import JournalCursor
from quanshu.sharing.services.queries.calls import percentile
from quanshu.sharing.services.services import carrying, revise_service, update_service
from quanshu.sharing.services.services.serving import clear_old_tables
from quanshu.sharing.services.types import ConsumerOff, EntryNotReady, EntryNotShared, WrongState
from quanshu.supply.catalogue.api import (
    grade_items,
    items_of,
    publish_entry,
    revise_entry,
    submit_entry,
    withdraw_entry,
)
from quanshu.supply.lake_store import get_lake
from support_services import (
    ID,
    PERSON,
    QUERY,
    ROWS,
    VERIFY,
    City,
    a_gateway,
    a_grant,
    a_service,
    an_application,
    an_entry,
    assess,
)

WITHIN = 1.0


class InProcess:
    """The gateway's own application, its lifespan and loop in a thread of their own."""

    def __init__(self, config: GatewayConfig) -> None:
        self.app = create_app(config)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.lifespan = self.app.router.lifespan_context(self.app)
        self.run(self.lifespan.__aenter__())
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://gateway")

    def run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    def post(self, path: str, **parts: Any) -> httpx.Response:
        answer: httpx.Response = self.run(self.http.post(path, **parts))
        return answer

    def close(self) -> None:
        self.run(self.http.aclose())
        self.run(self.lifespan.__aexit__(None, None, None))
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Caller:
    """Signed calls to a gateway in this process."""

    def __init__(self, http: InProcess, rid: str, secret: str) -> None:
        self.http, self.rid, self.secret = http, rid, secret
        self.last = 0

    def call(self, sid: str, body: dict[str, Any], **headers: str) -> Any:
        self.last = max(self.last + 1, time.time_ns() // 1_000_000)
        signed = sign_headers(self.rid, sid, self.secret, self.last)
        return self.http.post(f"/s/{sid}", json=body, headers={**signed, **headers})

    def code(self, sid: str, **body: Any) -> str:
        return str(self.call(sid, body).json()["code"])

    def until(self, sid: str, code: str, **body: Any) -> float:
        """Seconds until calls are answered with a code."""
        began = time.monotonic()
        while self.code(sid, **body) != code:
            assert time.monotonic() - began < 5, f"no {code}"
            time.sleep(0.02)
        return time.monotonic() - began


@contextmanager
def the_gateway(settings: Any) -> Iterator[InProcess]:
    """The gateway's own application over the folders of this test."""
    publish_snapshot(now())
    config = GatewayConfig(
        directory=settings.QUANSHU_GATEWAY_DIR,
        serving_directory=settings.QUANSHU_SERVING_DIR,
        public_key_file=settings.QUANSHU_KEYS_DIR / "snapshot.pub",
        seal_key_file=settings.QUANSHU_KEYS_DIR / "gateway.seal",
    )
    gateway = InProcess(config)
    try:
        yield gateway
    finally:
        gateway.close()


def regrade(city: City, **grades: str) -> None:
    """A new published version of the entry with other grades."""
    entry = revise_entry(actor=SYSTEM, now=now(), entry=city.entry)
    entry = grade_items(actor=SYSTEM, now=now(), entry=entry, grades=grades)
    entry = submit_entry(actor=SYSTEM, now=now(), entry=entry)
    publish_entry(actor=SYSTEM, now=now(), entry=entry)


def fresh(service: Service) -> Service:
    return Service.objects.get(pk=service.pk)


def test_from_publication_to_revocation(city: City, settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    """Publish, grant, call, receipt carried once, revoke, refused."""
    service = a_service(city)
    consumer, secret = an_application(city)
    grant = a_grant(consumer, service, ("name", "born"))
    with the_gateway(settings) as http:
        caller = Caller(http, consumer.rid, secret)
        answer = caller.call(service.sid, {"citizen_id": PERSON}, **{"x-case-number": "a%00b"})
        assert answer.json()["data"] == [{"name": "张**", "born": "1990"}]
        assert caller.code(service.sid, citizen_id=PERSON, fields=["street"]) == "gateway.field_not_granted"
        assert carry_receipts(now()) == 2
        assert carry_receipts(now()) == 0
        with django_capture_on_commit_callbacks(execute=True):
            revoke_grant(actor=SYSTEM, grant=grant, reason="用途变更", now=now())
        assert caller.until(service.sid, "gateway.no_grant", citizen_id=PERSON) < WITHIN
        publish_snapshot(now())
        assert caller.code(service.sid, citizen_id=PERSON) == "gateway.no_grant"
    carry_receipts(now())
    receipt = answer.headers["x-receipt-id"]
    kept = Exchange.objects.get(receipt_id=receipt)
    assert (kept.consumer, kept.service, kept.grant_uid) == (consumer, service, grant.uid)
    assert (kept.outcome, kept.rows, kept.fields, kept.case_number) == ("ok", 1, "name,born", "ab")
    (entry,) = history("services.exchange", receipt)
    assert (entry.action, entry.outcome) == ("gateway.call", "done")
    texts = str([*Exchange.objects.values(), *AuditEntry.objects.filter(action="gateway.call").values()])
    assert PERSON not in texts
    assert "张" not in texts


def test_a_verification_tells_nothing_else(city: City, settings: Any) -> None:
    service = a_service(city, VERIFY)
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("name",))
    with the_gateway(settings) as http:
        caller = Caller(http, consumer.rid, secret)
        for given, said in (
            ({"citizen_id": PERSON, "name": "张三丰"}, "match"),
            ({"citizen_id": PERSON, "name": "李四"}, "mismatch"),
            ({"citizen_id": "370102199001019999", "name": "张三丰"}, "no_record"),
        ):
            body = caller.call(service.sid, given).json()
            assert body["result"] == said
            assert "data" not in body


def test_receipts_cut_off_half_way_are_carried_whole_the_next_time(
    city: City, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows, audit entries and cursor stand or fall together; a lost cursor brings nothing twice."""
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service)
    with the_gateway(settings) as http:
        caller = Caller(http, consumer.rid, secret)
        for _ in range(3):
            assert caller.code(service.sid, citizen_id=PERSON) == "ok"
    record, told = carrying.audit.record, []

    def dies(**values: Any) -> Any:
        told.append(values)
        if len(told) == 2:
            raise DatabaseError("the disk is full")
        return record(**values)

    with monkeypatch.context() as patch:
        patch.setattr(carrying.audit, "record", dies)
        with pytest.raises(DatabaseError), transaction.atomic():
            carry_receipts(now())
    assert Exchange.objects.count() == 0
    assert JournalCursor.objects.count() == 0
    assert carry_receipts(now()) == 3
    JournalCursor.objects.all().delete()
    assert carry_receipts(now()) == 0
    assert Exchange.objects.count() == AuditEntry.objects.filter(action="gateway.call").count() == 3


def test_keys_change_over_and_an_application_stops_at_once(
    city: City, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    service = a_service(city)
    consumer, first = an_application(city)
    a_grant(consumer, service)
    second = rotate_key(actor=SYSTEM, now=now(), consumer=consumer)
    assert not {first, second} & set(consumer.keys.values_list("secret_sealed", flat=True))
    with the_gateway(settings) as http:
        for secret in (first, second):
            assert Caller(http, consumer.rid, secret).code(service.sid, citizen_id=PERSON) == "ok"
        with django_capture_on_commit_callbacks(execute=True):
            stop_consumer(actor=SYSTEM, now=now(), consumer=consumer)
        caller = Caller(http, consumer.rid, second)
        assert caller.until(service.sid, "gateway.unknown_client", citizen_id=PERSON) < WITHIN
    with pytest.raises(ConsumerOff):
        rotate_key(actor=SYSTEM, now=now(), consumer=consumer)
    ends = sorted(consumer.keys.values_list("not_after", flat=True))
    assert ends[0] < now() + timedelta(days=8)
    assert ends[1] > now() + timedelta(days=300)


def test_several_changes_make_one_signed_snapshot(city: City, settings: Any) -> None:
    service = a_service(city)
    consumer, _secret = an_application(city)
    other, _other_secret = an_application(city, "civil")
    grant = a_grant(consumer, service)
    a_grant(other, service, valid_until=now() + timedelta(seconds=1))
    assert publish_snapshot(now() + timedelta(minutes=1)) == 1
    assert publish_snapshot(now()) is None
    public = (settings.QUANSHU_KEYS_DIR / "snapshot.pub").read_bytes()
    snapshot = load_snapshot(settings.QUANSHU_GATEWAY_DIR, public)
    assert [found.sid for found in snapshot.services] == [service.sid]
    assert {found.uid for found in snapshot.grants} == {grant.uid, f"probe:{service.sid}"}
    for name in ("snapshot.key", "snapshot.pub", "gateway.seal"):
        assert stat.S_IMODE((settings.QUANSHU_KEYS_DIR / name).stat().st_mode) == 0o600


def test_new_data_is_served_from_a_new_file_and_the_old_one_goes_later(city: City, settings: Any) -> None:
    service = a_service(city)
    consumer, secret = an_application(city)
    a_grant(consumer, service, ("street",))
    folder = settings.QUANSHU_SERVING_DIR
    old = folder / service.serving_file
    with the_gateway(settings) as http:
        caller = Caller(http, consumer.rid, secret)
        assert caller.call(service.sid, {"citizen_id": PERSON}).json()["data"] == [{"street": "千佛山街道"}]
        get_lake().overwrite(city.entry.lake_table, pa.table({**ROWS, "street": ["龙洞街道", "龙洞街道"]}))
        add(name="intake.batch.landed", payload={"entry_uid": city.entry.uid, "run_uid": "r1", **AT}, now=now())
        dispatch(now(), 100)
        assert Job.objects.filter(name="services.serve", payload__entry_uid=city.entry.uid, state="queued").exists()
        assert serve_entry(city.entry.uid, now()) == 1
        publish_snapshot(now())
        began = time.monotonic()
        while caller.call(service.sid, {"citizen_id": PERSON}).json()["data"] != [{"street": "龙洞街道"}]:
            assert time.monotonic() - began < 5
    new = folder / fresh(service).serving_file
    age(old, new)
    assert clear_old_tables(now()) == 0, "a gateway may still have the snapshot before"
    a_grant(consumer, service, ("name",))
    publish_snapshot(now())
    unfinished = folder / new.name.replace(".v", ".v9")
    unfinished.write_bytes(b"")
    assert clear_old_tables(now()) == 1
    assert (old.exists(), new.exists(), unfinished.exists()) == (False, True, True)


AT = {"rows_total": 2, "at": "2026-01-05T09:00:00+08:00"}


def age(*paths: Any) -> None:
    """As if built two hours ago."""
    before = time.time() - 7200
    for path in paths:
        os.utime(path, (before, before))


def test_a_service_is_probed_through_the_gateway(
    city: City, settings: Any, tmp_path: Any, django_capture_on_commit_callbacks: Any
) -> None:
    """Mounted while it answers; not when it is withdrawn, and not when the last answer is old."""
    service = a_service(city)
    assert service_figures().published == 1
    assert probe_services(now()) == 0
    with a_gateway(settings, tmp_path, now()):
        assert probe_services(now()) == 1
    assert service_figures().answering == 1
    assert mounted(city)
    assert carry_receipts(now()) == 1
    assert exchange_figures(now=now()).total == 0
    Service.objects.update(probed_at=now() - timedelta(minutes=6))
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_service(actor=SYSTEM, now=now(), service=service, reason="停用")
    assert not mounted(city)


def mounted(city: City) -> bool:
    """What the catalogue has been told."""
    dispatch(now(), 100)
    city.entry.refresh_from_db()
    return bool(city.entry.mounted)


def test_what_may_not_be_published(city: City) -> None:
    closed = an_entry(city.units["police"], name="反恐人员信息", share_type="3")
    with pytest.raises(EntryNotShared):
        create_service(actor=SYSTEM, now=now(), entry=closed, data=QUERY)
    gone = an_entry(city.units["police"], name="已停用信息")
    gone = withdraw_entry(actor=SYSTEM, now=now(), entry=gone, reason="停用")
    with pytest.raises(EntryNotReady):
        create_service(actor=SYSTEM, now=now(), entry=gone, data=QUERY)
    service = create_service(actor=SYSTEM, now=now(), entry=city.entry, data=QUERY)
    with pytest.raises(Forbidden):
        publish_service(actor=city.actor("steward"), now=now(), service=service)
    with pytest.raises(Forbidden):
        create_service(actor=city.actor("developer"), now=now(), entry=city.entry, data=VERIFY)
    with pytest.raises(FieldErrors):
        create_service(actor=SYSTEM, now=now(), entry=city.entry, data=QUERY)
    with pytest.raises(WrongState):
        withdraw_service(actor=SYSTEM, now=now(), service=service, reason="x")


def test_grades_are_asked_again_at_publication(city: City) -> None:
    """A draft made while an item was of level 2 is not published once it is core."""
    service = create_service(actor=SYSTEM, now=now(), entry=city.entry, data=QUERY)
    regrade(city, street="core")
    assess(service)
    with pytest.raises(FieldErrors) as refused:
        publish_service(actor=SYSTEM, now=now(), service=service)
    assert refused.value.errors[0].params["item"] == "street"
    assert fresh(service).state == "draft"


def test_an_unpublished_lower_grade_does_not_count(city: City) -> None:
    entry = revise_entry(actor=SYSTEM, now=now(), entry=city.entry)
    grade_items(actor=SYSTEM, now=now(), entry=entry, grades={"informant": "general-1"})
    assert {item.name: item.grade for item in items_of(entry)}["informant"] == "general-1"
    data = replace(QUERY, fields=(*QUERY.fields, replace(QUERY.fields[0], name="informant")))
    with pytest.raises(FieldErrors):
        create_service(actor=SYSTEM, now=now(), entry=entry, data=data)


def test_a_risen_grade_stops_what_it_forbids_and_nothing_else(
    city: City, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    query, verify = a_service(city), a_service(city, VERIFY)
    consumer, secret = an_application(city)
    a_grant(consumer, query, ("street",))
    with the_gateway(settings) as http:
        caller = Caller(http, consumer.rid, secret)
        assert caller.code(query.sid, citizen_id=PERSON) == "ok"
        with django_capture_on_commit_callbacks(execute=True):
            regrade(city, street="general-4")
            dispatch(now(), 100)
            dispatch(now(), 100)
        assert caller.until(query.sid, "gateway.unknown_service", citizen_id=PERSON) < WITHIN
    assert (fresh(query).state, fresh(verify).state) == ("withdrawn", "published")
    withdrawn = history("services.service", query.uid).get(action="services.service.withdrawn")
    assert withdrawn.details["reason"] == "The catalogue entry no longer allows it."


def test_a_withdrawn_entry_takes_its_services_with_it(city: City, django_capture_on_commit_callbacks: Any) -> None:
    """Also one whose next version is being drafted while the last still answers."""
    service = revise_service(actor=SYSTEM, now=now(), service=a_service(city))
    assert (service.state, service.served_version) == ("draft", 1)
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_entry(actor=SYSTEM, now=now(), entry=city.entry, reason="职能调整")
        dispatch(now(), 100)
    assert (fresh(service).state, fresh(service).served_version) == ("withdrawn", None)
    assert serve_entry(city.entry.uid, now()) == 0


def test_a_version_is_frozen_and_answers_until_the_next_is_ready(city: City) -> None:
    service = a_service(city)
    with pytest.raises(WrongState):
        update_service(actor=SYSTEM, now=now(), service=service, data=QUERY)
    service = revise_service(actor=SYSTEM, now=now(), service=service)
    narrower = replace(QUERY, fields=QUERY.fields[:1])
    service = update_service(actor=SYSTEM, now=now(), service=service, data=narrower)
    assess(service)
    publish_service(actor=SYSTEM, now=now(), service=service)
    assert fresh(service).served_version == 1
    serve_entry(city.entry.uid, now())
    assert fresh(service).served_version == 2
    widths = {row.number: len(row.spec["fields"]) for row in service.versions.all()}
    assert widths == {1: 3, 2: 1}


def test_the_narrowest_service_that_covers_is_found(city: City) -> None:
    a_service(city)
    narrow = a_service(city, replace(QUERY, sid="jn-ga-street", fields=QUERY.fields[2:]))
    a_service(city, VERIFY)
    assert services_for_entry(city.entry).count() == 3
    assert find_covering(city.entry, ["street"]) == narrow
    assert find_covering(city.entry, ["street", "name"]).sid == QUERY.sid
    assert find_covering(city.entry, ["citizen_id"]) is None


def test_a_grant_gives_what_is_offered_to_an_application_that_is_on(city: City) -> None:
    service = a_service(city)
    consumer, _secret = an_application(city)
    with pytest.raises(FieldErrors):
        a_grant(consumer, service, ("informant",))
    with pytest.raises(FieldErrors):
        a_grant(consumer, service, valid_until=now())
    values = {"purpose": "x", "rate_per_minute": 1, "daily_limit": None, "valid_until": now() + timedelta(days=1)}
    actor = city.actor("developer")
    with pytest.raises(Forbidden):
        create_grant(actor=actor, now=now(), consumer=consumer, service=service, fields=["name"], **values)
    draft = create_service(actor=SYSTEM, now=now(), entry=city.entry, data=VERIFY)
    with pytest.raises(WrongState):
        a_grant(consumer, draft, ("name",))
    stop_consumer(actor=SYSTEM, now=now(), consumer=consumer)
    with pytest.raises(ConsumerOff):
        a_grant(consumer, service)
    assert not Grant.objects.exists()


def test_the_figures_of_the_day(city: City) -> None:
    service = a_service(city)
    consumer, _secret = an_application(city)
    noon = now().astimezone(CITY_TZ).replace(hour=12, minute=30, second=0, microsecond=0)
    for number in range(20):
        a_call(number, consumer, service, at=noon - timedelta(minutes=number))
    a_call(20, consumer, service, at=noon, status=403, outcome="gateway.no_grant")
    a_call(21, consumer, service, at=noon - timedelta(days=3))
    a_call(22, None, service, at=noon, probe=True)
    figures = exchange_figures(now=noon + timedelta(minutes=5))
    assert (figures.total, figures.today, figures.refused_today) == (22, 21, 1)
    assert figures.p95_us == 18
    assert len(figures.by_hour) == 24
    assert figures.by_hour[-1].hour == noon.replace(minute=0)
    assert (figures.by_hour[-1].ok, figures.by_hour[-1].refused) == (20, 1)
    assert figures.by_hour[0].ok == 0
    (one,) = figures.by_service
    assert (one.sid, one.ok, one.refused) == (service.sid, 20, 1)
    assert percentile(Exchange.objects.none(), 0.95) is None


def a_call(number: int, consumer: Consumer | None, service: Service, *, at: Any, **changes: Any) -> None:
    """A carried receipt."""
    values = {"outcome": "ok", "status": 200, "probe": False, **changes}
    Exchange.objects.create(
        receipt_id=f"r{number}",
        at=at,
        rid="app",
        sid=service.sid,
        consumer=consumer,
        service=service,
        service_version=1,
        rows=1,
        duration_us=number,
        request_hash="",
        response_hash="",
        snapshot_version=1,
        **values,
    )


def test_a_kept_service_says_what_was_entered(city: City) -> None:
    """Nothing of a service is lost between its form, its row and its next publication."""
    service = a_service(city)
    texts = {name: getattr(service, name) for name in ("sid", "name", "name_en", "abstract", "abstract_en", "shape")}
    entered = rules.data_of(texts, service.spec)
    assert entered.parameters == (ID,)
    assert [(field.name, field.mask) for field in entered.fields] == [
        ("name", "name"),
        ("born", "date_year"),
        ("street", "none"),
    ]
