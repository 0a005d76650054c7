"""Writes of registration."""

from __future__ import annotations

from quanshu.supply.registration.services.applying import (
    accept_transfer,
    apply_first,
    apply_further,
    change_application,
    decline_transfer,
    submit_application,
    withdraw_application,
)
from quanshu.supply.registration.services.materials import (
    attach_material,
    judge_materials,
    read_material,
    remove_material,
)
from quanshu.supply.registration.services.objecting import decide_objection, file_objection
from quanshu.supply.registration.services.reviewing import (
    conclude_application,
    pass_application,
    publish_application,
    refuse_application,
    return_application,
)

__all__ = [
    "accept_transfer",
    "apply_first",
    "apply_further",
    "attach_material",
    "change_application",
    "conclude_application",
    "decide_objection",
    "decline_transfer",
    "file_objection",
    "judge_materials",
    "pass_application",
    "publish_application",
    "read_material",
    "refuse_application",
    "remove_material",
    "return_application",
    "submit_application",
    "withdraw_application",
]
