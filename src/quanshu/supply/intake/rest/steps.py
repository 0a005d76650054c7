"""Steps on sources and runs over the API: test, schedule, files, rights, decisions, corrections."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Schema, Status

from quanshu.kernel.clock import now
from quanshu.shared.access.api import allows, require
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.intake import queries, services
from quanshu.supply.intake.models import Delivery, Schedule
from quanshu.supply.intake.pages.steps import shown_rows
from quanshu.supply.intake.permissions import IntakePermission as P
from quanshu.supply.intake.rest import CREATED, Made, SourceBody, router, run_row, source_row


class ScheduleBody(Schema):
    """A cron line; empty ends the schedule."""

    cron: str = ""


class ActiveBody(Schema):
    """Whether a schedule goes on."""

    active: bool


class KeyBody(Schema):
    """The fingerprint a person compared."""

    fingerprint: str


class RightBody(Schema):
    """Which application may push."""

    rid: str
    most_mib: int = 512


class DecisionBody(Schema):
    """`known` or `contract`, for a load held for its columns."""

    decision: str = "known"


class AgainBody(Schema):
    """Try a file again, or leave it out."""

    again: bool


class RowBody(Schema):
    """Corrected values of a refused row, by column."""

    values: dict[str, str | None]


class ReasonBody(Schema):
    """Why a row is dismissed."""

    reason: str


def schedule_row(schedule: Schedule | None) -> dict[str, Any]:
    """A schedule as JSON."""
    names = ("cron", "active", "next_at", "last_at", "last_outcome", "failures")
    return {name: getattr(schedule, name) if schedule else None for name in names}


def delivery_row(row: Delivery) -> dict[str, Any]:
    """A file that arrived, as JSON."""
    names = ("uid", "name", "size", "digest", "state", "receipt_id", "rid", "seen_at")
    return {**{name: getattr(row, name) for name in names}, "run_uid": row.run.uid if row.run else None}


@router.put("/sources/{uid}")
def change_source(request: HttpRequest, uid: str, body: SourceBody) -> dict[str, Any]:
    """Change a source; an empty address, file or secret keeps the present one."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    return source_row(services.change_source(actor=actor, now=now(), source=source, data=body.value()))


