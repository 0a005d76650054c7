"""Reads of corrections."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from quanshu.city.citizen import rules
from quanshu.city.citizen.models import Correction, Received
from quanshu.city.citizen.types import CorrectionFigures, CorrectionNotFound, CorrectionState
from quanshu.shared.access.api import Actor, find_seen
from quanshu.sharing.consent.api import delayed_receipts
from quanshu.sharing.subjects.api import MandateScope, Subject, subjects_for
from quanshu.supply.catalogue.api import Entry
from quanshu.supply.quality.api import Problem

RELATED = ("entry__unit", "unit", "subject", "filed_by", "problem")


def list_corrections(actor: Actor) -> QuerySet[Correction]:
    """Corrections on data of the actor's units."""
    return Correction.objects.visible_to(actor).select_related(*RELATED)


def get_correction(*, actor: Actor, uid: str) -> Correction:
    """One of them. Raises `citizen.correction_not_found`."""
    return find_seen(list_corrections(actor), uid, CorrectionNotFound(correction=uid))


def my_corrections(subject: Subject) -> QuerySet[Correction]:
    """Corrections of a subject's data, whoever filed them."""
    return Correction.objects.filter(subject=subject).select_related(*RELATED)


def get_my_correction(*, actor: Actor, uid: str, now: datetime) -> Correction:
    """A correction of the actor's own data, or of one for whom it may see or correct data.

    Raises `citizen.correction_not_found`.
    """
    view, correct = (subjects_for(actor, now=now, what=what) for what in (MandateScope.VIEW, MandateScope.CORRECT))
    subjects = view | correct
    rows = Correction.objects.filter(subject__in=subjects).select_related(*RELATED)
    return find_seen(rows, uid, CorrectionNotFound(correction=uid))


def waiting_for(problem: Problem) -> QuerySet[Correction]:
    """Corrections that wait for a problem to end."""
    return Correction.objects.filter(problem=problem, state__in=rules.OPEN_STATES).select_related(*RELATED)


def is_waiting(subject: Subject, entry: Entry, column: str, problem_keys: dict[str, str | None]) -> bool:
    """Whether an error on this field has been reported and is not decided yet."""
    moving = [CorrectionState.FILED, CorrectionState.ACCEPTED, CorrectionState.REVIEW]
    rows = Correction.objects.filter(subject=subject, entry=entry, column=column, state__in=moving)
    return any(row.content["key"] == problem_keys for row in rows)


def received_shown(correction: Correction, *, now: datetime) -> list[Received]:
    """Receivers of a wrong value as its subject is told of them: not where an order delays it."""
    rows = list(correction.received.all()[:200])
    hidden = delayed_receipts([row.receipt_id for row in rows], now=now)
    return [row for row in rows if row.receipt_id not in hidden]


def list_received(actor: Actor) -> QuerySet[Received]:
    """Values that the actor's unit received and that have been corrected since."""
    return Received.objects.visible_to(actor).select_related("correction__entry")


def correction_figures(actor: Actor, *, today: date) -> list[CorrectionFigures]:
    """Corrections by unit, and over all in the last row; each unit's own decision counts, not the bureau's."""
    rows = Correction.objects.visible_to(actor).exclude(state=CorrectionState.WITHDRAWN).order_by()
    waiting = Q(state__in=rules.OPEN_STATES)
    sums = {
        "total": Count("pk"),
        "waiting": Count("pk", filter=waiting),
        "overdue": Count("pk", filter=waiting & Q(due_on__lt=today)),
        "decided": Count("pk", filter=Q(decided_at__isnull=False)),
        "on_time": Count("pk", filter=Q(on_time=True)),
        "corrected": Count("pk", filter=Q(state=CorrectionState.CORRECTED)),
    }
    names = tuple(sums)
    found = [
        CorrectionFigures(name, *counts)
        for name, *counts in rows.values_list("unit__name").annotate(**sums).values_list("unit__name", *names)
    ]
    whole = rows.aggregate(**sums)
    found.sort(key=lambda row: row.unit)
    return [*found, CorrectionFigures("", *(whole[name] for name in names))]
