"""What one may be allowed to do with services, applications, grants and exchanges."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from quanshu.shared.access.api import Scope


class ServicePermission(StrEnum):
    VIEW = "services.service.view"
    EDIT = "services.service.edit"
    PUBLISH = "services.service.publish"
    CONSUMER_VIEW = "services.consumer.view"
    CONSUMER_MANAGE = "services.consumer.manage"
    GRANT_VIEW = "services.grant.view"
    GRANT_CREATE = "services.grant.create"
    GRANT_REVOKE = "services.grant.revoke"
    EXCHANGE_VIEW = "services.exchange.view"


P = ServicePermission
ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {
    "admin": {P.VIEW: Scope.ALL, P.CONSUMER_VIEW: Scope.ALL, P.GRANT_VIEW: Scope.ALL, P.EXCHANGE_VIEW: Scope.ALL},
    "bureau": {
        P.VIEW: Scope.ALL,
        P.EDIT: Scope.ALL,
        P.PUBLISH: Scope.ALL,
        P.CONSUMER_VIEW: Scope.ALL,
        P.CONSUMER_MANAGE: Scope.ALL,
        P.GRANT_VIEW: Scope.ALL,
        P.GRANT_CREATE: Scope.ALL,
        P.GRANT_REVOKE: Scope.ALL,
        P.EXCHANGE_VIEW: Scope.ALL,
    },
    "steward": {
        P.VIEW: Scope.TREE,
        P.EDIT: Scope.TREE,
        P.CONSUMER_VIEW: Scope.TREE,
        P.GRANT_VIEW: Scope.TREE,
        P.GRANT_REVOKE: Scope.TREE,
        P.EXCHANGE_VIEW: Scope.TREE,
    },
    "developer": {
        P.VIEW: Scope.UNIT,
        P.CONSUMER_VIEW: Scope.UNIT,
        P.CONSUMER_MANAGE: Scope.UNIT,
        P.GRANT_VIEW: Scope.UNIT,
        P.EXCHANGE_VIEW: Scope.UNIT,
    },
    "chief": {P.VIEW: Scope.TREE, P.CONSUMER_VIEW: Scope.TREE, P.GRANT_VIEW: Scope.TREE, P.EXCHANGE_VIEW: Scope.TREE},
    "auditor": {P.VIEW: Scope.ALL, P.CONSUMER_VIEW: Scope.ALL, P.GRANT_VIEW: Scope.ALL, P.EXCHANGE_VIEW: Scope.ALL},
    "leader": {P.VIEW: Scope.ALL},
}
