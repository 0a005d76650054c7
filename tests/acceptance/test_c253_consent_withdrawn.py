"""Clause 2.5.3: a withdrawal reaches every host within a second, also when what wrote it died right after."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from quanshu.gateway.client import GatewayClient
from quanshu.gateway.consents import CONSENTS
from quanshu.kernel.clock import now
from quanshu.sharing.consent.api import Consent
from quanshu.sharing.consent.services import feed_waiting
from quanshu.sharing.consent.tasks import tick_feed, tick_mend
from quanshu.sharing.services.api import Grant, publish_snapshot
from support_consent import PERSON, a_city_of_valid_numbers, a_consent, consenting_city, signed_in
from support_gateway import GatewayProcess
from support_services import City, use_folders


@dataclass
class Hosts:
    """Two hosts over one shared folder, each with journals of its own."""

    city: City
    grant: Grant
    clients: list[GatewayClient]
    feed: Path

    def codes(self, consent: Consent) -> list[str]:
        asked = {"citizen_id": PERSON}
        sid = self.grant.service.sid
        found = []
        for client in self.clients:
            answer = client.call(sid, asked, consent=consent.uid)
            found.append(str(answer.body["code"]))
            time.sleep(0.002)
        return found

    def refused_within(self, consent: Consent, seconds: float = 1.0) -> bool:
        """Whether all hosts refuse it by its name within that time."""
        began = time.monotonic()
        while set(self.codes(consent)) != {"gateway.consent_withdrawn"}:
            if time.monotonic() - began > seconds:
                return False
            time.sleep(0.02)
        return True


@pytest.fixture
def hosts(db: None, settings: Any, tmp_path: Path) -> Iterator[Hosts]:
    use_folders(settings, tmp_path)
    city = a_city_of_valid_numbers()
    _service, consumer, secret, grant = consenting_city(city)
    publish_snapshot(now())
    started = [GatewayProcess(tmp_path) for _ in range(2)]
    try:
        with ExitStack() as stack:
            for number, host in enumerate(started):
                host.start(QUANSHU_GATEWAY_JOURNALS=str(tmp_path / f"host{number}"))
            clients = [stack.enter_context(GatewayClient(host.url, consumer.rid, secret)) for host in started]
            yield Hosts(city, grant, clients, settings.QUANSHU_GATEWAY_DIR / CONSENTS)
    finally:
        for host in started:
            host.kill()


def revoke(consent: Consent) -> int:
    """Withdrawn by its subject on the page; the answer's status."""
    return signed_in(consent.subject).post(f"/consent/mine/{consent.uid}/revoke/", {}).status_code


def test_every_host_refuses_within_a_second(hosts: Hosts, django_capture_on_commit_callbacks: Any) -> None:
    consent = a_consent(hosts.city, hosts.grant)
    feed_waiting(now())
    assert hosts.codes(consent) == ["ok", "ok"]
    with django_capture_on_commit_callbacks(execute=True):
        assert revoke(consent) == 302
    assert hosts.refused_within(consent)


def test_a_crash_after_the_commit_loses_nothing(hosts: Hosts) -> None:
    """The process dies between its commit and the feed, or within its line: a worker's next tick tells gateways."""
    first, second = a_consent(hosts.city, hosts.grant), a_consent(hosts.city, hosts.grant, fields=("born",))
    feed_waiting(now())
    assert hosts.codes(first) == ["ok", "ok"]
    # What is to run after the commit does not run in this test: as where the process died there.
    assert revoke(first) == 302
    assert Consent.objects.get(pk=first.pk).state == "revoked"
    tick_feed(now())
    assert hosts.refused_within(first)
    assert revoke(second) == 302
    with hosts.feed.open("ab") as file:
        file.write(hosts.feed.read_bytes()[:90])
    tick_feed(now())
    assert hosts.refused_within(second)
    assert hosts.refused_within(first, 0.1)


def test_a_feed_that_cannot_be_written_delays_and_never_undoes(
    hosts: Hosts, django_capture_on_commit_callbacks: Any
) -> None:
    """The subject's decision stands and is answered; gateways are told as soon as the disk takes it."""
    consent = a_consent(hosts.city, hosts.grant)
    feed_waiting(now())
    assert hosts.codes(consent) == ["ok", "ok"]
    away = hosts.feed.rename(hosts.feed.with_suffix(".away"))
    hosts.feed.mkdir()
    with django_capture_on_commit_callbacks(execute=True):
        assert revoke(consent) == 302
    assert not Consent.objects.get(pk=consent.pk).fed
    hosts.feed.rmdir()
    away.rename(hosts.feed)
    tick_feed(now())
    assert hosts.refused_within(consent)


def test_a_feed_that_is_gone_is_written_anew(hosts: Hosts) -> None:
    consent = a_consent(hosts.city, hosts.grant)
    feed_waiting(now())
    assert hosts.codes(consent) == ["ok", "ok"]
    hosts.feed.unlink()
    began = time.monotonic()
    while set(hosts.codes(consent)) != {"gateway.consents_unavailable"}:
        assert time.monotonic() - began < 1
    tick_mend(now())
    began = time.monotonic()
    while set(hosts.codes(consent)) != {"ok"}:
        assert time.monotonic() - began < 1
