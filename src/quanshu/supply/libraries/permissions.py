"""What may be done in libraries, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class LibraryPermission(StrEnum):
    VIEW = "libraries.library.view"
    EDIT = "libraries.library.edit"
    WRITE = "libraries.model.edit"
    PUBLISH = "libraries.model.publish"
    BUILD = "libraries.build.start"
    ROLL_BACK = "libraries.build.swap"


P = LibraryPermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": dict.fromkeys(LibraryPermission, Scope.ALL),
    "steward": {P.VIEW: Scope.ALL, P.WRITE: Scope.TREE, P.BUILD: Scope.TREE},
    "chief": {P.VIEW: Scope.ALL},
    "developer": {P.VIEW: Scope.ALL},
    "auditor": {P.VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
