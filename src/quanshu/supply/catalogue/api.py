"""The door of the catalogue."""

from __future__ import annotations

from quanshu.supply.catalogue.events import CatalogueEvent
from quanshu.supply.catalogue.models import Classification, Entry, EntryVersion, Item, in_language
from quanshu.supply.catalogue.pages.buttons import Spot, register_buttons
from quanshu.supply.catalogue.pages.found import demand_link, marked_title
from quanshu.supply.catalogue.pages.labels import fault_line
from quanshu.supply.catalogue.pages.versions import field_row, item_row
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.queries import (
    FACETS,
    STRUCTURED,
    catalogue_figures,
    classification_codes,
    contract_of,
    data_of,
    face_of,
    faces_of,
    find_entry_by_code,
    get_entry,
    highest_grade,
    item_titles,
    items_of,
    key_columns,
    lake_table_of,
    list_entries,
    snapshot_of,
    standard_of_entry,
    units_to_edit,
)
from quanshu.supply.catalogue.rest.bodies import Facets, entry_row
from quanshu.supply.catalogue.rules import entry_faults, row_faults
from quanshu.supply.catalogue.rules.comparing import compare_versions
from quanshu.supply.catalogue.search.finding import search as search_entries
from quanshu.supply.catalogue.search.listing import SeenRows, narrowed_entries
from quanshu.supply.catalogue.search.tokens import title_key
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
    set_exempt,
    set_items,
    submit_entry,
    update_entry,
    withdraw_entry,
)
from quanshu.supply.catalogue.services.hooks import register_hook
from quanshu.supply.catalogue.services.migrating import fault_row
from quanshu.supply.catalogue.types import (
    GRADE_ORDER,
    EntryData,
    EntryNotFound,
    EntryState,
    Figures,
    Grade,
    ItemData,
    OpenType,
    ShareType,
    UpdateCycle,
    VersionNotFound,
)

__all__ = [
    "FACETS",
    "GRADE_ORDER",
    "STRUCTURED",
    "CatalogueEvent",
    "CataloguePermission",
    "Classification",
    "Entry",
    "EntryData",
    "EntryNotFound",
    "EntryState",
    "EntryVersion",
    "Facets",
    "Figures",
    "Found",
    "Grade",
    "Hit",
    "Item",
    "ItemData",
    "OpenType",
    "SeenRows",
    "ShareType",
    "Spot",
    "UpdateCycle",
    "VersionNotFound",
    "adopt_standard",
    "assess_standard",
    "catalogue_figures",
    "classification_codes",
    "compare_versions",
    "contract_of",
    "create_entry",
    "data_of",
    "demand_link",
    "entry_faults",
    "entry_row",
    "face_of",
    "faces_of",
    "fault_line",
    "fault_row",
    "field_row",
    "find_entry_by_code",
    "get_entry",
    "grade_items",
    "highest_grade",
    "in_language",
    "item_row",
    "item_titles",
    "items_of",
    "key_columns",
    "lake_table_of",
    "list_entries",
    "marked_title",
    "narrowed_entries",
    "point_entry_at",
    "publish_entry",
    "register_buttons",
    "register_hook",
    "return_entry",
    "revise_entry",
    "row_faults",
    "search_entries",
    "set_exempt",
    "set_items",
    "snapshot_of",
    "standard_of_entry",
    "submit_entry",
    "title_key",
    "units_to_edit",
    "update_entry",
    "withdraw_entry",
]
