"""The signed snapshot that gateways follow, and the keys that it needs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from quanshu.gateway.snapshot import (
    ClientSpec,
    GrantSpec,
    KeySpec,
    ServiceSpec,
    Snapshot,
    current_version,
    write_snapshot,
)
from quanshu.gateway.state import seal_secret
from quanshu.kernel.ciphers import suite
from quanshu.shared.keys import node_key
from quanshu.sharing.services.models import Consumer, Grant, Publication, Service, Serving
from quanshu.sharing.services.queries import gateway_spec, old_spec, old_versions, published_spec, sandboxes
from quanshu.sharing.services.types import PROBE_RID, ServiceState
from quanshu.supply.intake.api import push_rights

PROBE_RATE = 6000
_parts: dict[str, Callable[[datetime], Mapping[str, Any]]] = {}


def register_part(name: str, make: Callable[[datetime], Mapping[str, Any]]) -> None:
    """Let a room above add to the snapshot: `make` answers fields of Snapshot. Registering again replaces it."""
    _parts[name] = make


def ensure_gateway_keys() -> None:
    """Make the snapshot's key pair and the seal key where they are missing; owner-only files in the keys folder."""
    folder = settings.QUANSHU_KEYS_DIR
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not (folder / "snapshot.key").exists():
        pair = suite("intl").generate_key_pair()
        _write_secret(folder / "snapshot.pub", pair.public)
        _write_secret(folder / "snapshot.key", pair.private)
    if not (folder / "gateway.seal").exists():
        _write_secret(folder / "gateway.seal", suite("intl").generate_key())
    node_key("probe")
    node_key("subject")


def prepare_gateway(now: datetime) -> None:
    """Keys and a first snapshot, so that a gateway that starts has something to follow. Safe to run again."""
    ensure_gateway_keys()
    if current_version(settings.QUANSHU_GATEWAY_DIR) is None:
        mark_dirty()
        publish_snapshot(now)


