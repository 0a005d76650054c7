"""Writes of intake."""

from __future__ import annotations

from quanshu.supply.intake.services.correcting import (
    correct_row,
    dismiss_row,
    open_rows,
    refused_row,
    replay_run,
    take_corrections,
    values_of,
)
from quanshu.supply.intake.services.deciding import (
    discard_run,
    drift_of,
    newer_landed,
    propose_columns,
    release_run,
    resume_evolved,
)
from quanshu.supply.intake.services.delivering import (
    collect,
    collect_now,
    load_waiting,
    settle_delivery,
    watch_folders,
)
from quanshu.supply.intake.services.ending import fail_run, hold_run, land_run, settle_look
from quanshu.supply.intake.services.previewing import Preview, look_at_host_key, preview_source
from quanshu.supply.intake.services.pushing import grant_push, push_rights, revoke_push, take_pushes
from quanshu.supply.intake.services.queueing import dispatch
from quanshu.supply.intake.services.runs import (
    cancel_run,
    load_file,
    note_export,
    run_now,
    settle_orphans,
    start_run,
)
from quanshu.supply.intake.services.scheduling import pause_schedule, run_schedules, set_schedule
from quanshu.supply.intake.services.sealing import reseal_secrets
from quanshu.supply.intake.services.sources import change_source, confirm_host_key, create_source, switch_source

__all__ = [
    "Preview",
    "cancel_run",
    "change_source",
    "collect",
    "collect_now",
    "confirm_host_key",
    "correct_row",
    "create_source",
    "discard_run",
    "dismiss_row",
    "dispatch",
    "drift_of",
    "fail_run",
    "grant_push",
    "hold_run",
    "land_run",
    "load_file",
    "load_waiting",
    "look_at_host_key",
    "newer_landed",
    "note_export",
    "open_rows",
    "pause_schedule",
    "preview_source",
    "propose_columns",
    "push_rights",
    "refused_row",
    "release_run",
    "replay_run",
    "reseal_secrets",
    "resume_evolved",
    "revoke_push",
    "run_now",
    "run_schedules",
    "set_schedule",
    "settle_delivery",
    "settle_look",
    "settle_orphans",
    "start_run",
    "switch_source",
    "take_corrections",
    "take_pushes",
    "values_of",
    "watch_folders",
]
