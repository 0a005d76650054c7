"""The door of hosting."""

from __future__ import annotations

from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.models import Agreement, Change
from quanshu.supply.hosting.permissions import HostingPermission
from quanshu.supply.hosting.queries import read_row
from quanshu.supply.hosting.services import (
    accept_agreement,
    add_row,
    approve_change,
    draft_agreement,
    edit_row,
    propose_agreement,
    undo_change,
)
from quanshu.supply.hosting.types import AgreementData, AgreementState, ChangeState, HostingFigures, Work

__all__ = [
    "Agreement",
    "AgreementData",
    "AgreementState",
    "Change",
    "ChangeState",
    "HostingEvent",
    "HostingFigures",
    "HostingPermission",
    "Work",
    "accept_agreement",
    "add_row",
    "approve_change",
    "draft_agreement",
    "edit_row",
    "propose_agreement",
    "read_row",
    "undo_change",
]
