"""Keys have no rights of their own: whoever manages an application manages its keys."""

from __future__ import annotations

from collections.abc import Mapping

from quanshu.shared.access.api import Scope

ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {}
