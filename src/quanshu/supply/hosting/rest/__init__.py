"""Hosting over the API."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.supply.catalogue.api import items_of
from quanshu.supply.hosting import queries, services
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.permissions import HostingPermission as P
from quanshu.supply.hosting.types import AgreementData, HostingNotFound, Row

router = Router()
Json = dict[str, Any]
STEPS = {
    "propose": services.propose_agreement,
    "withdraw": services.withdraw_agreement,
    "accept": services.accept_agreement,
    "confirm": services.confirm_return,
}
REASON_STEPS = {"return": services.return_agreement, "end": services.end_agreement}


class AgreementBody(Schema):
    """What a unit asks for: `works` are storage, cleaning, serving; `editors` account uids."""

    entry: str = ""
    reason: str
    works: list[str]
    term_until: date
    editors: list[str] = []
    four_eyes: bool = False
    keep_months: int = 0

    def value(self) -> AgreementData:
        """As the value services take."""
        return AgreementData(
            self.reason, tuple(self.works), self.term_until, tuple(self.editors), self.four_eyes, self.keep_months
        )


class ReasonBody(Schema):
    """Why."""

    reason: str = ""


class RenewBody(Schema):
    """Until when, and why."""

    until: date
    reason: str


class RowBody(Schema):
    """A row by the contract: {column: text}. `base` is the mark of the row as read, for a change."""

    values: dict[str, str | None]
    base: str = ""


def agreement_row(agreement: Agreement) -> Json:
    """An agreement."""
    names = (
        *("uid", "state", "reason", "works", "editors", "four_eyes", "keep_months", "term_until", "note"),
        *("accepted_at", "ended_at", "end_reason", "keep_until", "proof"),
    )
    return {
        **{name: getattr(agreement, name) for name in names},
        "entry_uid": agreement.entry.uid,
        "entry_code": agreement.entry.code,
        "unit_name": agreement.unit.name,
        "rows": queries.row_count(agreement.entry),
    }


def change_row(change: Change) -> Json:
    """A change, without the row's key and values."""
    names = (
        *("uid", "kind", "state", "fields", "by_name", "at", "decided_by", "decided_at", "answer"),
        *("version_before", "version_after", "file_name"),
    )
    return {
        **{name: getattr(change, name) for name in names},
        "agreement_uid": change.agreement.uid,
        "undoes": change.undoes.uid if change.undoes else None,
        "run_uid": change.run.uid if change.run else None,
    }


def row_of(agreement: Agreement, row: Row, *, clear: bool) -> Json:
    """A row with its address and, for those who edit, its mark."""
    values = queries.masked_values(items_of(agreement.entry), row.values, clear=clear)
    return {"token": queries.token_of(agreement, row.key), "base": row.base if clear else None, "values": values}


