"""The door of the catalogue standard."""

from __future__ import annotations

from quanshu.supply.standards.events import StandardsEvent
from quanshu.supply.standards.models import Version
from quanshu.supply.standards.permissions import StandardsPermission
from quanshu.supply.standards.queries import (
    content_of,
    first_standard,
    get_version,
    standard_in_force,
    standard_of,
    version_in_force,
)
from quanshu.supply.standards.rules import fits_code, is_current, serial_width, value_faults
from quanshu.supply.standards.services import change_standard, decide_version, draft_version
from quanshu.supply.standards.types import (
    GIVEN,
    CodeList,
    CodeValue,
    Kind,
    Level,
    Need,
    Standard,
    StandardField,
    VersionNotFound,
    VersionState,
)

__all__ = [
    "GIVEN",
    "CodeList",
    "CodeValue",
    "Kind",
    "Level",
    "Need",
    "Standard",
    "StandardField",
    "StandardsEvent",
    "StandardsPermission",
    "Version",
    "VersionNotFound",
    "VersionState",
    "change_standard",
    "content_of",
    "decide_version",
    "draft_version",
    "first_standard",
    "fits_code",
    "get_version",
    "is_current",
    "serial_width",
    "standard_in_force",
    "standard_of",
    "value_faults",
    "version_in_force",
]
