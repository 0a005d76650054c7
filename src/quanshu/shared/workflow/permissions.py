"""Permissions over the working calendar."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class WorkflowPermission(StrEnum):
    CALENDAR_EDIT = "workflow.calendar.edit"


P = WorkflowPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {"admin": {P.CALENDAR_EDIT: Scope.ALL}}
