"""The door of the resident's portal."""

from __future__ import annotations

from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.models import Correction, Received
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.queries import (
    correction_figures,
    get_use,
    list_corrections,
    records_of,
    register_proofs,
    uses_of,
)
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
    ProofState,
    Use,
    UseKind,
    UseProof,
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
    "ProofState",
    "Received",
    "Use",
    "UseKind",
    "UseProof",
    "accept_correction",
    "confirm_corrected",
    "correction_figures",
    "file_correction",
    "get_use",
    "land_proposed",
    "list_corrections",
    "overturn_rejection",
    "records_of",
    "register_proofs",
    "reject_correction",
    "uses_of",
]
