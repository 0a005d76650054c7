"""Rows added, edited, deleted and restored, one small version of the lake's table each.

A change is kept before the lake is written and settled after it. The lake's commit carries the change's uid, so a
process that died in between is settled by what the lake holds. Other writers of the table are held off meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.files import api as files
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.catalogue.api import key_columns
from quanshu.supply.hosting import queries, rules
from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.permissions import HostingPermission
from quanshu.supply.hosting.queries.agreements import of_unit
from quanshu.supply.hosting.queries.rows import seal, unseal
from quanshu.supply.hosting.services.noting import APPROVE, CHANGE_KIND, note_change
from quanshu.supply.hosting.services.writing import cast_row, load_upload, version_with, write_row
from quanshu.supply.hosting.types import ChangeKind, ChangeState, Row, RowChanged, Values
from quanshu.supply.intake.api import land_hosted
from quanshu.supply.lake_store import get_lake

# A change that is still being written after this long was left by a process that died.
LEFT = timedelta(minutes=2)


def _check_editor(actor: Actor, agreement: Agreement) -> None:
    require(actor, HostingPermission.ROW_EDIT, agreement)
    rules.check_editor(
        state=agreement.state,
        actor_uid=actor.uid,
        of_unit=of_unit(actor, agreement),
        editors=agreement.editors,
        works=agreement.works,
    )


def add_row(*, actor: Actor, now: datetime, agreement: Agreement, values: Values) -> Change:
    """Add a row by its texts; with a second person agreed it waits for that.

    Raises Forbidden, FieldErrors, `hosting.wrong_state`, `.not_editor`, `.row_exists`, `.change_waits`.
    """
    return _change(actor, now, agreement, ChangeKind.ADD, values=values)


def edit_row(*, actor: Actor, now: datetime, agreement: Agreement, key: Values, base: str, values: Values) -> Change:
    """Change a row's values; `base` is its mark as read, so that another's change is not lost.

    The key stays. Raises as add_row, and `hosting.row_changed`, `.row_gone`, `.nothing_changed`.
    """
    return _change(actor, now, agreement, ChangeKind.EDIT, key=key, base=base, values={**values, **key})


def delete_row(*, actor: Actor, now: datetime, agreement: Agreement, key: Values, base: str) -> Change:
    """Delete a row. Raises as edit_row."""
    return _change(actor, now, agreement, ChangeKind.DELETE, key=key, base=base)


def undo_change(*, actor: Actor, now: datetime, change: Change) -> Change:
    """Restore what a row held before its last change: itself a change, with its own place in the history.

    Raises as edit_row, and `hosting.cannot_undo`.
    """
    _check_editor(actor, change.agreement)
    rules.check_undo(kind=change.kind, state=change.state, latest=queries.is_latest(change))
    key: Values = unseal(change.agreement, change.sealed)["key"]
    before, _after = queries.before_and_after(change)
    row = queries.read_row(change.agreement, key)
    kind = rules.UNDOING[change.kind]
    base = row.base if row else ""
    return _change(actor, now, change.agreement, kind, key=key, base=base, values=before, undoes=change)


def _change(
    actor: Actor,
    now: datetime,
    agreement: Agreement,
    kind: ChangeKind,
    *,
    key: Values | None = None,
    base: str = "",
    values: Values | None = None,
    undoes: Change | None = None,
) -> Change:
    _check_editor(actor, agreement)
    keys = key_columns(agreement.entry)
    if kind != ChangeKind.DELETE:
        row = cast_row(agreement.entry, values or {})
        values, key = row.values, row.key
    with get_lake().loading(agreement.entry.lake_table):
        current = queries.read_row(agreement, key or {})
        tag = queries.tag_of(agreement, key or {})
        waits = agreement.changes.filter(row_tag=tag, state=ChangeState.PENDING).exists()
        rules.check_base(kind=kind, now=current, base=base, keys=keys, waits=waits)
        fields = rules.changed_fields(current.values if current else None, values if kind != "delete" else None)
        rules.check_differs(kind, fields)
        change = Change(agreement=agreement, kind=kind, row_tag=tag, fields=fields, undoes=undoes)
        _keep(change, actor=actor, now=now, content={"key": dict(key or {}), "values": values, "base": base})
        if change.state == ChangeState.WRITING:
            _write(change, current, actor=actor, now=now)
    return change


@transaction.atomic
def _keep(change: Change, *, actor: Actor, now: datetime, content: dict[str, object]) -> None:
    """Keep a change before anything is written; where a second person is agreed, ask for them."""
    agreement = change.agreement
    change.by_uid, change.by_name, change.at = actor.uid, actor.name, now
    change.state = ChangeState.PENDING if agreement.four_eyes else ChangeState.WRITING
    change.sealed = seal(agreement, content)
    change.save()
    if agreement.four_eyes:
        workflow.open_todo(
            kind=APPROVE,
            subject_kind=CHANGE_KIND,
            subject_uid=change.uid,
            title=agreement.entry.resource_name,
            url=change.get_absolute_url(),
            permission=HostingPermission.APPROVE,
            unit_path=agreement.unit.path,
            now=now,
        )
    note_change(HostingEvent.CHANGE_PROPOSED, change, actor=actor, now=now)


def _write(change: Change, current: Row | None, *, actor: Actor, now: datetime) -> None:
    """Write a kept change to the lake, under its lock, and settle it. What the lake refuses ends it as failed."""
    told = unseal(change.agreement, change.sealed)
    try:
        before, after = write_row(change, key=told["key"], values=told.get("values"), by=actor.uid)
    except QuanshuError as fault:
        _end(change, ChangeState.FAILED, HostingEvent.CHANGE_FAILED, answer=fault.code, actor=actor, now=now)
        raise
    _settle(change, before, after, actor=actor, now=now)


@transaction.atomic
def _settle(change: Change, before: int | None, after: int, *, actor: Actor, now: datetime) -> None:
    """The change is in the lake: its values are read from there from now on."""
    agreement = change.agreement
    change.state, change.version_before, change.version_after = ChangeState.APPLIED, before, after
    change.decided_at = now
    change.sealed = seal(agreement, {"key": unseal(agreement, change.sealed)["key"]})
    change.save()
    note_change(HostingEvent.CHANGE_APPLIED, change, actor=actor, now=now, details={"lake_version": after})
    land_hosted(
        actor=actor,
        now=now,
        entry=agreement.entry,
        change_uid=change.uid,
        lake_version=after,
        rows_total=queries.row_count(agreement.entry, after),
    )


@transaction.atomic
def _end(change: Change, state: ChangeState, event: HostingEvent, *, answer: str, actor: Actor, now: datetime) -> None:
    """A change that was not written: its values are forgotten."""
    change.state, change.answer = state, answer
    change.decided_by, change.decided_at = actor.name, now
    if change.sealed:
        change.sealed = seal(change.agreement, {"key": unseal(change.agreement, change.sealed)["key"]})
    change.save()
    workflow.close_todo(kind=APPROVE, subject_kind=CHANGE_KIND, subject_uid=change.uid, now=now)
    note_change(event, change, actor=actor, now=now, details={"answer": answer})


def approve_change(*, actor: Actor, now: datetime, change: Change) -> Change:
    """The second person approves: the change is written if the row is still as it was when it was proposed.

    Raises Forbidden, `hosting.wrong_state`, `.own_change`, `.row_changed` (which ends the change as a conflict).
    """
    with get_lake().loading(change.agreement.entry.lake_table):
        change = _approve(change, actor=actor, now=now)
        if change.kind == ChangeKind.UPLOAD:
            load_upload(change, actor=actor, now=now)
            return change
        told = unseal(change.agreement, change.sealed)
        current = queries.read_row(change.agreement, told["key"])
        keys = key_columns(change.agreement.entry)
        try:
            rules.check_base(kind=change.kind, now=current, base=told["base"], keys=keys, waits=False)
        except QuanshuError as fault:
            _end(change, ChangeState.CONFLICT, HostingEvent.CHANGE_FAILED, answer=fault.code, actor=actor, now=now)
            raise RowChanged from fault
        _write(change, current, actor=actor, now=now)
    return change


@transaction.atomic
def _approve(change: Change, *, actor: Actor, now: datetime) -> Change:
    change = _deciding(change, actor)
    rules.check_step(change.agreement.state, "end")
    change.state, change.decided_by, change.decided_at = ChangeState.WRITING, actor.name, now
    change.save()
    workflow.close_todo(kind=APPROVE, subject_kind=CHANGE_KIND, subject_uid=change.uid, now=now)
    note_change(HostingEvent.CHANGE_APPROVED, change, actor=actor, now=now)
    return change


def _deciding(change: Change, actor: Actor) -> Change:
    """A change that waits, held, which the actor may decide."""
    rows = Change.objects.select_for_update(of=("self",))
    change = rows.select_related("agreement__entry__unit", "agreement__unit").get(pk=change.pk)
    require(actor, HostingPermission.APPROVE, change)
    rules.check_decide(state=change.state, proposer_uid=change.by_uid, actor_uid=actor.uid)
    return change


@transaction.atomic
def refuse_change(*, actor: Actor, now: datetime, change: Change, reason: str) -> Change:
    """The second person refuses, with the reason. Raises as approve_change, and FieldErrors."""
    change = _deciding(change, actor)
    check_reason(reason)
    _end(change, ChangeState.REFUSED, HostingEvent.CHANGE_REFUSED, answer=reason.strip(), actor=actor, now=now)
    return change


@transaction.atomic
def upload_file(
    *, actor: Actor, now: datetime, agreement: Agreement, name: str, stream: files.Chunked, mode: str
) -> Change:
    """Load a whole file through intake: `full` replaces the table, `upsert` adds and changes by key.

    With a second person agreed the file waits for that. Raises Forbidden, what the file store and intake raise.
    """
    _check_editor(actor, agreement)
    rules.check_upload(name, mode)
    kept = files.store(actor=actor, name=name, stream=stream, now=now)
    change = Change(agreement=agreement, kind=ChangeKind.UPLOAD, mode=mode, file_digest=kept.digest, file_name=name)
    _keep(change, actor=actor, now=now, content={"key": {}})
    if change.state == ChangeState.WRITING:
        load_upload(change, actor=actor, now=now)
    return change


def settle_left(now: datetime) -> int:
    """Settle changes whose process died between keeping and settling them, as what the lake holds; returns how many."""
    count = 0
    rows = Change.objects.filter(state=ChangeState.WRITING, at__lt=now - LEFT).exclude(kind=ChangeKind.UPLOAD)
    for change in rows.select_related("agreement__entry__unit", "agreement__unit"):
        with get_lake().loading(change.agreement.entry.lake_table):
            change.refresh_from_db(fields=["state"])
            if change.state != ChangeState.WRITING or (change.decided_at or change.at) > now - LEFT:
                continue
            version = version_with(change)
            if version is None:
                answer = f"{now.astimezone(CITY_TZ):%Y-%m-%d %H:%M}"
                _end(change, ChangeState.FAILED, HostingEvent.CHANGE_FAILED, answer=answer, actor=SYSTEM, now=now)
            else:
                _settle(change, version - 1 if version else None, version, actor=SYSTEM, now=now)
            count += 1
    return count
