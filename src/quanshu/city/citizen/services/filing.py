"""A subject reports an error on a field, takes the report back, or asks the bureau to look at a rejection."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.city.citizen import queries, rules
from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.models import Correction, Evidence
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.queries.corrections import is_waiting
from quanshu.city.citizen.queries.finding import item_of
from quanshu.city.citizen.services.noting import locked, move, note, start_clock, tell, wait_for
from quanshu.city.citizen.types import CorrectionData
from quanshu.lake.checks.rows import value_of
from quanshu.organisation.api import holders
from quanshu.shared.access.api import Actor, require
from quanshu.shared.files.api import Chunked
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject, keep_evidence, own_subject
from quanshu.supply.catalogue.api import Entry, key_columns
from quanshu.supply.lake_store import get_lake
from quanshu.supply.quality.api import report_problem_row

FILED = N_("%(table)s: a resident reports a wrong value")
File = tuple[str, Chunked]


@transaction.atomic
def file_correction(
    *, actor: Actor, subject: Subject, data: CorrectionData, files: Sequence[File], now: datetime
) -> Correction:
    """Report an error on a field of a record about a subject, with what it should be, why, and proofs.

    It goes to the unit whose table the value comes from, also for a value seen in a library, and joins the open
    problem on that row and field if there is one. The unit has two working days. Raises Forbidden,
    `subjects.not_mandated`, `citizen.record_not_found`, FieldErrors.
    """
    require(actor, CitizenPermission.FILE)
    acting_subject(actor, uid=subject.uid, now=now, what=MandateScope.CORRECT)
    record = queries.get_record(subject, entry_uid=data.entry_uid, record_uid=data.record_uid)
    field = record.field(data.column)
    origin = field.origin if field else None
    if origin is None:
        rules.check_correction(data, item=None, held=None, files=len(files), waiting=False)
        raise AssertionError  # pragma: no cover - a field without an origin is refused above
    entry = Entry.objects.select_related("unit").prefetch_related("items").get(uid=origin.entry_uid)
    keys, key = key_columns(entry), dict(origin.key)
    _there, held = value_of(
        get_lake(), entry.lake_table, keys=keys, key=tuple(key[name] for name in keys), column=origin.column
    )
    waiting = is_waiting(subject, entry, origin.column, key)
    item = item_of(entry, origin.column)
    rules.check_correction(data, item=item, held=held, files=len(files), waiting=waiting)
    correction = Correction(
        subject=subject, filed_by=own_subject(actor), entry=entry, unit=entry.unit, column=origin.column, filed_at=now
    )
    proposed = data.proposed.strip() or None
    correction.keep(key=key, value=held, proposed=proposed, reason=data.reason.strip(), after=None, review="")
    correction.problem = report_problem_row(entry, key=key, column=origin.column, now=now)
    start_clock(correction, rules.UNIT_CLOCK, now=now)
    correction.save()
    for name, stream in files:
        kept = keep_evidence(actor=actor, name=name, stream=stream, now=now)
        Evidence.objects.create(correction=correction, digest=kept.digest, name=kept.name, added_at=now)
    wait_for(correction, now=now)
    details = {"problem": correction.problem.uid, "proofs": len(files), "for_another": subject.uid != actor.uid}
    note(CitizenEvent.FILED, correction, actor=actor, now=now, details=details)
    tell(holders(entry.unit.path, "steward"), FILED, correction, url=correction.get_absolute_url(), now=now)
    return correction


@transaction.atomic
def withdraw_correction(*, actor: Actor, correction: Correction, now: datetime) -> Correction:
    """Take a report back; the unit's own problem stays with it. Raises Forbidden, `citizen.correction_wrong_state`."""
    require(actor, CitizenPermission.FILE)
    acting_subject(actor, uid=correction.subject.uid, now=now, what=MandateScope.CORRECT)
    return move(locked(correction), "withdraw", actor=actor, now=now)


@transaction.atomic
def ask_review(*, actor: Actor, correction: Correction, reason: str, now: datetime) -> Correction:
    """Ask the bureau to look at a rejection; it has two working days.

    Raises Forbidden, FieldErrors, `citizen.correction_wrong_state`.
    """
    require(actor, CitizenPermission.FILE)
    acting_subject(actor, uid=correction.subject.uid, now=now, what=MandateScope.CORRECT)
    correction = locked(correction)
    rules.check_step(correction.state, "ask_review")
    correction.keep(review=rules.check_answer(reason))
    return move(correction, "ask_review", actor=actor, now=now)
