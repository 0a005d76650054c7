"""The live check of each service: a signed call through the gateway that must be answered."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.db import transaction

from quanshu.gateway.client import GatewayClient
from quanshu.shared.outbox import api as outbox
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Probe, Service
from quanshu.sharing.services.queries import published_spec
from quanshu.sharing.services.services.mending import mend_table
from quanshu.sharing.services.services.publishing import probe_secret
from quanshu.sharing.services.types import PROBE_RID, ServiceState
from quanshu.supply.catalogue.api import Entry

FRESH = timedelta(minutes=5)
KEPT = timedelta(days=7)
SECONDS = 5.0


def probe_services(now: datetime) -> int:
    """Check every service in force and clear old probes; returns how many answered."""
    rows = Service.objects.filter(served_version__isnull=False).exclude(state=ServiceState.WITHDRAWN)
    answered = sum(probe_service(service, now) for service in rows.select_related("entry"))
    Probe.objects.filter(at__lt=now - KEPT).delete()
    for entry in Entry.objects.filter(services__isnull=False).distinct():
        tell_mounting(entry, now)
    return answered


def probe_service(service: Service, now: datetime) -> bool:
    """Check one service. Rows or no rows are both an answer; a refusal or silence is not."""
    code, took = call(service)
    if code == "gateway.table_missing":
        mend_table(service, now)
    ok = code == "ok"
    with transaction.atomic():
        Probe.objects.create(service=service, at=now, ok=ok, code=code[:60], duration_us=took)
        Service.objects.filter(pk=service.pk).update(probe_ok=ok, probed_at=now)
        tell_mounting(service.entry, now)
    return ok


def call(service: Service) -> tuple[str, int]:
    """Call with the examples of the documentation, which are nobody's values: (code, microseconds)."""
    parameters = {part["name"]: part["example"] for part in published_spec(service)["parameters"]}
    began = time.perf_counter_ns()
    try:
        with GatewayClient(settings.QUANSHU_GATEWAY_URL, PROBE_RID, probe_secret(), timeout=SECONDS) as client:
            answer = client.call(service.sid, parameters)
        code = str(answer.body.get("code", answer.status))
    except httpx.HTTPError:
        code = "services.gateway_silent"
    return code, (time.perf_counter_ns() - began) // 1000


@transaction.atomic
def tell_mounting(entry: Entry, now: datetime) -> bool:
    """An entry is mounted while one of its services has answered within five minutes; tell it when that changes."""
    entry = Entry.objects.select_for_update().get(pk=entry.pk)
    rows = entry.services.exclude(state=ServiceState.WITHDRAWN).filter(served_version__isnull=False)
    mounted = rows.filter(probe_ok=True, probed_at__gte=now - FRESH).exists()
    payload = {"entry_uid": entry.uid, "mounted": mounted, "at": now.isoformat()}
    if mounted != entry.mounted or entry.mounted_checked_at is None:
        outbox.add(name=ServiceEvent.MOUNT_CHANGED, payload=payload, now=now)
    return mounted
