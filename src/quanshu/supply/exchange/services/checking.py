"""What the rows of an import come to: entries to draft or change, and rows refused by cell and reason. No writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError
from quanshu.organisation.api import Unit
from quanshu.shared.access.api import Actor, allows
from quanshu.supply.catalogue import api as catalogue
from quanshu.supply.catalogue.api import CataloguePermission as P
from quanshu.supply.catalogue.api import Entry, EntryData, EntryState, ItemData
from quanshu.supply.exchange.models import Import
from quanshu.supply.exchange.rules import table
from quanshu.supply.exchange.services.exporting import as_existing, class_names
from quanshu.supply.exchange.types import Outcome
from quanshu.supply.standards.api import Level, Standard, standard_in_force

Rows = Sequence[tuple[int, dict[str, str]]]
CHUNK = 500


@dataclass(slots=True)
class Stated:
    """What the entry columns of a row come to."""

    key: tuple[Any, ...]
    unit: Unit | None = None
    entry: Entry | None = None
    existing: table.Existing | None = None
    data: EntryData | None = None
    faults: list[FieldError] = field(default_factory=list)


@dataclass(slots=True)
class Planned:
    """An entry as the good rows of the file state it."""

    stated: Stated
    first: dict[str, str]
    first_row: int
    items: list[ItemData] = field(default_factory=list)
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)

    @property
    def data(self) -> EntryData:
        assert self.stated.data is not None, "only rows without faults are planned"  # noqa: S101
        return self.stated.data

    @property
    def merged(self) -> list[ItemData]:
        """All items the entry has afterwards."""
        there = self.stated.existing
        return table.merged(there.items if there else (), self.items)

    @property
    def outcome(self) -> Outcome:
        there = self.stated.existing
        if there is None:
            return Outcome.NEW
        same = there.data == self.data and list(there.items) == self.merged
        return Outcome.SAME if same else Outcome.CHANGE


class Checker:
    """Holds the rows of one file against the catalogue, the importer's rights and the standard."""

    def __init__(self, source: Import, *, actor: Actor, now: datetime) -> None:
        self.source, self.actor = source, actor
        self.today = now.astimezone(CITY_TZ).date()
        self.standard = standard_in_force()
        self.units = list(catalogue.units_to_edit(actor))
        self.classes = class_names()
        self.filed = set(catalogue.classification_codes())
        self.by_code: dict[str, Entry] = {}
        self.by_name: dict[tuple[int, str], list[Entry]] = {}
        self.known: dict[tuple[str, ...], Stated] = {}
        self.refused: list[tuple[int, dict[str, str], list[FieldError]]] = []
        self.planned: dict[tuple[Any, ...], Planned] = {}

    def check(self, rows: Rows) -> None:
        """Sort the rows into `planned` and `refused`."""
        self.load(rows)
        for number, cells in rows:
            faults = self.check_row(number, cells)
            if faults:
                self.refused.append((number, cells, faults))

    def load(self, rows: Rows) -> None:
        """The entries the file may mean, read in portions."""
        codes = sorted({table.canon(cells.get("code", "")) for _row, cells in rows} - {""})
        names = sorted({table.canon(cells.get("resource_name", "")) for _row, cells in rows} - {""})
        found = catalogue.list_entries(self.actor).prefetch_related("items")
        for at in range(0, len(codes), CHUNK):
            self.by_code |= {entry.code: entry for entry in found.filter(code__in=codes[at : at + CHUNK])}
        mine = found.filter(unit__in=self.units)
        for at in range(0, len(names), CHUNK):
            for entry in mine.filter(resource_name__in=names[at : at + CHUNK]):
                self.by_name.setdefault((entry.unit_id, entry.resource_name), []).append(entry)

    def check_row(self, number: int, cells: dict[str, str]) -> list[FieldError]:
        """Put a row into the plan, or say what is wrong with it."""
        stated = self.state(cells)
        faults = list(stated.faults)
        group = self.planned.get(stated.key)
        if group is not None:
            for code in table.differing(group.first, cells, self.standard):
                fault = N_("Differs from row %(row)s, which describes the same entry.")
                faults.append(FieldError(code, fault, N_("Make the rows alike."), {"row": group.first_row}))
        item = None
        if table.has_item(cells, self.standard):
            taken = [each.name for each in group.merged] if group else []
            there = [each.name for each in stated.existing.items] if stated.existing else []
            item, wrong = self.read_item(cells, stated, taken or there, group)
            faults += wrong
        if faults:
            return faults
        if group is None:
            group = self.planned[stated.key] = Planned(stated, cells, number)
        group.rows.append((number, cells))
        if item is not None:
            group.items.append(item)
        return []

    def state(self, cells: dict[str, str]) -> Stated:
        """The entry columns of a row; worked out once for rows that repeat them."""
        given = tuple(cells.get(each.code, "") for each in self.standard.of_level(Level.ENTRY))
        if given not in self.known:
            self.known[given] = self.work_out(cells)
        return self.known[given]

    def work_out(self, cells: dict[str, str]) -> Stated:
        code, name = table.canon(cells.get("code", "")), table.canon(cells.get("resource_name", ""))
        unit, faults = self.unit_of(cells)
        entry, more = self.entry_of(code, name, unit)
        faults += more
        key = ("code", code) if code else ("name", unit.pk if unit else 0, name)
        existing = as_existing(entry, catalogue.items_of(entry)) if entry else None
        data, wrong = table.read_entry(cells, self.standard, existing, self.classes)
        faults += wrong
        if existing is None or data != existing.data:
            told = {fault.field for fault in faults}
            found = catalogue.entry_faults(
                data, classifications=self.filed, standard=self.standard_for(entry), today=self.today
            )
            renamed = [replace(fault, field=fault.field.removeprefix("extra.")) for fault in found]
            faults += [fault for fault in renamed if fault.field not in told]
        return Stated(key, unit, entry, existing, data, faults)

    def standard_for(self, entry: Entry | None) -> Standard:
        """The version an entry is held against: its own while it is a draft, else the one in force."""
        if entry is not None and entry.state == EntryState.DRAFT:
            return catalogue.standard_of_entry(entry)
        return self.standard

    def unit_of(self, cells: dict[str, str]) -> tuple[Unit | None, list[FieldError]]:
        """The providing unit by its code, else its name, else the unit the import is made for."""
        code, name = (table.canon(cells.get(each, "")) for each in ("provider_code", "provider_name"))
        if not code and not name:
            return self.source.unit, []
        if code:
            found = [unit for unit in self.units if unit.code == code]
            if not found:
                fault = N_("No unit you may edit for has the code “%(text)s”.")
                return None, [FieldError("provider_code", fault, N_("Correct it."), {"text": code[:60]})]
            if name and name not in {found[0].name, found[0].name_en}:
                fault = N_("The unit with this code is called “%(name)s”.")
                return None, [FieldError("provider_name", fault, N_("Correct it."), {"name": found[0].name})]
            return found[0], []
        found = [unit for unit in self.units if name in {unit.name, unit.name_en}]
        if len(found) == 1:
            return found[0], []
        fault = N_("No unit, or more than one, that you may edit for is called “%(text)s”.")
        return None, [FieldError("provider_name", fault, N_("Write its code."), {"text": name[:60]})]

    def entry_of(self, code: str, name: str, unit: Unit | None) -> tuple[Entry | None, list[FieldError]]:
        """The entry a row means, and whether it can be changed by an import."""
        if not code:
            return self.draft_of(name, unit)
        entry = self.by_code.get(code)
        if entry is None or not allows(self.actor, P.EDIT, entry):
            fault = N_("You may edit no entry with the code “%(text)s”.")
            remedy = N_("Correct it, or leave it empty for a new entry.")
            return None, [FieldError("code", fault, remedy, {"text": code[:60]})]
        if unit is not None and entry.unit_id != unit.pk:
            fault = N_("The entry with this code is provided by “%(name)s”.")
            return entry, [FieldError("provider_name", fault, N_("Correct it."), {"name": entry.unit.name})]
        if entry.state in {EntryState.REVIEW, EntryState.WITHDRAWN}:
            fault = N_("The entry is under review or out of force.")
            return entry, [FieldError("code", fault, N_("Wait for the review, or take the entry up again first."))]
        return entry, []

    def draft_of(self, name: str, unit: Unit | None) -> tuple[Entry | None, list[FieldError]]:
        """Without a code: the unit's only draft of this name that was never published; a published one is refused."""
        found = self.by_name.get((unit.pk, name), []) if unit and name else []
        for entry in found:
            if entry.published_version is None and entry.state == EntryState.DRAFT:
                return entry, []
        if found:
            fault = N_("The unit has an entry of this name with the code %(code)s.")
            remedy = N_("Write that code, or choose another name.")
            return None, [FieldError("resource_name", fault, remedy, {"code": found[0].code})]
        return None, []

    def read_item(
        self, cells: dict[str, str], stated: Stated, taken: Sequence[str], group: Planned | None
    ) -> tuple[ItemData, list[FieldError]]:
        """The item of a row with its faults, named by field code."""
        item, faults = table.read_item(cells, self.standard, stated.existing, taken)
        there = (
            next((each for each in stated.existing.items if each.name == item.name), None) if stated.existing else None
        )
        named = bool(table.canon(cells.get("name", "")))
        if group and any(each.name == item.name or (not named and each.title == item.title) for each in group.items):
            fault = N_("Two rows of the entry describe the same item.")
            faults.append(FieldError("name" if named else "title", fault, N_("Remove one.")))
        if item != there:
            told = {fault.field for fault in faults}
            found = catalogue.row_faults(item, set(), standard=self.standard_for(stated.entry), today=self.today)
            renamed = [replace(fault, field=fault.field.rsplit(".", 1)[-1]) for fault in found]
            faults += [fault for fault in renamed if fault.field not in told]
        place = stated.entry or stated.unit
        if item.grade != (there.grade if there else "") and place and not allows(self.actor, P.GRADE, place):
            faults.append(FieldError("grade", N_("You may not give grades."), N_("Leave the grade as it is.")))
        return item, faults