@router.get("/agreements")
def list_agreements(request: HttpRequest, state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Agreements."""
    rows = queries.list_agreements(actor_of(request, P.VIEW))
    return page_of(rows.filter(state=state) if state else rows, limit=limit, offset=offset, serialise=agreement_row)


@router.post("/agreements", response={201: Json})
def draft_agreement(request: HttpRequest, body: AgreementBody) -> Status[Json]:
    """Draft an agreement over an entry (its uid)."""
    actor = actor_of(request, P.DRAFT)
    entry = queries.entries_to_host(actor).filter(uid=body.entry).first()
    if entry is None:
        raise HostingNotFound
    return Status(201, agreement_row(services.draft_agreement(actor=actor, now=now(), entry=entry, data=body.value())))


@router.get("/agreements/{uid}")
def get_agreement(request: HttpRequest, uid: str) -> Json:
    """One agreement, with the proof of return once it has ended."""
    return agreement_row(queries.get_agreement(actor=actor_of(request, P.VIEW), uid=uid))


@router.put("/agreements/{uid}")
def change_agreement(request: HttpRequest, uid: str, body: AgreementBody) -> Json:
    """Change a draft."""
    actor = actor_of(request, P.DRAFT)
    agreement = queries.get_agreement(actor=actor, uid=uid)
    return agreement_row(services.change_agreement(actor=actor, now=now(), agreement=agreement, data=body.value()))


@router.post("/agreements/{uid}/steps/{step}")
def take_step(request: HttpRequest, uid: str, step: str, body: ReasonBody) -> Json:
    """propose, withdraw, accept, confirm; return and end with a reason."""
    actor = actor_of(request, P.VIEW)
    agreement = queries.get_agreement(actor=actor, uid=uid)
    if step in STEPS:
        return agreement_row(STEPS[step](actor=actor, now=now(), agreement=agreement))
    if step in REASON_STEPS:
        done = REASON_STEPS[step](actor=actor, now=now(), agreement=agreement, reason=body.reason)
        return agreement_row(done)
    raise HostingNotFound


@router.post("/agreements/{uid}/renew")
def renew_agreement(request: HttpRequest, uid: str, body: RenewBody) -> Json:
    """Prolong an agreement in force."""
    actor = actor_of(request, P.ACCEPT)
    agreement = queries.get_agreement(actor=actor, uid=uid)
    done = services.renew_agreement(actor=actor, now=now(), agreement=agreement, until=body.until, reason=body.reason)
    return agreement_row(done)


@router.post("/agreements/{uid}/data")
def take_back(request: HttpRequest, uid: str) -> StreamingHttpResponse:
    """The unit's rows in clear, as CSV."""
    actor = actor_of(request, P.TAKE_BACK)
    agreement = queries.get_agreement(actor=actor, uid=uid)
    lines = services.take_back(actor=actor, now=now(), agreement=agreement)
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


@router.get("/agreements/{uid}/rows")
def list_rows(request: HttpRequest, uid: str, q: str = "", sort: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Rows, searched and sorted by columns shown in clear; masked as graded for those who do not edit."""
    actor = actor_of(request, P.ROW_VIEW)
    agreement = queries.hosted_agreement(actor=actor, uid=uid)
    rows: Any = queries.RowSet(agreement, clear=queries.edits(actor, agreement))
    rows = rows.search(q[:200].replace("\x00", "")).order_by(*([sort] if sort else []))

    def serialise(row: Json) -> Json:
        key = row.pop("_key")
        return {"token": queries.token_of(agreement, key), "values": row}

    return page_of(rows, limit=limit, offset=offset, serialise=serialise)


@router.post("/agreements/{uid}/rows", response={201: Json})
def add_row(request: HttpRequest, uid: str, body: RowBody) -> Status[Json]:
    """Add a row."""
    actor = actor_of(request, P.ROW_EDIT)
    agreement = queries.hosted_agreement(actor=actor, uid=uid)
    return Status(201, change_row(services.add_row(actor=actor, now=now(), agreement=agreement, values=body.values)))


@router.get("/agreements/{uid}/rows/{token}")
def get_row(request: HttpRequest, uid: str, token: str) -> Json:
    """One row with its history."""
    actor = actor_of(request, P.ROW_VIEW)
    agreement = queries.hosted_agreement(actor=actor, uid=uid)
    row = queries.find_row(agreement, token)
    history = [change_row(change) for change in queries.history_of(agreement, row.key)]
    return row_of(agreement, row, clear=queries.edits(actor, agreement)) | {"history": history}


@router.put("/agreements/{uid}/rows/{token}")
def edit_row(request: HttpRequest, uid: str, token: str, body: RowBody) -> Json:
    """Change a row; 409 when it was changed since `base` was read. Columns left out keep their values."""
    actor = actor_of(request, P.ROW_EDIT)
    agreement = queries.hosted_agreement(actor=actor, uid=uid)
    row = queries.find_row(agreement, token)
    values = {**row.values, **body.values}
    done = services.edit_row(actor=actor, now=now(), agreement=agreement, key=row.key, base=body.base, values=values)
    return change_row(done)


@router.delete("/agreements/{uid}/rows/{token}")
def delete_row(request: HttpRequest, uid: str, token: str, base: str = "") -> Json:
    """Delete a row; 409 when it was changed since `base` was read."""
    actor = actor_of(request, P.ROW_EDIT)
    agreement = queries.hosted_agreement(actor=actor, uid=uid)
    row = queries.find_row(agreement, token)
    return change_row(services.delete_row(actor=actor, now=now(), agreement=agreement, key=row.key, base=base))


@router.post("/agreements/{uid}/file", response={201: Json})
def upload_file(request: HttpRequest, uid: str, file: File[UploadedFile], mode: Form[str] = "upsert") -> Status[Json]:
    """Load a whole file: `upsert` by key, or `full` in place of the table."""
    actor = actor_of(request, P.ROW_EDIT)
    agreement = queries.hosted_agreement(actor=actor, uid=uid)
    done = services.upload_file(
        actor=actor, now=now(), agreement=agreement, name=file.name or "", stream=file, mode=mode
    )
    return Status(201, change_row(done))


@router.get("/changes")
def list_changes(request: HttpRequest, agreement: str = "", state: str = "", limit: int = 50, offset: int = 0) -> Json:
    """Changes of rows, newest first."""
    rows = queries.list_changes(actor_of(request, P.ROW_VIEW))
    asked = {"agreement__uid": agreement, "state": state}
    rows = rows.filter(**{field: value for field, value in asked.items() if value})
    return page_of(rows, limit=limit, offset=offset, serialise=change_row)


@router.get("/changes/{uid}")
def get_change(request: HttpRequest, uid: str) -> Json:
    """One change with the row before and after, masked as graded for those who do not edit."""
    actor = actor_of(request, P.ROW_VIEW)
    change = queries.get_change(actor=actor, uid=uid)
    clear, items = queries.edits(actor, change.agreement), items_of(change.agreement.entry)
    before, after = (
        queries.masked_values(items, values, clear=clear) if values is not None else None
        for values in queries.before_and_after(change)
    )
    return change_row(change) | {"before": before, "after": after}


@router.post("/changes/{uid}/approve")
def approve_change(request: HttpRequest, uid: str) -> Json:
    """The second person approves."""
    actor = actor_of(request, P.APPROVE)
    change = queries.get_change(actor=actor, uid=uid)
    return change_row(services.approve_change(actor=actor, now=now(), change=change))


@router.post("/changes/{uid}/refuse")
def refuse_change(request: HttpRequest, uid: str, body: ReasonBody) -> Json:
    """The second person refuses, with the reason."""
    actor = actor_of(request, P.APPROVE)
    change = queries.get_change(actor=actor, uid=uid)
    return change_row(services.refuse_change(actor=actor, now=now(), change=change, reason=body.reason))


@router.post("/changes/{uid}/undo")
def undo_change(request: HttpRequest, uid: str) -> Json:
    """Restore what the row held before its last change."""
    actor = actor_of(request, P.ROW_EDIT)
    change = queries.get_change(actor=actor, uid=uid)
    return change_row(services.undo_change(actor=actor, now=now(), change=change))


@router.get("/figures")
def get_figures(request: HttpRequest) -> Json:
    """Hosted tables, rows and changes by unit."""
    return asdict(queries.figures_for(Agreement.objects.visible_to(actor_of(request, P.VIEW))))
