"""Rules that the catalogue's items speak for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from quanshu.lake.checks import CheckKind
from quanshu.supply.catalogue.api import ItemData
from quanshu.supply.quality.types import RuleData

PHONE_PATTERN = r"1[3-9]\d{9}"


def suggestions(items: Sequence[ItemData]) -> tuple[RuleData, ...]:
    """Rules that follow from the items themselves: keys, required values, code lists, identifiers, phones."""
    found: list[RuleData] = []
    keys = tuple(item.name for item in items if item.is_key)
    if keys:
        found.append(RuleData(_("Key is not repeated"), CheckKind.UNIQUE, keys))
    for item in items:
        found.extend(suggestions_for(item))
    return tuple(found)


def suggestions_for(item: ItemData) -> list[RuleData]:
    """Rules that follow from one item; named in the language of whoever takes them up."""
    found = []
    name = {"title": item.title}
    column = (item.name,)
    if item.required or item.is_key:
        found.append(RuleData(_("%(title)s: filled in") % name, CheckKind.REQUIRED, column))
    if item.code_list:
        found.append(
            RuleData(
                _("%(title)s: in the code list") % name,
                CheckKind.CODE_LIST,
                column,
                {"codes": list(item.code_list)},
            )
        )
    if item.mask == "citizen_id":
        found.append(RuleData(_("%(title)s: valid citizen ID") % name, CheckKind.CITIZEN_ID, column))
    elif item.mask == "phone":
        found.append(
            RuleData(_("%(title)s: valid mobile number") % name, CheckKind.PATTERN, column, {"pattern": PHONE_PATTERN})
        )
    elif "uscc" in item.name:
        found.append(RuleData(_("%(title)s: valid social credit code") % name, CheckKind.USCC, column))
    if item.data_type == "date":
        found.append(RuleData(_("%(title)s: not in the future") % name, CheckKind.RANGE, column, {"max": "today"}))
    return found
