"""Imports of the official table: read and checked, shown, then kept as drafts or discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError
from quanshu.organisation.api import Account, Unit, actor_for
from quanshu.shared.access.api import SYSTEM, Actor, NotAllowed, require
from quanshu.shared.audit import api as audit
from quanshu.shared.files import api as files
from quanshu.shared.jobs.api import enqueue, heartbeat
from quanshu.shared.outbox import api as outbox
from quanshu.supply.catalogue.api import (
    Entry,
    EntryData,
    EntryState,
    ItemData,
    create_entry,
    data_of,
    fault_row,
    items_of,
    revise_entry,
    set_items,
    update_entry,
)
from quanshu.supply.exchange.events import ExchangeEvent
from quanshu.supply.exchange.models import Import, ImportEntry, RefusedRow
from quanshu.supply.exchange.permissions import ExchangePermission
from quanshu.supply.exchange.rules import check_state
from quanshu.supply.exchange.services import workbook
from quanshu.supply.exchange.services.checking import Checker, Planned
from quanshu.supply.exchange.types import ImportState, Outcome
from quanshu.supply.standards.api import standard_in_force

KIND = "exchange.import"
# Up to these sizes the answer comes with the page; larger work goes to the worker.
SMALL_BYTES = 200 * 1024
SMALL_ENTRIES = 50


@transaction.atomic
def start_import(*, actor: Actor, now: datetime, unit: Unit, name: str, stream: files.Chunked) -> Import:
    """Take in a workbook for a unit and those below it; a small one is read at once, a large one by the worker.

    Raises Forbidden, `files.*`, FieldErrors when a small file cannot be read as the table.
    """
    account = Account.objects.filter(uid=actor.uid).first()
    if account is None:
        raise NotAllowed(permission=ExchangePermission.IMPORT)
    if not name.lower().endswith(".xlsx"):
        raise workbook.not_a_table(N_("The file is not an Excel workbook (.xlsx)."))
    source = Import(
        unit=unit,
        account=account,
        file_name=name[-200:],
        standard=standard_in_force().number,
        state=ImportState.READING,
        created_at=now,
    )
    require(actor, ExchangePermission.IMPORT, source)
    kept = files.store(actor=actor, name=name, stream=stream, now=now)
    source.digest = kept.digest
    source.save()
    _note(source, ExchangeEvent.IMPORT_STARTED, actor=actor, now=now, details={"size": kept.size})
    if kept.size <= SMALL_BYTES:
        return _read(source, actor=actor, now=now)
    enqueue("exchange.import.read", {"uid": source.uid}, now=now, key=f"exchange.import:{source.uid}")
    return source


def read_import(uid: str, *, now: datetime) -> Import:
    """Read and check a queued import as the person who made it; what cannot be read fails with its reason."""
    source = Import.objects.select_related("unit", "account").get(uid=uid)
    if source.state != ImportState.READING:
        return source
    actor = actor_for(source.account)
    try:
        with transaction.atomic():
            require(actor, ExchangePermission.IMPORT, source)
            return _read(source, actor=actor, now=now)
    except QuanshuError as fault:
        return _fail(source, fault, now=now)


@transaction.atomic
def _fail(source: Import, fault: QuanshuError, *, now: datetime) -> Import:
    source.state, source.finished_at, source.faults = ImportState.FAILED, now, faults_of(fault)
    source.save()
    _note(source, ExchangeEvent.IMPORT_READ, actor=SYSTEM, now=now, details={"failed": fault.code})
    return source


def faults_of(fault: QuanshuError) -> list[dict[str, Any]]:
    """A refusal as plain rows; its texts stay message ids."""
    if isinstance(fault, FieldErrors):
        return [fault_row(error) for error in fault.errors]
    return [{"field": "", "fault": fault.message, "remedy": fault.remedy, "params": fault.as_dict()["params"]}]


def _read(source: Import, *, actor: Actor, now: datetime) -> Import:
    """Read, check and keep what was found. Reading again replaces it."""
    rows, ignored = workbook.read_table(files.path_of(source.digest), standard_in_force())
    checker = Checker(source, actor=actor, now=now)
    checker.check(rows)
    source.entries.all().delete()
    source.refused.all().delete()
    RefusedRow.objects.bulk_create(
        (
            RefusedRow(source=source, row=number, cells=cells, faults=[fault_row(fault) for fault in faults])
            for number, cells, faults in checker.refused
        ),
        batch_size=500,
    )
    planned = [as_row(source, place, each) for place, each in enumerate(checker.planned.values())]
    ImportEntry.objects.bulk_create(planned, batch_size=200)
    source.total, source.done, source.ignored = len(rows), 0, ignored[:50]
    source.state = ImportState.CHECKED
    source.save()
    counts = {"rows": len(rows), "refused": len(checker.refused), "entries": len(planned)}
    _note(source, ExchangeEvent.IMPORT_READ, actor=actor, now=now, details=counts)
    return source


def as_row(source: Import, place: int, each: Planned) -> ImportEntry:
    """A planned entry as a row not yet saved."""
    entry = each.stated.entry
    return ImportEntry(
        source=source,
        position=place,
        name=each.data.resource_name[:100],
        unit=each.stated.unit,
        entry=entry,
        outcome=each.outcome,
        seen=entry.updated_at.isoformat() if entry else "",
        data=asdict(each.data),
        items=[asdict(item) for item in each.merged],
        rows=[[number, cells] for number, cells in each.rows],
    )


@transaction.atomic
def commit_import(*, actor: Actor, now: datetime, source: Import) -> Import:
    """Keep the good entries of a checked import as drafts; many are kept by the worker.

    Raises Forbidden, `exchange.import_not_ready`.
    """
    source = _locked(source)
    require(actor, ExchangePermission.IMPORT, source)
    check_state(source.state, ImportState.CHECKED)
    waiting = source.entries.filter(outcome__in=[Outcome.NEW, Outcome.CHANGE]).count()
    source.state, source.total, source.done = ImportState.KEEPING, waiting, 0
    source.save()
    _note(source, ExchangeEvent.IMPORT_KEPT, actor=actor, now=now, details={"waiting": waiting})
    if waiting > SMALL_ENTRIES:
        enqueue("exchange.import.keep", {"uid": source.uid}, now=now, key=f"exchange.import:{source.uid}")
        return source
    return _keep(source, actor=actor, now=now)


@transaction.atomic
def discard_import(*, actor: Actor, now: datetime, source: Import) -> Import:
    """Put a checked import aside; nothing of it is kept. Raises Forbidden, `exchange.import_not_ready`."""
    source = _locked(source)
    require(actor, ExchangePermission.IMPORT, source)
    check_state(source.state, ImportState.CHECKED)
    source.state, source.finished_at = ImportState.DISCARDED, now
    source.save()
    source.entries.all().delete()
    _note(source, ExchangeEvent.IMPORT_DISCARDED, actor=actor, now=now)
    return source


def keep_drafts(uid: str, *, now: datetime) -> Import:
    """Keep a queued import's entries as the person who made it; run again, it goes on where it stopped."""
    source = Import.objects.select_related("unit", "account").get(uid=uid)
    if source.state != ImportState.KEEPING:
        return source
    return _keep(source, actor=actor_for(source.account), now=now)


