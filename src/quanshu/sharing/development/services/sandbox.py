"""The sandbox: versions that stand in it, and the keys of applications."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from quanshu.gateway.state import seal_secret
from quanshu.gateway.synthetic import ColumnShape
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.sharing.development import rules
from quanshu.sharing.development.events import DevelopmentEvent
from quanshu.sharing.development.models import SandboxKey, SandboxVersion
from quanshu.sharing.development.permissions import DevelopmentPermission
from quanshu.sharing.services.api import Consumer, Service, items_in, mark_dirty, seal_key, terms_of


def make_sandbox(service: Service, spec: dict[str, Any], *, number: int, draft: bool, now: datetime) -> SandboxVersion:
    """Put a version into the sandbox, or renew it: shapes come from the entry's items as published, never from rows."""
    if spec.get("composite"):
        made = rules.composite_shapes(spec, shapes_by_part(node["sid"] for node in spec["composite"]["nodes"]))
    else:
        made = rules.shapes_of(spec, items_in(terms_of(service.entry) or {"items": ()}))
    shapes = [asdict(shape) for shape in made]
    values = {"spec": spec, "shapes": shapes, "draft": draft, "made_at": now}
    row, _made = SandboxVersion.objects.update_or_create(service=service, number=number, defaults=values)
    mark_dirty()
    return row


def shapes_by_part(sids: Iterable[str]) -> dict[str, dict[str, ColumnShape]]:
    """{service: {parameter or field: shape}} of those that stand in the sandbox themselves."""
    found: dict[str, dict[str, ColumnShape]] = {}
    rows = SandboxVersion.objects.filter(service__sid__in=set(sids)).select_related("service")
    for row in rows.order_by("draft", "-number"):
        columns = {shape["column"]: ColumnShape(**{**shape, "codes": tuple(shape["codes"])}) for shape in row.shapes}
        named = [*row.spec["fields"], *row.spec["parameters"]]
        found.setdefault(row.service.sid, {part["name"]: columns[part["column"]] for part in named})
    return found


@transaction.atomic
def issue_sandbox_key(*, actor: Actor, now: datetime, consumer: Consumer) -> str:
    """Give an application a secret for the sandbox at once, without a grant; it replaces the one before.

    Shown this once. Raises Forbidden.
    """
    require(actor, DevelopmentPermission.SANDBOX, consumer)
    secret = base64.urlsafe_b64encode(secrets.token_bytes(24)).decode("ascii")
    SandboxKey.objects.update_or_create(
        consumer=consumer,
        defaults={
            "secret_sealed": seal_secret(seal_key(), consumer.rid, "sandbox", secret),
            "made_at": now,
            "not_after": now + timedelta(days=rules.SANDBOX_KEY_DAYS),
        },
    )
    mark_dirty()
    audit.record(
        actor=actor,
        action=DevelopmentEvent.KEY_ISSUED,
        obj=consumer,
        kind="services.consumer",
        uid=consumer.uid,
        label=consumer.name,
        details={"rid": consumer.rid},
        now=now,
    )
    return secret
