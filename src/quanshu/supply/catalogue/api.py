"""The door of the catalogue."""

from __future__ import annotations

from quanshu.supply.catalogue.events import CatalogueEvent
from quanshu.supply.catalogue.landing.reads import list_exceptions
from quanshu.supply.catalogue.landing.writes import decide_exception
from quanshu.supply.catalogue.models import Classification, Entry, EntryVersion, Item
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.queries import (
    catalogue_figures,
    contract_of,
    find_entry_by_code,
    get_entry,
    highest_grade,
    items_of,
    key_columns,
    lake_table_of,
    list_entries,
)
from quanshu.supply.catalogue.search.finding import search as search_entries
from quanshu.supply.catalogue.search.stages import Answer, Asked, Owner, Stage, register_stage
from quanshu.supply.catalogue.search.types import Found, Hit
from quanshu.supply.catalogue.services import (
    adopt_standard,
    assess_standard,
    create_entry,
    grade_items,
    point_entry_at,
    publish_entry,
    return_entry,
    revise_entry,
    set_items,
    submit_entry,
    update_entry,
    withdraw_entry,
)
from quanshu.supply.catalogue.types import (
    GRADE_ORDER,
    EntryData,
    EntryNotFound,
    EntryState,
    Figures,
    Grade,
    ItemData,
    ShareType,
    UpdateCycle,
)

__all__ = [
    "GRADE_ORDER",
    "Answer",
    "Asked",
    "CatalogueEvent",
    "CataloguePermission",
    "Classification",
    "Entry",
    "EntryData",
    "EntryNotFound",
    "EntryState",
    "EntryVersion",
    "Figures",
    "Found",
    "Grade",
    "Hit",
    "Item",
    "ItemData",
    "Owner",
    "ShareType",
    "Stage",
    "UpdateCycle",
    "adopt_standard",
    "assess_standard",
    "catalogue_figures",
    "contract_of",
    "create_entry",
    "decide_exception",
    "find_entry_by_code",
    "get_entry",
    "grade_items",
    "highest_grade",
    "items_of",
    "key_columns",
    "lake_table_of",
    "list_entries",
    "list_exceptions",
    "point_entry_at",
    "publish_entry",
    "register_stage",
    "return_entry",
    "revise_entry",
    "search_entries",
    "set_items",
    "submit_entry",
    "update_entry",
    "withdraw_entry",
]
