"""Notices of this room: kept as text, so written in the platform's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notify
from quanshu.supply.quality.events import QualityEvent
from quanshu.supply.quality.models import Problem
from quanshu.supply.quality.queries.improving import follow, receivers_of
from quanshu.supply.quality.services.noting import note
from quanshu.supply.quality.types import Receiver

# Of so many problems closed by one check, receivers are looked for one by one.
MOST_CLOSED = 500
CORRECTED = N_("%(table)s: a value you received was wrong and has been corrected")
BODY = N_("Call again for the record of receipt %(receipt)s (%(application)s, case %(case)s); field: %(field)s.")


def tell(
    people: Sequence[str], subject: str, params: Mapping[str, object], *, body: str, url: str, now: datetime
) -> int:
    """Write a notice; `subject` is a message with `params`. Returns how many were written."""
    if not people:
        return 0
    with override(settings.LANGUAGE_CODE):
        return notify(recipients=people, subject=gettext(subject) % params, body=body, url=url, now=now)


def tell_corrected(problems: Iterable[Problem], *, now: datetime) -> int:
    """Tell whoever follows a problem, and every unit that received the wrong value; returns notices to receivers."""
    told = 0
    rows = problems if isinstance(problems, list) else list(problems[:MOST_CLOSED])  # type: ignore[index]
    for problem in rows:
        follow(problem, "corrected", "", now=now)
        told += tell_receivers(problem, now=now)
    return told


def tell_receivers(problem: Problem, *, now: datetime) -> int:
    """One notice to each receiving unit's stewards and developers, and the event for the rooms above."""
    found = receivers_of(problem)
    if not found:
        return 0
    told = 0
    units: dict[str, Receiver] = {}
    for receiver in found:
        units.setdefault(receiver.unit_uid, receiver)
    for receiver in units.values():
        people = [*holders(receiver.unit_path, "developer"), *holders(receiver.unit_path, "steward")]
        with override(settings.LANGUAGE_CODE):
            body = gettext(BODY) % {
                "receipt": receiver.receipt_id,
                "application": receiver.application,
                "case": receiver.case_number or "—",
                "field": ", ".join(problem.columns),
            }
        table = {"table": problem.entry.resource_name}
        told += tell(people, CORRECTED, table, body=body, url=f"/services/calls/{receiver.receipt_id}/", now=now)
    note(
        QualityEvent.CORRECTED_FOR_RECEIVERS,
        uid=problem.uid,
        entry=problem.entry,
        actor=SYSTEM,
        now=now,
        label=problem.title,
        details={"units": sorted(units), "calls": len(found)},
    )
    return told
