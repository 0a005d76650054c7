"""The end of an agreement: data taken back, the return confirmed, the platform's copy kept for a while or deleted."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from datetime import date, datetime

from django.db import transaction

from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.workflow import api as workflow
from quanshu.shared.workflow.api import check_reason
from quanshu.supply.hosting import queries, rules
from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.models import Agreement
from quanshu.supply.hosting.permissions import HostingPermission
from quanshu.supply.hosting.queries.agreements import SOURCE_NAME
from quanshu.supply.hosting.queries.rows import seal, unseal
from quanshu.supply.hosting.services.noting import APPROVE, CHANGE_KIND, locked, move, note
from quanshu.supply.hosting.types import AgreementState, ChangeState, WrongStep
from quanshu.supply.intake.api import Source, switch_source
from quanshu.supply.lake_store import get_lake


def csv_lines(agreement: Agreement) -> Iterator[str]:
    """Every row in clear, by key, as CSV (RFC 4180) with a byte-order mark; equal data give equal bytes."""
    rows = queries.RowSet(agreement, clear=True)
    names = [item.name for item in rows.items]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow(names)
    for row in rows.iterator():
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
        writer.writerow(["" if row[name] is None else row[name] for name in names])
    yield buffer.getvalue()


def digest_of(agreement: Agreement) -> str:
    """SHA-256 of the file the unit takes back."""
    digest = hashlib.sha256()
    for part in csv_lines(agreement):
        digest.update(part.encode())
    return digest.hexdigest()


def end_agreement(*, actor: Actor, now: datetime, agreement: Agreement, reason: str) -> Agreement:
    """End an agreement: editing stops, changes that wait are refused, the unit takes its data back.

    Raises Forbidden, `hosting.wrong_state`, FieldErrors.
    """
    with get_lake().loading(agreement.entry.lake_table):
        return _end(actor=actor, now=now, agreement=agreement, reason=reason)


@transaction.atomic
def _end(*, actor: Actor, now: datetime, agreement: Agreement, reason: str) -> Agreement:
    agreement = locked(agreement)
    require(actor, HostingPermission.END, agreement)
    rules.check_step(agreement.state, "end")
    check_reason(reason)
    for change in agreement.changes.filter(state=ChangeState.PENDING):
        change.state, change.answer, change.decided_at = ChangeState.REFUSED, reason.strip(), now
        change.sealed = seal(agreement, {"key": unseal(agreement, change.sealed)["key"]})
        change.save()
        workflow.close_todo(kind=APPROVE, subject_kind=CHANGE_KIND, subject_uid=change.uid, now=now)
    entry, lake = agreement.entry, get_lake()
    agreement.end_reason, agreement.ended_at = reason.strip(), now
    agreement.proof = {
        "entry_code": entry.code,
        "table": entry.lake_table,
        "rows": queries.row_count(entry),
        "lake_version": lake.version(entry.lake_table) if lake.exists(entry.lake_table) else None,
        "file_sha256": digest_of(agreement),
        "ended_at": now.isoformat(),
    }
    move(agreement, "end", now=now)
    note(HostingEvent.ENDING, agreement, actor=actor, now=now, details=dict(agreement.proof))
    return agreement


@transaction.atomic
def take_back(*, actor: Actor, now: datetime, agreement: Agreement) -> Iterator[str]:
    """The unit's rows in clear, as the lines of a file; leaves a trace of who took them.

    Raises Forbidden, `hosting.wrong_state` when the agreement is neither in force nor being returned.
    """
    require(actor, HostingPermission.TAKE_BACK, agreement)
    if agreement.state not in {AgreementState.ACTIVE, AgreementState.RETURNING}:
        raise WrongStep
    details = {"rows": queries.row_count(agreement.entry)}
    note(HostingEvent.TAKEN_BACK, agreement, actor=actor, now=now, details=details)
    return csv_lines(agreement)


def confirm_return(*, actor: Actor, now: datetime, agreement: Agreement) -> Agreement:
    """The unit has its data: the platform's copy is kept as agreed, or deleted at once with proof.

    Raises Forbidden, `hosting.wrong_state`, `hosting.still_in_force`.
    """
    with get_lake().loading(agreement.entry.lake_table):
        return _confirm(actor=actor, now=now, agreement=agreement)


@transaction.atomic
def _confirm(*, actor: Actor, now: datetime, agreement: Agreement) -> Agreement:
    agreement = locked(agreement)
    require(actor, HostingPermission.TAKE_BACK, agreement)
    rules.check_step(agreement.state, "confirm")
    delete = agreement.keep_months == 0
    if delete:
        rules.check_delete_data(in_force=agreement.entry.published_version is not None)
    today = workflow.city_day(now)
    agreement.keep_until = today if delete else later(today, agreement.keep_months)
    proof = dict(agreement.proof or {}) | {"confirmed_by": actor.name, "confirmed_at": now.isoformat()}
    agreement.proof = proof | {"kept_until": None if delete else agreement.keep_until.isoformat()}
    move(agreement, "confirm", now=now)
    for source in Source.objects.filter(entry=agreement.entry, active=True, name__startswith=SOURCE_NAME):
        switch_source(actor=SYSTEM, now=now, source=source, active=False)
    note(HostingEvent.ENDED, agreement, actor=actor, now=now, details=dict(agreement.proof))
    if delete:
        _delete(agreement, actor=actor, now=now)
    return agreement


def later(day: date, months: int) -> date:
    """The day some months later; the month's last day where it has no such day."""
    year, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(months)


def _delete(agreement: Agreement, *, actor: Actor, now: datetime) -> None:
    """Delete the table with every version of it, and say so in the proof."""
    lake, table = get_lake(), agreement.entry.lake_table
    versions = len(lake.versions(table)) if lake.exists(table) else 0
    agreement.proof = dict(agreement.proof or {}) | {"deleted_at": now.isoformat(), "versions_deleted": versions}
    agreement.save(update_fields=["proof"])
    note(HostingEvent.DELETED, agreement, actor=actor, now=now, details={"table": table, "versions": versions})
    for name in (table, f"refused_{table}"):
        if lake.exists(name):
            lake.drop(name)


def delete_kept(now: datetime) -> int:
    """Delete copies whose time has run out and that nothing answers from any more; returns how many."""
    count = 0
    rows = Agreement.objects.filter(state=AgreementState.ENDED, keep_until__lt=workflow.city_day(now))
    for agreement in rows.filter(entry__published_version__isnull=True).select_related("entry", "unit"):
        if (agreement.proof or {}).get("deleted_at") or _hosted_again(agreement):
            continue
        with get_lake().loading(agreement.entry.lake_table), transaction.atomic():
            _delete(agreement, actor=SYSTEM, now=now)
        count += 1
    return count


def _hosted_again(agreement: Agreement) -> bool:
    return Agreement.objects.filter(entry=agreement.entry, state__in=rules.HELD).exists()
