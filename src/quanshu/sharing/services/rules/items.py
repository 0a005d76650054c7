"""What an item's grade allows, whatever the shape of the service."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError
from quanshu.lake.masking import Mask
from quanshu.supply.catalogue.api import GRADE_ORDER, Grade, ItemData

MASK_FROM = GRADE_ORDER[Grade.GENERAL_3]
HIDE_FROM = GRADE_ORDER[Grade.GENERAL_4]


def default_mask(item: ItemData) -> str:
    """The mask a field leaves with, by its grade (GB/T 43697).

    general-1 and -2 leave as they are, general-3 under the item's mask, general-4 and important data under
    the item's mask or, where it has none, hidden in full.
    """
    rank = GRADE_ORDER.get(item.grade, HIDE_FROM)
    if rank < MASK_FROM:
        return str(Mask.NONE)
    if rank >= HIDE_FROM and item.mask in {"", Mask.NONE}:
        return str(Mask.FULL)
    return item.mask or str(Mask.NONE)


def missing(where: str, name: str) -> FieldError:
    """The fault of naming an item that the entry has not."""
    return FieldError(where, N_("The entry has no item %(item)s."), N_("Choose an item of the entry."), {"item": name})


def core_fault(where: str, item: ItemData) -> list[FieldError]:
    """Ungraded and core data leave by no service."""
    if not item.grade:
        text, remedy = N_("The item %(item)s is not graded."), N_("Grade it in the catalogue first.")
    elif item.grade == Grade.CORE:
        text, remedy = N_("The item %(item)s is core data and may not leave."), N_("Leave it out.")
    else:
        return []
    return [FieldError(where, text, remedy, {"item": item.name})]
