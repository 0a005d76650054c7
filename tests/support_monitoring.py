"""A city with a service behind a real gateway, and looks at it at made-up moments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.test import Client

from quanshu.gateway.client import Answer, GatewayClient
from quanshu.kernel.clock import now
from quanshu.oversight.monitoring.api import watch
from quanshu.shared.jobs.models import WorkerSign
from quanshu.sharing.services.api import carry_receipts
from support_gateway import GatewayProcess
from support_services import PERSON, QUERY, City, a_city, a_gateway, a_grant, a_service, an_application, use_folders

LOOK = timedelta(seconds=5)


class Node:
    """The city, its service with one grant, a gateway process, and the product's clock in our hand."""

    def __init__(self, settings: Any, folder: Path) -> None:
        use_folders(settings, folder)
        self.settings, self.folder = settings, folder
        self.city: City = a_city()
        self.service = a_service(self.city)
        self.consumer, self.secret = an_application(self.city)
        self.grant = a_grant(self.consumer, self.service)
        self.at: datetime = now()
        self.gateway: GatewayProcess | None = None

    @contextmanager
    def running(self) -> Iterator[GatewayProcess]:
        """With the gateway at work."""
        with a_gateway(self.settings, self.folder, now()) as process:
            self.gateway = process
            yield process

    def sign_in_worker(self) -> None:
        """A worker shows that it lives."""
        WorkerSign.objects.update_or_create(worker="host:1", defaults={"seen_at": self.at})

    def look(self, times: int = 1, *, worker: bool = True) -> int:
        """So many looks, five seconds apart."""
        changed = 0
        for _ in range(times):
            self.at += LOOK
            if worker:
                self.sign_in_worker()
            changed += watch(self.at, "test")
        return changed

    def call(self, **more: Any) -> Answer:
        """One signed call, its receipt carried."""
        assert self.gateway is not None
        with GatewayClient(self.gateway.url, self.consumer.rid, self.secret) as client:
            answer = client.call(QUERY.sid, {"citizen_id": PERSON}, **more)
        carry_receipts(now())
        return answer

    def browser(self, who: str = "bureau", language: str = "en") -> Client:
        """A browser with the person signed in."""
        client = Client(HTTP_ACCEPT="text/html", HTTP_ACCEPT_LANGUAGE=language)
        client.force_login(self.city.accounts[who])
        return client
