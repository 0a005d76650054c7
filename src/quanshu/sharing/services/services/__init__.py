"""Writes of data services."""

from __future__ import annotations

from quanshu.sharing.services.services.amending import extend_grant, shrink_grant
from quanshu.sharing.services.services.applications import create_consumer, rotate_key, stop_consumer
from quanshu.sharing.services.services.carrying import carry_receipts, oldest_uncarried
from quanshu.sharing.services.services.clearing import clear_journals
from quanshu.sharing.services.services.defining import (
    create_service,
    publish_service,
    revise_service,
    update_service,
    withdraw_not_allowed,
    withdraw_service,
)
from quanshu.sharing.services.services.granting import change_limits, create_grant, revoke_grant
from quanshu.sharing.services.services.keys import end_key, get_key, register_key, set_signing
from quanshu.sharing.services.services.mending import mend_snapshot, mend_table
from quanshu.sharing.services.services.probing import probe_service, probe_services
from quanshu.sharing.services.services.publishing import (
    ensure_gateway_keys,
    mark_dirty,
    prepare_gateway,
    publish_snapshot,
    register_part,
    seal_key,
)
from quanshu.sharing.services.services.serving import serve_entry
from quanshu.sharing.services.services.trying import try_part, try_service
from quanshu.sharing.services.services.versions import move_grant, set_version_end

__all__ = [
    "carry_receipts",
    "change_limits",
    "clear_journals",
    "create_consumer",
    "create_grant",
    "create_service",
    "end_key",
    "ensure_gateway_keys",
    "extend_grant",
    "get_key",
    "mark_dirty",
    "mend_snapshot",
    "mend_table",
    "move_grant",
    "oldest_uncarried",
    "prepare_gateway",
    "probe_service",
    "probe_services",
    "publish_service",
    "publish_snapshot",
    "register_key",
    "register_part",
    "revise_service",
    "revoke_grant",
    "rotate_key",
    "seal_key",
    "serve_entry",
    "set_signing",
    "set_version_end",
    "shrink_grant",
    "stop_consumer",
    "try_part",
    "try_service",
    "update_service",
    "withdraw_not_allowed",
    "withdraw_service",
]
