"""What may be done in delivery, and who may by default, at the receiver's unit."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class DeliveryPermission(StrEnum):
    VIEW = "delivery.delivery.view"
    MANAGE = "delivery.delivery.manage"
    RUN = "delivery.delivery.run"
    DOWNLOAD = "delivery.file.download"


P = DeliveryPermission
# Files are for the receiver alone: the bureau sets deliveries up and sees their receipts, and takes no data away.
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL},
    "bureau": {P.VIEW: Scope.ALL, P.MANAGE: Scope.ALL, P.RUN: Scope.ALL},
    "steward": {P.VIEW: Scope.TREE, P.MANAGE: Scope.TREE, P.RUN: Scope.TREE, P.DOWNLOAD: Scope.TREE},
    "developer": {P.VIEW: Scope.UNIT, P.MANAGE: Scope.UNIT, P.RUN: Scope.UNIT, P.DOWNLOAD: Scope.UNIT},
    "chief": {P.VIEW: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL},
}
