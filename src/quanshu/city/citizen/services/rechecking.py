"""After each landing: corrections whose value is another one now close, those whose wrong value is back open again."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from quanshu.city.citizen import rules
from quanshu.city.citizen.models import Correction
from quanshu.city.citizen.services.handling import close_corrected, held_now
from quanshu.city.citizen.services.noting import locked, move
from quanshu.city.citizen.types import CorrectionState, NotChanged
from quanshu.shared.access.api import SYSTEM
from quanshu.supply.quality.api import StillFailing, report_problem_row

# So long a corrected value is watched: a source that was not put right brings the wrong one back with its next load.
WATCHED = timedelta(days=60)


@transaction.atomic
def recheck_table(entry_uid: str, now: datetime) -> tuple[int, int]:
    """(closed, opened again) of a table's corrections, by what it holds now."""
    rows = Correction.objects.filter(entry__uid=entry_uid)
    closed = opened = 0
    for found in list(rows.filter(state__in=rules.OPEN_STATES)):
        correction = locked(found)
        if correction.state not in rules.OPEN_STATES:
            continue
        try:
            with transaction.atomic():
                close_corrected(correction, actor=SYSTEM, now=now)
                closed += 1
        except (NotChanged, StillFailing):
            continue
    for found in list(rows.filter(state=CorrectionState.CORRECTED, closed_at__gte=now - WATCHED)):
        there, value = held_now(found)
        if there and value == found.content["value"]:
            correction = locked(found)
            key = correction.content["key"]
            correction.problem = report_problem_row(correction.entry, key=key, column=correction.column, now=now)
            move(correction, "reopen", actor=SYSTEM, now=now)
            opened += 1
    return closed, opened
