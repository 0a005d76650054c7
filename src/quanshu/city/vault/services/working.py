"""Issuing in the background: batches of an issuer, and a holder's certificates gathered from all issuers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from quanshu.city.vault import rules
from quanshu.city.vault.events import VaultEvent
from quanshu.city.vault.models import Issuer, Work
from quanshu.city.vault.permissions import VaultPermission
from quanshu.city.vault.services.issuing import holder_of, put
from quanshu.city.vault.services.noting import note
from quanshu.city.vault.services.records import records_of
from quanshu.city.vault.types import NoIssuer, NoRecord, WorkState
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.jobs.api import enqueue
from quanshu.shared.keys import open_text, seal_text
from quanshu.sharing.subjects.api import MandateScope, Subject, acting_subject, number_of

WORK_JOB = "vault.work"
FAMILY = "vault-work"
CHUNK = 25


@transaction.atomic
def start_batch(*, actor: Actor, now: datetime, issuer: Issuer, numbers: str) -> Work:
    """Issue to the holders of numbers, one a line, from the issuer's records, in the background.

    Raises Forbidden, FieldErrors, `vault.no_issuer`.
    """
    require(actor, VaultPermission.ISSUE, issuer)
    if not issuer.active:
        raise NoIssuer
    listed = rules.check_numbers(rules.get_type(issuer.type_code), numbers)
    work = Work(issuer=issuer, total=len(listed), started_at=now, started_by=actor.name)
    work.numbers = seal_text(FAMILY, json.dumps(listed), work.uid)
    return _start(work, actor, now, {"type": issuer.type_code, "numbers": len(listed)})


@transaction.atomic
def gather(*, actor: Actor, now: datetime, subject: Subject) -> Work:
    """Ask every issuer's records for a subject's number and issue what they hold, in the background.

    One gathering of a subject runs at a time; another call is answered by it. Raises Forbidden,
    `subjects.not_mandated`.
    """
    require(actor, VaultPermission.HOLD)
    subject = acting_subject(actor, uid=subject.uid, now=now, what=MandateScope.CERTIFICATES)
    running = Work.objects.filter(subject=subject, state=WorkState.RUNNING).first()
    if running is not None:
        return running
    work = Work(subject=subject, total=len(issuers_for(subject)), started_at=now, started_by=actor.name)
    return _start(work, actor, now, {"subject": subject.uid})


def _start(work: Work, actor: Actor, now: datetime, details: dict[str, object]) -> Work:
    work.save()
    note(VaultEvent.WORK_STARTED, work, kind="vault.work", actor=actor, now=now, details=details)
    enqueue(WORK_JOB, {"uid": work.uid}, now=now, key=f"{WORK_JOB}:{work.uid}")
    return work


def issuers_for(subject: Subject) -> list[Issuer]:
    """Who issues types for holders of this kind, in a fixed order."""
    rows = Issuer.objects.filter(active=True, entry__isnull=False).select_related("unit", "entry").order_by("pk")
    known = rules.certificate_types()
    return [row for row in rows if row.type_code in known and known[row.type_code].subject == subject.kind]


def work_some(uid: str, *, now: datetime, most: int = CHUNK) -> bool:
    """Do the next chunk of a work; False when it is done.

    A chunk and the place it came to are one transaction: a killed worker repeats nothing and leaves nothing out.
    """
    with transaction.atomic():
        rows = Work.objects.select_for_update(of=("self",)).select_related("issuer__unit", "issuer__entry", "subject")
        work = rows.get(uid=uid)
        if work.state == WorkState.DONE:
            return False
        done = _ask_next(work, work.subject, now) if work.subject is not None else _issue_next(work, now, most)
        work.reached += done
        if not done or work.reached >= work.total:
            work.state, work.finished_at, work.numbers = WorkState.DONE, now, ""
        work.save()
        return work.state != WorkState.DONE


def _ask_next(work: Work, subject: Subject, now: datetime) -> int:
    issuers = issuers_for(subject)[work.reached : work.reached + 1]
    for issuer in issuers:
        _put_all(work, issuer, [number_of(subject)], now)
    return len(issuers)


def _issue_next(work: Work, now: datetime, most: int) -> int:
    numbers: list[str] = json.loads(open_text(FAMILY, work.numbers, work.uid))
    chunk = numbers[work.reached : work.reached + most]
    if chunk and work.issuer is not None:
        _put_all(work, work.issuer, chunk, now)
    return len(chunk)


def _put_all(work: Work, issuer: Issuer, numbers: Iterable[str], now: datetime) -> None:
    """Issue what the issuer's records hold for the numbers; a refusal is counted by its code."""
    kind, today = rules.get_type(issuer.type_code), now.astimezone(CITY_TZ).date()
    try:
        found = records_of(issuer, list(numbers))
    except QuanshuError as fault:
        _count(work, fault)
        return
    for number, records in found.items():
        if not records and work.issuer is not None:
            _count(work, NoRecord())
        for record in records:
            try:
                with transaction.atomic():
                    claims = rules.claims_of_record(kind, record, today=today)
                    subject = work.subject or holder_of(kind, number, claims, now=now)
                    rules.check_holder(kind, claims, number)
                    new = put(issuer, subject, claims, actor=SYSTEM, now=now)[1]
            except QuanshuError as fault:
                _count(work, fault)
                continue
            work.issued += new
            work.unchanged += not new


def _count(work: Work, fault: QuanshuError) -> None:
    work.faults[fault.code] = work.faults.get(fault.code, 0) + 1
