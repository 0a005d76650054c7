"""The unit's side: entries confirmed, data sets reported, questions answered, the filing submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from quanshu.shared.access.api import Actor, require
from quanshu.supply.census import queries, rules
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Filing, Finding
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.services.noting import locked, move, note
from quanshu.supply.census.types import Answered, FilingState, FindingData


def _open(filing: Filing, *, actor: Actor, now: datetime) -> Filing:
    """The filing, held, ready to be filled in; the first change starts it."""
    filing = locked(filing)
    require(actor, CensusPermission.FILL, filing)
    rules.check_fillable(filing.state, campaign_state=filing.campaign.state)
    if filing.state == FilingState.NOT_STARTED:
        move(filing, "start", now=now)
        note(CensusEvent.STARTED, filing, actor=actor, now=now)
    filing.updated_at = now
    filing.save(update_fields=["updated_at"])
    return filing


@transaction.atomic
def start_filing(*, actor: Actor, now: datetime, filing: Filing) -> Filing:
    """Begin to fill in. Raises Forbidden, `census.wrong_state`."""
    filing = locked(filing)
    require(actor, CensusPermission.FILL, filing)
    move(filing, "start", now=now)
    note(CensusEvent.STARTED, filing, actor=actor, now=now)
    return filing


@transaction.atomic
def confirm_entries(*, actor: Actor, now: datetime, filing: Filing, verdicts: Mapping[str, Answered]) -> Filing:
    """Say of entries ({entry uid: verdict and note}) whether they are still true, changed or obsolete.

    Raises Forbidden, `census.wrong_state`, FieldErrors.
    """
    filing = _open(filing, actor=actor, now=now)
    rows = {row.entry.uid: row for row in queries.confirmations_of(filing).filter(entry__uid__in=list(verdicts))}
    rules.check_verdicts(verdicts, names={uid: row.entry.resource_name for uid, row in rows.items()})
    for uid, answer in verdicts.items():
        row = rows[uid]
        row.verdict, row.note, row.answered_at = answer.verdict, answer.note.strip(), now
        row.save(update_fields=["verdict", "note", "answered_at"])
    note(CensusEvent.FILLED, filing, actor=actor, now=now, details={"confirmed": len(verdicts)})
    return filing


@transaction.atomic
def add_finding(*, actor: Actor, now: datetime, filing: Filing, data: FindingData) -> Finding:
    """Report a data set that is not catalogued. Raises Forbidden, `census.wrong_state`, FieldErrors."""
    filing = _open(filing, actor=actor, now=now)
    return _keep(Finding(filing=filing), data, actor=actor, now=now)


@transaction.atomic
def change_finding(*, actor: Actor, now: datetime, finding: Finding, data: FindingData) -> Finding:
    """Correct a reported data set. Raises Forbidden, `census.wrong_state`, FieldErrors."""
    finding.filing = _open(finding.filing, actor=actor, now=now)
    return _keep(finding, data, actor=actor, now=now)


def _keep(finding: Finding, data: FindingData, *, actor: Actor, now: datetime) -> Finding:
    rules.check_finding(data, classes=[code for code, _text in queries.class_choices()])
    for name, value in asdict(data).items():
        setattr(finding, name, value.strip() if isinstance(value, str) else value)
    finding.save()
    note(CensusEvent.FILLED, finding.filing, actor=actor, now=now, details={"finding": finding.uid})
    return finding


@transaction.atomic
def remove_finding(*, actor: Actor, now: datetime, finding: Finding) -> Filing:
    """Take a reported data set back. Raises Forbidden, `census.wrong_state`."""
    filing = _open(finding.filing, actor=actor, now=now)
    details = {"finding": finding.uid, "removed": True}
    finding.delete()
    note(CensusEvent.FILLED, filing, actor=actor, now=now, details=details)
    return filing


@transaction.atomic
def answer_questions(*, actor: Actor, now: datetime, filing: Filing, answers: Mapping[str, str]) -> Filing:
    """Answer the campaign's questions: {question number from "1": text}.

    Raises Forbidden, `census.wrong_state`, FieldErrors.
    """
    filing = _open(filing, actor=actor, now=now)
    rules.check_answers(filing.campaign.asks, answers)
    filing.answers = {number: text.strip() for number, text in answers.items()}
    filing.save(update_fields=["answers"])
    note(CensusEvent.FILLED, filing, actor=actor, now=now, details={"answers": len(answers)})
    return filing


@transaction.atomic
def submit_filing(*, actor: Actor, now: datetime, filing: Filing) -> Filing:
    """Hand a whole filing to the unit's chief data representative.

    Raises Forbidden, `census.wrong_state`, `census.not_complete`.
    """
    filing = locked(filing)
    require(actor, CensusPermission.FILL, filing)
    entries, questions = queries.what_is_left(filing)
    rules.check_submit(
        state=filing.state, campaign_state=filing.campaign.state, entries_left=entries, questions_left=questions
    )
    if filing.state == FilingState.NOT_STARTED:
        move(filing, "start", now=now)
    filing.submitted_at, filing.submitted_by, filing.note = now, actor.name, ""
    move(filing, "submit", now=now)
    note(CensusEvent.SUBMITTED, filing, actor=actor, now=now)
    return filing