@router.post("/sources/{uid}/preview")
def preview(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Test a source and read its first rows against the contract."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    found = services.preview_source(actor=actor, source=source, now=now())
    shown = shown_rows(source, found, sees_all=allows(actor, P.REFUSED, source))
    rows = [
        {"row_number": row["number"], "values": [cell["text"] for cell in row["cells"]], "faults": faults}
        for row, (_number, _values, faults) in zip(shown, found.rows, strict=True)
    ]
    return {
        "columns": list(found.columns),
        "drift": [asdict(item) for item in found.drift],
        "rows": rows,
        "fitting": found.fitting,
        "files": [{"name": file.name, "size": file.size} for file in found.files],
    }


@router.put("/sources/{uid}/schedule")
def set_schedule(request: HttpRequest, uid: str, body: ScheduleBody) -> dict[str, Any]:
    """Load a source by a cron line."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    return schedule_row(services.set_schedule(actor=actor, source=source, cron=body.cron, now=now()))


@router.post("/sources/{uid}/schedule")
def pause_schedule(request: HttpRequest, uid: str, body: ActiveBody) -> dict[str, Any]:
    """Pause a schedule, or let it go on."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    return schedule_row(services.pause_schedule(actor=actor, source=source, active=body.active, now=now()))


@router.get("/sources/{uid}/schedule")
def get_schedule(request: HttpRequest, uid: str) -> dict[str, Any]:
    """When a source is loaded by itself."""
    source = queries.get_source(actor=actor_of(request, P.VIEW), uid=uid)
    return schedule_row(Schedule.objects.filter(source=source).first())


@router.get("/sources/{uid}/hostkey")
def host_key(request: HttpRequest, uid: str) -> dict[str, str]:
    """The fingerprint that an SFTP server shows now."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    return {"fingerprint": services.look_at_host_key(actor=actor, source=source, now=now())}


@router.post("/sources/{uid}/hostkey")
def confirm_host_key(request: HttpRequest, uid: str, body: KeyBody) -> dict[str, Any]:
    """Confirm the key of an SFTP server."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    return source_row(services.confirm_host_key(actor=actor, now=now(), source=source, fingerprint=body.fingerprint))


@router.post("/sources/{uid}/look")
def look(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Look for new files at once."""
    actor = actor_of(request, P.RUN)
    source = queries.get_source(actor=actor, uid=uid)
    services.collect_now(actor=actor, source=source, now=now())
    return source_row(source)


@router.get("/sources/{uid}/files")
def list_deliveries(request: HttpRequest, uid: str, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Files that arrived, newest first."""
    source = queries.get_source(actor=actor_of(request, P.VIEW), uid=uid)
    return page_of(source.deliveries.select_related("run"), limit=limit, offset=offset, serialise=delivery_row)


@router.post("/sources/{uid}/files/{delivery}")
def settle_delivery(request: HttpRequest, uid: str, delivery: str, body: AgainBody) -> dict[str, Any]:
    """Try a file again, or leave it out."""
    actor = actor_of(request, P.RUN)
    source = queries.get_source(actor=actor, uid=uid)
    return delivery_row(services.settle_delivery(actor=actor, source=source, uid=delivery, again=body.again, now=now()))


@router.post("/sources/{uid}/rights", response=CREATED)
def grant_push(request: HttpRequest, uid: str, body: RightBody) -> Made:
    """Let an application push."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    right = services.grant_push(actor=actor, source=source, rid=body.rid, most_mib=body.most_mib, now=now())
    return Status(201, {"rid": right.rid, "most_mib": right.most_mib, "granted_at": right.granted_at})


@router.delete("/sources/{uid}/rights/{rid}")
def revoke_push(request: HttpRequest, uid: str, rid: str) -> dict[str, Any]:
    """End a right to push."""
    actor = actor_of(request, P.EDIT)
    source = queries.get_source(actor=actor, uid=uid)
    right = services.revoke_push(actor=actor, source=source, rid=rid, now=now())
    return {"rid": right.rid, "revoked_at": right.revoked_at}


@router.post("/runs/{uid}/release")
def release_run(request: HttpRequest, uid: str, body: DecisionBody) -> dict[str, Any]:
    """Let a held load go on."""
    actor = actor_of(request, P.DECIDE)
    run = queries.get_run(actor=actor, uid=uid)
    return run_row(services.release_run(actor=actor, run=run, decision=body.decision, now=now()))


@router.post("/runs/{uid}/discard")
def discard_run(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Give a held load up."""
    actor = actor_of(request, P.DECIDE)
    return run_row(services.discard_run(actor=actor, run=queries.get_run(actor=actor, uid=uid), now=now()))


@router.post("/runs/{uid}/propose")
def propose_columns(request: HttpRequest, uid: str) -> dict[str, Any]:
    """Propose a held load's new columns as items of the entry's next revision."""
    actor = actor_of(request, P.DECIDE)
    entry = services.propose_columns(actor=actor, run=queries.get_run(actor=actor, uid=uid), now=now())
    return {"entry_uid": entry.uid, "state": entry.state, "version": entry.version}


@router.get("/runs/{uid}/rows/{row}")
def get_row(request: HttpRequest, uid: str, row: int) -> dict[str, Any]:
    """A refused row's values and faults."""
    actor = actor_of(request, P.CORRECT)
    run = queries.get_run(actor=actor, uid=uid)
    require(actor, P.REFUSED, run)
    faults = [{name: fault[name] for name in ("column", "value", "reason")} for fault in services.refused_row(run, row)]
    return {"row_number": row, "values": services.values_of(run, row), "faults": faults}


@router.put("/runs/{uid}/rows/{row}")
def correct_row(request: HttpRequest, uid: str, row: int, body: RowBody) -> dict[str, Any]:
    """Keep corrected values of a refused row for the next replay."""
    actor = actor_of(request, P.CORRECT)
    run = queries.get_run(actor=actor, uid=uid)
    services.correct_row(actor=actor, run=run, row=row, values=body.values, now=now())
    return {"row_number": row, "state": "ready", "counts": queries.row_counts(run)}


@router.post("/runs/{uid}/rows/{row}/dismiss")
def dismiss_row(request: HttpRequest, uid: str, row: int, body: ReasonBody) -> dict[str, Any]:
    """Settle a refused row without loading it."""
    actor = actor_of(request, P.CORRECT)
    run = queries.get_run(actor=actor, uid=uid)
    services.dismiss_row(actor=actor, run=run, row=row, reason=body.reason, now=now())
    return {"row_number": row, "state": "dismissed", "counts": queries.row_counts(run)}


@router.post("/runs/{uid}/replay", response=CREATED)
def replay_run(request: HttpRequest, uid: str) -> Made:
    """Load the corrected rows of a run as a load of their own."""
    actor = actor_of(request, P.CORRECT)
    run = queries.get_run(actor=actor, uid=uid)
    return Status(201, run_row(services.replay_run(actor=actor, run=run, now=now())))


@router.post("/secrets/reseal")
def reseal(request: HttpRequest) -> dict[str, int]:
    """Seal every kept secret under a new key of the node."""
    return {"texts": services.reseal_secrets(actor=actor_of(request, P.RESEAL), now=now())}
