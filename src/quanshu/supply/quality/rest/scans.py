"""Checks and scorecards over the API. Every rate comes with what it is counted from."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from quanshu.kernel.clock import now, today
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.quality import queries, services
from quanshu.supply.quality.models import Scan
from quanshu.supply.quality.permissions import QualityPermission as P

router = Router()


def scan_row(scan: Scan) -> dict[str, Any]:
    """A check as a line of a list."""
    names = ("uid", "state", "lake_version", "rows", "passed", "pass_rate", "opened", "fixed")
    times = ("queued_at", "started_at", "ended_at")
    head = {"entry_uid": scan.entry.uid, "entry_name": scan.entry.resource_name, "run_uid": scan.run_uid}
    return head | {name: getattr(scan, name) for name in (*names, *times)} | {"error": scan.error}


def result_rows(scan: Scan) -> list[dict[str, Any]]:
    """What each rule version found: failed of tested, and how many failures are kept as problems."""
    return [
        {
            "rule_uid": row.version.rule.uid,
            "rule_name": row.version.rule.name,
            "version": row.version.number,
            "kind": row.version.kind,
            "tested": row.tested,
            "failed": row.failed,
            "kept": row.kept,
            "pass_rate": row.pass_rate,
        }
        for row in scan.results.select_related("version__rule")
    ]


@router.get("/figures")
def get_figures(request: HttpRequest) -> dict[str, Any]:
    """质检合格率 and 纠错时间 over the tables within the caller's scope."""
    actor = actor_of(request, P.VIEW)
    figures = queries.quality_figures(today=today(), actor=actor)
    return asdict(figures) | {"pass_rate": figures.pass_rate, "on_time_rate": figures.on_time_rate}


@router.get("/scorecards")
def list_scorecards(request: HttpRequest) -> dict[str, Any]:
    """Every landed table within the caller's scope with its latest finished check."""
    actor = actor_of(request, P.VIEW)
    cards = queries.scorecards(actor, today=today())
    return {"items": [asdict(card) | {"pass_rate": card.pass_rate} for card in cards]}


@router.post("/tables/{entry_uid}/scans", response={201: dict[str, Any]})
def start_scan(request: HttpRequest, entry_uid: str) -> Status[dict[str, Any]]:
    """Queue a check of an entry's table."""
    actor = actor_of(request, P.SCAN)
    entry = queries.get_table(actor=actor, uid=entry_uid)
    return Status(201, scan_row(services.start_scan(actor=actor, now=now(), entry=entry)))


@router.get("/scans")
def list_scans(
    request: HttpRequest, entry: str = "", state: str = "", limit: int = 50, offset: int = 0
) -> dict[str, Any]:
    """Checks, the latest first; `entry` is a catalogue entry's uid."""
    actor = actor_of(request, P.VIEW)
    facets = {"entry__uid": entry, "state": state}
    rows = queries.list_scans(actor).filter(**{key: value for key, value in facets.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=scan_row)


@router.get("/scans/{uid}")
def get_scan(request: HttpRequest, uid: str) -> dict[str, Any]:
    """One check with what each rule found."""
    actor = actor_of(request, P.VIEW)
    scan = queries.get_scan(actor=actor, uid=uid)
    return scan_row(scan) | {"results": result_rows(scan)}
