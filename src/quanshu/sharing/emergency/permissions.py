"""What may be done in emergency, and who may by default."""

from __future__ import annotations

from collections.abc import Mapping

from quanshu.shared.access.api import Scope

ROLE_GRANTS: Mapping[str, Mapping[str, Scope]] = {}
