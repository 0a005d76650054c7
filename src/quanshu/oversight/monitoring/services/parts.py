"""Noting how each part of the node is, and since when."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from quanshu import __version__
from quanshu.oversight.monitoring.models import Part
from quanshu.oversight.monitoring.queries import parts as asking

FORGET = timedelta(days=1)
WEB_SILENT = timedelta(seconds=30)
LOW_DISK = 0.05
SKEW = 5.0


def note_part(kind: str, name: str, *, ok: bool, facts: Mapping[str, Any], now: datetime) -> Part:
    """Note one part; `since` moves when its state changes, `good_at` is when it was last well."""
    row, made = Part.objects.get_or_create(
        kind=kind,
        name=name[:120],
        defaults={
            "ok": ok, "since": now, "seen_at": now, "good_at": now if ok else None, "facts": dict(facts),
        },
    )  # fmt: skip
    if made:
        return row
    if row.ok != ok:
        row.ok, row.since = ok, now
    row.facts, row.seen_at = dict(facts), now
    row.good_at = now if ok else row.good_at
    row.save(update_fields=["ok", "since", "facts", "seen_at", "good_at"])
    return row


def note_web(now: datetime) -> None:
    """This web process is at work."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    note_part("web", name, ok=True, facts={"version": __version__}, now=now)


def note_parts(now: datetime) -> None:
    """Look at everything else and note it; processes not seen for a day are forgotten."""
    answers, facts = asking.ask_gateway()
    note_part("gateway", settings.QUANSHU_GATEWAY_URL, ok=answers, facts=facts, now=now)
    well, told = asking.ask_database()
    note_part("database", told["engine"], ok=well, facts=told, now=now)
    skews = [abs(float(each["skew"])) for each in (facts, told) if "skew" in each]
    skew = {"skew": max(skews)} if skews else {}
    note_part("clock", "node", ok=not skews or max(skews) <= SKEW, facts=skew, now=now)
    well, told = asking.ask_lake()
    note_part("lake", "lake", ok=well, facts=told, now=now)
    well, told = asking.ask_disk()
    note_part("disk", told["place"], ok=well and told["free"] >= LOW_DISK, facts=told, now=now)
    well, told = asking.ask_mail(now)
    note_part("mail", "SMTP", ok=well, facts=told, now=now)
    note_workers(now)
    for row in Part.objects.filter(kind="web", ok=True, seen_at__lt=now - WEB_SILENT):
        row.ok, row.since = False, now
        row.save(update_fields=["ok", "since"])
    forget_replaced()
    Part.objects.filter(kind__in=["web", "worker"], seen_at__lt=now - FORGET).delete()
    Part.objects.filter(kind="gateway").exclude(name=settings.QUANSHU_GATEWAY_URL[:120]).delete()


def forget_replaced() -> None:
    """A process that ended is of interest until another of its kind has begun after it."""
    for ended in Part.objects.filter(kind__in=["web", "worker"], ok=False, good_at__isnull=False):
        if Part.objects.filter(kind=ended.kind, ok=True, since__gte=ended.good_at).exists():
            ended.delete()


def note_workers(now: datetime) -> None:
    """Workers by their own signs of life."""
    for name, at_work, seen in asking.worker_facts(now):
        row = note_part("worker", name, ok=at_work, facts={}, now=now)
        Part.objects.filter(pk=row.pk).update(seen_at=seen, good_at=seen)
