"""The door of the resident's portal."""

from __future__ import annotations

from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.models import Correction, Received
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.queries import correction_figures, list_corrections, records_of, uses_of
from quanshu.city.citizen.services import (
    accept_correction,
    confirm_corrected,
    file_correction,
    land_proposed,
    overturn_rejection,
    reject_correction,
)
from quanshu.city.citizen.types import (
    CorrectionData,
    CorrectionFigures,
    CorrectionState,
    HeldField,
    HeldRecord,
    Use,
)

__all__ = [
    "CitizenEvent",
    "CitizenPermission",
    "Correction",
    "CorrectionData",
    "CorrectionFigures",
    "CorrectionState",
    "HeldField",
    "HeldRecord",
    "Received",
    "Use",
    "accept_correction",
    "confirm_corrected",
    "correction_figures",
    "file_correction",
    "land_proposed",
    "list_corrections",
    "overturn_rejection",
    "records_of",
    "reject_correction",
    "uses_of",
]