def _write_secret(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def seal_key() -> bytes:
    """The key that application secrets are sealed under."""
    path = settings.QUANSHU_KEYS_DIR / "gateway.seal"
    if not path.exists():
        ensure_gateway_keys()
    return bytes(path.read_bytes())


def probe_secret() -> str:
    """The secret of the platform's own probe: derived from a node key, so that it is stored nowhere else."""
    digest = hmac.new(node_key("probe"), PROBE_RID.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii")


def mark_dirty() -> None:
    """Say, in the caller's transaction, that the next tick of a worker publishes a new snapshot."""
    if not Publication.objects.filter(pk=1).update(dirty=True):
        Publication.objects.get_or_create(pk=1)


@transaction.atomic
def publish_snapshot(now: datetime) -> int | None:
    """Write and sign a snapshot if something has changed; returns its version, or None when nothing had.

    Several changes since the last tick make one snapshot. The number is above every one written before, also
    when a commit failed after the files were there.
    """
    if not Publication.objects.filter(pk=1, dirty=True).exists():
        return None
    state = Publication.objects.select_for_update().get(pk=1)
    if not state.dirty:
        return None
    folder = settings.QUANSHU_GATEWAY_DIR
    version = max(state.version, current_version(folder) or 0) + 1
    # Asked before the services are read, so that none is noted under a snapshot that lacks it.
    unseen = list(Serving.objects.filter(snapshot_version=None).values_list("pk", flat=True))
    services = served_services(now)
    boxes, box_keys = sandboxes(now)
    snapshot = Snapshot(
        version=version,
        issued_at=now.isoformat(),
        node=settings.QUANSHU_NODE_NAME,
        services=services,
        clients=(*clients(now), probe_client(now)),
        grants=(*grants(now), *probe_grants(services, now)),
        pushes=push_rights(),
        sandboxes=boxes,
        sandbox_keys=box_keys,
        **{key: value for _name, make in sorted(_parts.items()) for key, value in make(now).items()},
    )
    ensure_gateway_keys()
    write_snapshot(folder, snapshot, (settings.QUANSHU_KEYS_DIR / "snapshot.key").read_bytes())
    state.dirty, state.version, state.published_at = False, version, now
    state.save()
    Serving.objects.filter(pk__in=unseen).update(snapshot_version=version)
    return version


def served_services(now: datetime) -> tuple[ServiceSpec, ...]:
    """Services in force whose serving table is there: of each its old versions, then the newest."""
    rows = Service.objects.filter(served_version__isnull=False).exclude(state=ServiceState.WITHDRAWN)
    found: list[ServiceSpec] = []
    for service in rows.select_related("unit", "entry"):
        found += (old_spec(service, row, now=now) for row in old_versions(service))
        found.append(gateway_spec(service, published_spec(service), version=service.served_version or 0))
    return tuple(found)


def clients(now: datetime) -> tuple[ClientSpec, ...]:
    """Active applications and the keys that hold."""
    rows = Consumer.objects.filter(active=True).select_related("unit").prefetch_related("keys")
    return tuple(
        ClientSpec(
            rid=consumer.rid,
            name=consumer.name,
            unit=consumer.unit.name,
            keys=tuple(
                KeySpec(
                    key.kid,
                    key.secret_sealed,
                    key.not_before.timestamp(),
                    key.not_after.timestamp(),
                    key.scheme,
                    key.public_key,
                )
                for key in consumer.keys.all()
                if key.not_after > now
            ),
            profiles=tuple(consumer.profiles),
            fingerprints=tuple(consumer.fingerprints),
        )
        for consumer in rows
    )


def grants(now: datetime) -> tuple[GrantSpec, ...]:
    """Grants that hold."""
    rows = Grant.objects.filter(revoked_at__isnull=True, valid_until__gt=now, consumer__active=True)
    return tuple(
        GrantSpec(
            uid=grant.uid,
            rid=grant.consumer.rid,
            sid=grant.service.sid,
            fields=tuple(grant.fields),
            purpose=grant.purpose,
            rate_per_minute=grant.rate_per_minute,
            daily_limit=grant.daily_limit,
            valid_from=grant.valid_from.timestamp(),
            valid_until=grant.valid_until.timestamp(),
            **asdict(grant.limits),
            version=grant.version,
            masks=tuple(sorted(grant.masks.items())),
        )
        for grant in rows.select_related("consumer", "service")
    )


def probe_client(now: datetime) -> ClientSpec:
    """The platform itself as a caller."""
    sealed = seal_secret(seal_key(), PROBE_RID, "k1", probe_secret())
    key = KeySpec("k1", sealed, 0.0, (now + timedelta(days=3650)).timestamp())
    return ClientSpec(rid=PROBE_RID, name="probe", unit=settings.QUANSHU_NODE_NAME, keys=(key,))


def probe_grants(services: tuple[ServiceSpec, ...], now: datetime) -> tuple[GrantSpec, ...]:
    """The probe may call every service: for one field, a statistic's measures, and what composites pass along."""
    parts = {node.sid for service in services if service.composite for node in service.composite.nodes}
    return tuple(
        GrantSpec(
            uid=f"probe:{service.sid}",
            rid=PROBE_RID,
            sid=service.sid,
            fields=probe_fields(service, whole=service.sid in parts),
            purpose="probe",
            rate_per_minute=PROBE_RATE,
            daily_limit=None,
            valid_from=0.0,
            valid_until=(now + timedelta(days=3650)).timestamp(),
        )
        for service in services
        if not service.ends_at
    )


def probe_fields(service: ServiceSpec, *, whole: bool) -> tuple[str, ...]:
    """What the probe asks of a service; its values are nobody's."""
    if service.statistic is not None:
        return tuple(measure.name for measure in service.statistic.measures)
    return tuple(field.name for field in (service.fields if whole or service.composite else service.fields[:1]))
