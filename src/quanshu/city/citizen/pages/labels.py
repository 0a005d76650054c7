"""Words of this room's pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.queries.finding import item_of
from quanshu.city.citizen.types import CorrectionState as S
from quanshu.city.citizen.types import UseKind
from quanshu.lake.masking import Mask, mask_value
from quanshu.supply.catalogue.api import in_language

STATES: Mapping[str, Any] = {
    S.FILED: _("With the unit"),
    S.ACCEPTED: _("Being corrected"),
    S.CORRECTED: _("Corrected"),
    S.REJECTED: _("Rejected"),
    S.REVIEW: _("With the bureau"),
    S.UPHELD: _("Stands as it is"),
    S.WITHDRAWN: _("Taken back"),
}
TONES: Mapping[str, str] = {
    S.FILED: "orange",
    S.ACCEPTED: "blue",
    S.CORRECTED: "green",
    S.REJECTED: "red",
    S.REVIEW: "orange",
    S.UPHELD: "secondary",
    S.WITHDRAWN: "secondary",
}

USES: Mapping[str, Any] = {
    UseKind.CALL: _("Call"),
    UseKind.SCAN: _("Scan of your code"),
    UseKind.PRESENTATION: _("Certificate shown"),
}


def field_title(correction: Correction) -> str:
    """The field's title in the reader's language."""
    item = item_of(correction.entry, correction.column)
    return in_language(item.title, item.title_en) if item else correction.column


def masked(correction: Correction, column: str, value: str | None) -> str:
    """A value under its item's mask, as officers see it."""
    item = item_of(correction.entry, column)
    if value is None or item is None:
        return "" if value is None else str(mask_value(Mask.FULL, value))
    mask = Mask(item.mask or Mask.NONE)
    return value if mask == Mask.NONE else str(mask_value(mask, value))
