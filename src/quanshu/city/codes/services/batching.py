"""Many codes at once, as a hub sends them behind which many gates stand: one transaction, an answer for each.

A hub scans pictures; digits are typed one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from quanshu.city.codes.models import Scan, Verifier
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import publics
from quanshu.city.codes.services.noting import note_scans
from quanshu.city.codes.services.scanning import (
    Scanned,
    Taking,
    check_clock,
    check_taking,
    facts_of,
    people_of,
    refused,
    tell_rest,
    told_of_account,
)
from quanshu.city.codes.types import REFUSALS, ReplayedCode
from quanshu.kernel.codes import Code, VerifyingKey, read_code
from quanshu.kernel.errors import QuanshuError
from quanshu.shared.access.api import Actor, require

MOST_AT_ONCE = 100
Outcome = Scanned | QuanshuError


def scan_codes(
    *, actor: Actor, now: datetime, verifier: Verifier, texts: Sequence[str], device_time: datetime | None = None
) -> list[Outcome]:
    """Take up to `MOST_AT_ONCE` codes for a verifier's scene: for each what was told, or its refusal.

    Every code is checked, taken once, recorded and told to its subject as by `scan_code`. Raises Forbidden, ClockSkewed
    for a device whose clock is off.
    """
    require(actor, CodePermission.SCAN, verifier)
    if device_time is not None:
        check_clock(device_time, now)
    found = take_all(texts[:MOST_AT_ONCE], Taking(verifier, now, now), actor=actor)
    return [tell_rest(row, actor, now) if isinstance(row, Scanned) else row for row in found]


@transaction.atomic
def take_all(texts: Sequence[str], taking: Taking, *, actor: Actor) -> list[Outcome]:
    """Check and take codes in their order. Of a code that stands there twice the first is taken."""
    taking, now = taking.renewed(), taking.received_at
    codes = list(read_all_codes(texts, now))
    people = people_of(code for code in codes if isinstance(code, Code))
    outcomes: list[Outcome] = []
    for code in codes:
        try:
            if isinstance(code, QuanshuError):
                raise code
            outcomes.append(told_of_account(check_taking(code, taking, people), taking, actor))
        except REFUSALS as fault:
            outcomes.append(fault)
    written = write([row.scan for row in outcomes if isinstance(row, Scanned)])
    scans: list[Scan] = []
    for place, (code, outcome) in enumerate(zip(codes, outcomes, strict=True)):
        if isinstance(outcome, Scanned) and outcome.scan.uid in written:
            scans.append(outcome.scan)
            continue
        refusal = ReplayedCode() if isinstance(outcome, Scanned) else outcome
        outcomes[place] = refusal
        scans.append(refused(refusal, code if isinstance(code, Code) else None, taking, people))
    Scan.objects.bulk_create([scan for scan in scans if not scan.ok])
    taking.note_seen()
    note_scans([(scan, facts_of(scan)) for scan in scans], actor=actor, now=now)
    return outcomes


def read_all_codes(texts: Sequence[str], now: datetime) -> Iterator[Code | QuanshuError]:
    """Each text's code, or why it is none."""
    keys: dict[bytes, VerifyingKey] = publics(now)
    for text in texts:
        try:
            yield read_code(text, keys)
        except REFUSALS as fault:
            yield fault


def write(scans: Sequence[Scan]) -> set[str]:
    """Write scans that take their codes, and answer which did: the database takes a code once.

    In the order of the codes' ids, so that two verifiers that send the same codes never wait for each other.
    """
    Scan.objects.bulk_create(sorted(scans, key=lambda scan: scan.code_id), ignore_conflicts=True)
    return set(Scan.objects.filter(uid__in=[scan.uid for scan in scans]).values_list("uid", flat=True))
