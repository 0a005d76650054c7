"""Workbooks taken in: good rows kept, bad cells refused by sheet, cell and reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors, QuanshuError, plain
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, require
from quanshu.shared.files.api import path_of, store
from quanshu.shared.jobs.api import enqueue
from quanshu.supply.inventory import queries
from quanshu.supply.inventory.events import InventoryEvent
from quanshu.supply.inventory.models import Asset, Import, ImportFault, Link
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.services.assets import (
    create_asset,
    link_assets,
    restore_asset,
    retire_asset,
    update_asset,
)
from quanshu.supply.inventory.services.noting import note
from quanshu.supply.inventory.services.workbook import LINK, SHEETS, Reading, Row, read_workbook, write_workbook
from quanshu.supply.inventory.types import AssetData, AssetState, Fault

ADDED, CHANGED, SAME = "added", "changed", "unchanged"
JOB = "inventory.import"
# Rows taken in within one request or one transaction.
AT_ONCE = 200
DATA_FIELDS = (
    "name",
    "description",
    "priority",
    "task",
    "basis",
    "network",
    "protection",
    "form",
    "cycle",
    "entry_code",
)


def refuse(name: str, fault: str, remedy: str, **params: str) -> FieldErrors:
    """One field at fault."""
    return FieldErrors(errors=(FieldError(name, fault, remedy, params),))


@dataclass(slots=True)
class Taking:
    """An import under way: who takes in, what was read, and what came of it so far."""

    actor: Actor
    now: datetime
    reading: Reading
    units: dict[str, Unit]
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)

    def one(self, row: Row) -> None:
        """Take in one row; one that is refused leaves nothing behind."""
        work: Callable[[Row], str] = self.link if row.sheet == LINK else self.asset
        try:
            with transaction.atomic():
                self.counts[work(row)] += 1
        except FieldErrors as fault:
            for error in fault.errors:
                self.faults.append(self.reading.fault(row.sheet, row.number, error, row.raw.get(error.field, "")))
        except QuanshuError as fault:
            name = "upper" if row.sheet == LINK else "code"
            error = FieldError(name, fault.message, fault.remedy, fault.params)
            self.faults.append(self.reading.fault(row.sheet, row.number, error, row.raw.get(name, "")))

    def asset(self, row: Row) -> str:
        """Enter or change one object: by its code, without one by its unit and name."""
        unit = self.units.get(row.values["unit_code"].upper())
        if unit is None:
            fault = N_("There is no unit with this code whose inventory you keep.")
            raise refuse("unit_code", fault, N_("Check the unified social credit code of the unit."))
        found = self.find(row, unit)
        given = {name: row.values.get(name, "") for name in DATA_FIELDS}
        data = AssetData(**given | {"priority": given["priority"] or "normal"})
        wanted = row.values.get("state") or AssetState.ACTIVE.value
        if found is None:
            code = row.values.get("code", "")
            found = create_asset(actor=self.actor, now=self.now, unit=unit, kind=row.sheet, data=data, code=code)
            self.retire(found, row, wanted)
            return ADDED
        was = found.state
        if was == AssetState.RETIRED and wanted == AssetState.RETIRED:
            return SAME
        if was == AssetState.RETIRED:
            found = restore_asset(actor=self.actor, now=self.now, asset=found)
        found, changed = update_asset(actor=self.actor, now=self.now, asset=found, data=data)
        self.retire(found, row, wanted)
        return CHANGED if changed or was != wanted else SAME

    def retire(self, asset: Asset, row: Row, wanted: str) -> None:
        """Take a row's object out of use when the row says so."""
        if wanted == AssetState.RETIRED:
            retire_asset(actor=self.actor, now=self.now, asset=asset, reason=row.values.get("reason", ""))

    def find(self, row: Row, unit: Unit) -> Asset | None:
        """The object a row speaks of. Raises FieldErrors for a code that stands twice or is of another unit or kind."""
        code = row.values.get("code", "").upper()
        if not code:
            same = Asset.objects.filter(unit=unit, kind=row.sheet, name=row.values["name"])
            return same.select_related("unit", "entry").order_by("state", "pk").first()
        if self.reading.first_with(code) is not row:
            raise refuse("code", N_("The code “%(code)s” stands twice."), N_("Keep one of the rows."), code=code)
        found = Asset.objects.select_related("unit", "entry").filter(code=code).first()
        if found is not None and (found.kind != row.sheet or found.unit_id != unit.pk):
            fault = N_("The code “%(code)s” is of another unit or another sheet.")
            raise refuse("code", fault, N_("Choose another code, or correct the unit."), code=code)
        return found

    def link(self, row: Row) -> str:
        """Add one link."""
        seen = queries.list_assets(self.actor)
        ends = []
        for name in ("upper", "lower"):
            end = seen.filter(code=row.values[name].upper()).first()
            if end is None:
                fault = N_("There is no object with this code that you may see.")
                raise refuse(name, fault, N_("Use a code of the other sheets or of the inventory."))
            ends.append(end)
        if Link.objects.filter(upper=ends[0], lower=ends[1]).exists():
            return SAME
        link_assets(actor=self.actor, now=self.now, upper=ends[0], lower=ends[1])
        return ADDED


