"""Permissions over background work."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class JobPermission(StrEnum):
    VIEW = "jobs.job.view"
    RETRY = "jobs.job.retry"


P = JobPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.RETRY: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.RETRY: Scope.ALL},
}