def _keep(source: Import, *, actor: Actor, now: datetime) -> Import:
    waiting = source.entries.filter(outcome__in=[Outcome.NEW, Outcome.CHANGE], kept=False)
    for each in waiting.select_related("unit", "entry"):
        try:
            with transaction.atomic():
                each.entry = draft_of(each, actor=actor, now=now)
                each.kept = True
                each.save(update_fields=["entry", "kept"])
        except QuanshuError as fault:
            refuse(each, faults_of(fault))
        source.done += 1
        Import.objects.filter(pk=source.pk).update(done=source.done)
        heartbeat({"done": source.done})
    with transaction.atomic():
        source.state, source.finished_at = ImportState.DONE, now
        source.save()
        details = {"kept": source.entries.filter(kept=True).count(), "refused": source.refused.count()}
        _note(source, ExchangeEvent.IMPORT_KEPT, actor=actor, now=now, details=details)
    return source


def draft_of(each: ImportEntry, *, actor: Actor, now: datetime) -> Entry:
    """A new draft, or the entry's next version with what the file changes."""
    data = EntryData(**{**each.data, "related_codes": tuple(each.data["related_codes"])})
    items = [ItemData(**{**item, "code_list": tuple(item["code_list"])}) for item in each.items]
    if each.outcome == Outcome.NEW:
        assert each.unit is not None, "a planned entry has its unit"  # noqa: S101
        return create_entry(actor=actor, now=now, unit=each.unit, data=data, items=items)
    rows = Entry.objects.select_for_update().select_related("unit", "classification")
    entry = rows.filter(pk=each.entry_id or 0).first()
    if entry is None or entry.updated_at.isoformat() != each.seen:
        fault = N_("The entry was changed after the file was read.")
        raise FieldErrors(errors=(FieldError("code", fault, N_("Import the file again.")),))
    before, there = data_of(entry), list(items_of(entry))
    if entry.state == EntryState.PUBLISHED:
        entry = revise_entry(actor=actor, now=now, entry=entry)
    if before != data:
        entry = update_entry(actor=actor, now=now, entry=entry, data=data)
    return set_items(actor=actor, now=now, entry=entry, items=items) if there != items else entry


@transaction.atomic
def refuse(each: ImportEntry, faults: Sequence[dict[str, Any]]) -> None:
    """An entry that could not be kept: its rows join the refused ones with the reason."""
    named = [{**fault, "field": fault["field"].rsplit(".", 1)[-1]} for fault in faults]
    RefusedRow.objects.bulk_create(
        RefusedRow(source=each.source, row=number, cells=cells, faults=named) for number, cells in each.rows
    )
    each.outcome = Outcome.REFUSED
    each.save(update_fields=["outcome"])


def _locked(source: Import) -> Import:
    return Import.objects.select_for_update(of=("self",)).select_related("unit", "account").get(pk=source.pk)


def _note(
    source: Import, event: ExchangeEvent, *, actor: Actor, now: datetime, details: dict[str, Any] | None = None
) -> None:
    """Steps four and five of a write: audit, then outbox."""
    audit.record(actor=actor, action=event, obj=source, kind=KIND, uid=source.uid, details=details, now=now)
    outbox.add(name=event, payload={"uid": source.uid, "state": source.state}, now=now)
