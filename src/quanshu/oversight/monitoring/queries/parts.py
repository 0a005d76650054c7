"""Processes and parts of the node: how each is at this moment."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from quanshu.oversight.monitoring.models import Part
from quanshu.oversight.monitoring.types import PartState
from quanshu.shared.jobs.api import workers_seen
from quanshu.shared.notify.api import Notice
from quanshu.sharing.services.api import Publication

GATEWAY_SECONDS = 2.0
WORKER_SILENT = 15


def ask_gateway() -> tuple[bool, dict[str, Any]]:
    """(whether it answers calls, what it says of itself): with the seconds its clock is apart from ours."""
    began = time.monotonic()
    try:
        answer = httpx.get(f"{settings.QUANSHU_GATEWAY_URL}/health", timeout=GATEWAY_SECONDS)
        body = answer.json()
    except (httpx.HTTPError, ValueError) as fault:
        return False, {"fault": type(fault).__name__}
    took = time.monotonic() - began
    facts = body if isinstance(body, dict) else {}
    told = answer.headers.get("date")
    if "time" in facts:
        facts["skew"] = round(datetime.fromtimestamp(wall(), UTC).timestamp() - stamp(str(facts["time"])) - took / 2, 1)
    elif told:
        facts["skew"] = round(wall() - parsedate_to_datetime(told).timestamp(), 1)
    return answer.status_code == 200, {**facts, "took_ms": round(took * 1000)}


def wall() -> float:
    """This machine's clock, in epoch seconds, whatever the clock of the product is held at."""
    return time.time_ns() / 1e9


def stamp(text: str) -> float:
    """An ISO moment in epoch seconds; ours when it cannot be read."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return wall()


def ask_database() -> tuple[bool, dict[str, Any]]:
    """That it answers, how quickly, and which it is; its clock where it has one of its own."""
    began = time.monotonic()
    facts: dict[str, Any] = {"engine": connection.vendor}
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            facts["skew"] = round(wall() - float(cursor.fetchone()[0]), 1)
        else:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    return True, {**facts, "took_ms": round((time.monotonic() - began) * 1000, 1)}


def ask_lake() -> tuple[bool, dict[str, Any]]:
    """That its folder is there and can be read."""
    folder: Path = settings.QUANSHU_LAKE_DIR
    return (folder.is_dir() or not folder.exists(), {"folder": folder.name, "there": folder.is_dir()})


def ask_disk() -> tuple[bool, dict[str, Any]]:
    """The free share of the disk that holds the node's home."""
    home: Path = settings.QUANSHU_HOME
    place = home if home.exists() else home.parent
    used = shutil.disk_usage(place)
    return True, {
        "free": round(used.free / used.total, 4),
        "free_gib": round(used.free / 2**30, 1),
        "place": "QUANSHU_HOME",
    }


def ask_mail(now: datetime) -> tuple[bool, dict[str, Any]]:
    """Whether mail is set up, and when the last notice went out by it."""
    sent = Notice.objects.exclude(mailed_at=None).order_by("-mailed_at").values_list("mailed_at", flat=True).first()
    return True, {"set_up": bool(settings.QUANSHU_SMTP_URL), "last": sent.isoformat() if sent else ""}


def worker_facts(now: datetime) -> list[tuple[str, bool, datetime]]:
    """(worker, whether it is at work, when it was last seen) of the last day."""
    return [(name, (now - seen).total_seconds() <= WORKER_SILENT, seen) for name, seen in workers_seen().items()]


def snapshot_in_force() -> tuple[int, datetime | None]:
    """The version the control plane has published, and when."""
    row = Publication.objects.filter(pk=1).first()
    return (row.version, row.published_at) if row else (0, None)


def advice(part: Part) -> str:
    """What to do about a part that is not well."""
    texts = {
        "web": _("Start it with “quanshu web” or through the service manager; another web process answers meanwhile."),
        "worker": _("Start it with “quanshu worker”. Nothing is lost meanwhile."),
        "gateway": _("Start it with “quanshu gateway”, then look at its /health and its last log lines."),
        "database": _("Check that the database server runs and QUANSHU_DATABASE_URL is right."),
        "lake": _("Check that the lake's folder or store is reached and may be read and written."),
        "disk": _("Free or add space; at zero the gateway answers no calls."),
        "mail": _("Set QUANSHU_SMTP_URL, or look at the failed mails among the jobs."),
        "clock": _("Check time synchronisation of the machines."),
    }
    return texts.get(part.kind, "")


def part_states() -> list[PartState]:
    """Every part as it was last seen, those that are not well first."""
    rows = Part.objects.order_by("ok", "kind", "name")
    return [
        PartState(
            kind=row.kind,
            name=row.name,
            ok=row.ok,
            since=row.since,
            seen_at=row.seen_at,
            facts=row.facts,
            advice="" if row.ok else advice(row),
        )
        for row in rows
    ]
