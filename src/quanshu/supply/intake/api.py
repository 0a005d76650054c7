"""The door of intake."""

from __future__ import annotations

from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Run, Source
from quanshu.supply.intake.permissions import IntakePermission
from quanshu.supply.intake.queries import (
    get_run,
    get_source,
    intake_figures,
    list_runs,
    list_sources,
    refused_rows,
)
from quanshu.supply.intake.services import (
    cancel_run,
    change_source,
    create_source,
    grant_push,
    load_file,
    push_rights,
    run_now,
    set_schedule,
    start_run,
    switch_source,
)
from quanshu.supply.intake.services.hosted import land_hosted
from quanshu.supply.intake.services.mending import land_correction
from quanshu.supply.intake.types import IntakeFigures, LoadMode, RunState, SourceData, SourceKind
from quanshu.supply.loads.prelanding import RefusedRow, WaitingRows, register_pre_landing_check

__all__ = [
    "IntakeEvent",
    "IntakeFigures",
    "IntakePermission",
    "LoadMode",
    "RefusedRow",
    "Run",
    "RunState",
    "Source",
    "SourceData",
    "SourceKind",
    "WaitingRows",
    "cancel_run",
    "change_source",
    "create_source",
    "get_run",
    "get_source",
    "grant_push",
    "intake_figures",
    "land_correction",
    "land_hosted",
    "list_runs",
    "list_sources",
    "load_file",
    "push_rights",
    "refused_rows",
    "register_pre_landing_check",
    "run_now",
    "set_schedule",
    "start_run",
    "switch_source",
]
