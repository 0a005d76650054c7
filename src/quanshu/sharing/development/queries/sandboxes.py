"""The sandbox as the snapshot carries it, its example keys, and how much it is used."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from quanshu.gateway.limits import day_of
from quanshu.gateway.sampling import SampleStatistic
from quanshu.gateway.sandbox import read_counts
from quanshu.gateway.snapshot import SandboxKeySpec, SandboxSpec
from quanshu.gateway.synthetic import ColumnShape, rows_of
from quanshu.sharing.development.models import SandboxKey, SandboxVersion
from quanshu.sharing.development.types import NoSandboxYet, SandboxUse
from quanshu.sharing.services.api import Consumer, Service, gateway_spec

EXAMPLES = 5


def specs_of(row: SandboxVersion) -> SandboxSpec:
    """A sandbox as gateways know it; it has no serving table."""
    service = gateway_spec(row.service, row.spec, version=row.number, table=False)
    shapes = tuple(ColumnShape(**{**part, "codes": tuple(part["codes"])}) for part in row.shapes)
    return SandboxSpec(service, shapes, row.draft)


def sandboxes(now: datetime) -> tuple[tuple[SandboxSpec, ...], tuple[SandboxKeySpec, ...]]:
    """Sandboxes of services that are not withdrawn, and the keys that hold: the port of the snapshot."""
    rows = SandboxVersion.objects.exclude(service__state="withdrawn").select_related("service__unit", "service__entry")
    keys = SandboxKey.objects.filter(not_after__gt=now, consumer__active=True).select_related("consumer")
    return (
        tuple(specs_of(row) for row in rows.order_by("service__sid", "number")),
        tuple(SandboxKeySpec(key.consumer.rid, key.secret_sealed, key.not_after.timestamp()) for key in keys),
    )


def find_sandbox(service: Service, number: int = 0) -> SandboxVersion | None:
    """A version in the sandbox; without a number the newest published one, else a draft."""
    rows = SandboxVersion.objects.filter(service=service).select_related("service__unit", "service__entry")
    return (rows.filter(number=number) if number else rows.order_by("draft", "-number")).first()


def sandbox_of(service: Service, number: int = 0) -> SandboxVersion:
    """The same; NoSandboxYet when there is none."""
    found = find_sandbox(service, number)
    if found is None:
        raise NoSandboxYet(service=service.name)
    return found


def example_rows(row: SandboxVersion, count: int = EXAMPLES) -> list[dict[str, Any]]:
    """The first rows of a sandbox, or cells of a statistic's first table: they exist, and are nobody's."""
    spec = specs_of(row)
    if spec.service.statistic is not None:
        cube = spec.service.statistic
        names = [*(group.name for group in cube.groups[:1]), *(measure.name for measure in cube.measures)]
        return (SampleStatistic(spec.service, cube).run({}, names).data or [])[:count]
    made = rows_of(spec.shapes, f"{spec.service.sid}@{spec.service.version}")
    return [found for _number, found in zip(range(count), made, strict=False)]


def example_keys(row: SandboxVersion, count: int = EXAMPLES) -> list[dict[str, str]]:
    """Parameters that find the first rows: required ones and compared ones, else the first that may be searched by.

    Of a statistic, a table by each of its groups.
    """
    if cube := row.spec.get("statistic"):
        measures = ",".join(part["name"] for part in cube["measures"])
        return [{"groups": part["name"], "measures": measures} for part in cube["groups"][:count]]
    parts = row.spec["parameters"]
    wanted = [part for part in parts if part["required"] or part["compare"]]
    if not any(not part["compare"] for part in wanted):
        wanted = [*[part for part in parts if not part["compare"]][:1], *wanted]
    return [{part["name"]: str(found[part["column"]]) for part in wanted} for found in example_rows(row, count)]


def sandbox_uses(*, consumers: Q | None = None) -> list[SandboxUse]:
    """Calls of the sandbox by service, of every application or of those that `consumers` narrows to."""
    rids = None if consumers is None else set(Consumer.objects.filter(consumers).values_list("rid", flat=True))
    calls: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for _day, rid, sid, code, count in read_counts(settings.QUANSHU_GATEWAY_DIR):
        if rids is None or rid in rids:
            calls[sid] += count
            refused[sid] += count if code != "ok" else 0
    return [SandboxUse(sid, count, refused[sid]) for sid, count in sorted(calls.items())]


def used_today(rid: str, *, now: datetime) -> int:
    """An application's calls of the sandbox on the city's day."""
    today = day_of(int(now.timestamp() * 1000))
    rows = read_counts(settings.QUANSHU_GATEWAY_DIR, since_day=today)
    return sum(count for _day, caller, _sid, _code, count in rows if caller == rid)