@transaction.atomic
def import_workbook(*, actor: Actor, now: datetime, name: str, content: bytes) -> Import:
    """Take a workbook in: rows are entered or changed by their code, bad cells are kept with the import.

    A short workbook is taken in at once, a long one by the worker, a few rows at a time. Importing the same workbook
    again changes nothing. Raises Forbidden, FileTypeRefused, FileTooLarge, FileEmpty,
    `inventory.not_a_workbook`, `inventory.no_sheet`, `inventory.too_many_rows`.
    """
    require(actor, P.EDIT)
    reading = read_workbook(content)
    kept = store(actor=actor, name=name, stream=ContentFile(content), now=now)
    taken = Import.objects.create(
        file_name=Path(name).name[-200:],
        file_digest=kept.digest,
        unit=Unit.objects.filter(uid=actor.unit_uid).first() if actor.unit_uid else None,
        by=actor.name,
        by_uid=actor.uid,
        at=now,
        rows=len(reading.in_order()),
    )
    keep_faults(taken, reading.faults)
    if taken.rows > AT_ONCE:
        enqueue(JOB, {"import": taken.uid, "actor": actor_values(actor)}, now=now, key=f"{JOB}:{taken.uid}")
    else:
        take_rows(taken, reading, actor=actor, now=now)
    return taken


def actor_values(actor: Actor) -> dict[str, Any]:
    """An actor as plain values, with what it may do now."""
    values = {each.name: getattr(actor, each.name) for each in fields(Actor)}
    return {**values, "roles": sorted(actor.roles), "grants": dict(actor.grants)}


def continue_import(*, actor: Actor, now: datetime, uid: str) -> Iterator[Import]:
    """Take in the rows that are left, a chunk in each transaction; yields the import after each."""
    taken = Import.objects.get(uid=uid)
    reading = read_workbook(path_of(taken.file_digest).read_bytes())
    while not taken.is_done:
        with transaction.atomic():
            taken = Import.objects.select_for_update(of=("self",)).get(uid=uid)
            take_rows(taken, reading, actor=actor, now=now)
        yield taken


def take_rows(taken: Import, reading: Reading, *, actor: Actor, now: datetime) -> None:
    """Take in the next rows and note how far it is; the last ones note the import itself."""
    units = {unit.code: unit for unit in queries.units_to_edit(actor)}
    taking = Taking(actor, now, reading, units)
    for row in reading.in_order()[taken.rows_done : taken.rows_done + AT_ONCE]:
        taking.one(row)
    taken.rows_done = min(taken.rows, taken.rows_done + AT_ONCE)
    taken.added += taking.counts[ADDED]
    taken.changed += taking.counts[CHANGED]
    taken.unchanged += taking.counts[SAME]
    keep_faults(taken, taking.faults)
    if taken.is_done:
        details = {each: getattr(taken, each) for each in (ADDED, CHANGED, SAME, "refused")}
        note(InventoryEvent.IMPORTED, taken, actor=actor, now=now, details=details)


def keep_faults(taken: Import, faults: list[Fault]) -> None:
    """Refused cells as they are kept; rows that are refused are counted once."""
    ImportFault.objects.bulk_create(fault_row(taken, fault) for fault in faults)
    taken.refused += len({(fault.sheet, fault.row) for fault in faults})
    taken.save()


def fault_row(taken: Import, fault: Fault) -> ImportFault:
    """A refused cell as it is kept."""
    return ImportFault(
        taken=taken,
        sheet=fault.sheet,
        row=fault.row,
        column=fault.column,
        title=fault.title,
        value=fault.value.replace("\x00", ""),
        fault=fault.error.fault,
        remedy=fault.error.remedy,
        params={key: plain(value) for key, value in fault.error.params.items()},
    )


@transaction.atomic
def export_workbook(*, actor: Actor, now: datetime, unit: str = "") -> bytes:
    """What the actor may see, or one unit of it, in the form that is imported. Raises Forbidden."""
    require(actor, P.VIEW)
    rows = queries.list_assets(actor)
    if unit:
        rows = rows.filter(unit__uid=unit)
    sheets: dict[str, list[dict[str, str]]] = {kind: [] for kind in SHEETS}
    for asset in rows.order_by("code"):
        sheets[asset.kind].append(row_of(asset))
    pairs = Link.objects.filter(upper__in=rows, lower__in=rows).select_related("upper", "lower")
    for link in pairs.order_by("upper__code", "lower__code"):
        sheets[LINK].append(
            {
                "upper": link.upper.code,
                "upper_name": link.upper.name,
                "lower": link.lower.code,
                "lower_name": link.lower.name,
            }
        )
    place = Import(file_name="inventory.xlsx", by_uid=actor.uid, at=now)
    counts = {kind: len(listed) for kind, listed in sheets.items()}
    note(InventoryEvent.EXPORTED, place, actor=actor, now=now, details=counts)
    return write_workbook(sheets)


def row_of(asset: Asset) -> dict[str, str]:
    """An object as a row of its sheet."""
    values = {name: getattr(asset, name) for name in DATA_FIELDS if name != "entry_code"}
    return values | {
        "code": asset.code,
        "unit_code": asset.unit.code,
        "unit_name": asset.unit.name,
        "entry_code": asset.entry.code if asset.entry else "",
        "state": asset.state,
        "reason": asset.retired_reason,
    }
