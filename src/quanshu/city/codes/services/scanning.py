"""Scanning: a code is checked, taken once, and what its scene may read is told to the verifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.city.codes import rules
from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Block, Scan, TypedCode, Verifier
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import KIND_CODES, mint, publics
from quanshu.city.codes.services.noting import note
from quanshu.city.codes.services.reading import read_all
from quanshu.city.codes.types import (
    REFUSALS,
    Asking,
    BadTyped,
    ClockSkewed,
    OnlineOnly,
    Person,
    ReplayedCode,
    RevokedHolder,
    Told,
    Upload,
    UploadAnswer,
)
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.codes import (
    PREFIX,
    SKEW,
    SKEW_OFFLINE,
    Code,
    ForgedCode,
    check_bound,
    check_hours,
    check_time,
    read_code,
)
from quanshu.kernel.errors import QuanshuError
from quanshu.organisation.api import holders
from quanshu.shared.access.api import Actor, require
from quanshu.shared.notify.api import notify
from quanshu.sharing.subjects.api import MandateScope, NotMandated, Subject, acting_subject, actor_of_subject, number_of

# A device may be as far off as when it scans off line; a scan is uploaded within the week.
TWICE = N_("A code was taken twice, once of it off line: %(scene)s, %(verifier)s")
MOST_UPLOADED = 500
OLDEST_UPLOAD = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code that was taken, and what its scene was told."""

    scan: Scan
    told: list[Told]


@dataclass(frozen=True, slots=True)
class Taking:
    """A scan under way: by whom, when by the clock that counts, and how far that clock may be off."""

    verifier: Verifier
    at: datetime
    received_at: datetime
    offline: bool = False

    @property
    def skew(self) -> int:
        return SKEW_OFFLINE if self.offline else SKEW


def scan_code(
    *, actor: Actor, now: datetime, verifier: Verifier, text: str, device_time: datetime | None = None
) -> Scanned:
    """Take a code for a verifier's scene and tell what the scene may read.

    `text` is the scanned picture's, or twelve digits; `device_time` the verifier's clock, where it tells it. A refusal
    is recorded and raised: one of `types.REFUSALS`. Raises Forbidden.
    """
    require(actor, CodePermission.SCAN, verifier)
    taking = Taking(verifier, now, now)
    code: Code | None = None
    try:
        if device_time is not None:
            check_clock(device_time, now)
        code = read_code(picture_text(text, now), publics())
        scan = take(code, taking, actor=actor)
    except REFUSALS as fault:
        refuse(fault, code, taking, actor=actor)
        raise
    unit = scan.scene.unit
    asking = Asking(scan.uid, scan.scene.name, f"urn:quanshu:unit:{unit.code}", actor, now)
    told = read_all(scan.scene.reads, person_of(scan), asking)
    scan.receipts = sorted({row.receipt for row in told if row.receipt})
    scan.told = [row.read.title for row in told if not row.fault]
    scan.save(update_fields=["receipts", "told"])
    return Scanned(scan, told)


def check_clock(device: datetime, now: datetime) -> None:
    """Raises ClockSkewed for a device whose clock is further off than a code's life allows."""
    apart = abs((device - now).total_seconds())
    if apart > SKEW_OFFLINE:
        raise ClockSkewed(seconds=int(apart), most=SKEW_OFFLINE)


def picture_text(text: str, now: datetime) -> str:
    """The text of the picture, also where its twelve digits were typed. Raises BadTyped."""
    digits = "".join(sign for sign in text if sign not in " -\t\r\n")
    if text.startswith(PREFIX) or not (digits.isascii() and digits.isdigit() and len(digits) == 12):
        return text
    # Digits outlive their code a little, so that one typed too late is told from one mistyped.
    row = TypedCode.objects.filter(digits=digits).first()
    if row is None:
        raise BadTyped
    return row.text


def whose(code: Code) -> tuple[Subject, Subject | None]:
    """Whose code it is, and who showed it where that is another. Raises ForgedCode."""
    subject, agent = mint().whose(code)
    found = Subject.objects.in_bulk([pk for pk in (subject, agent) if pk])
    if subject not in found or (agent and agent not in found) or KIND_CODES.get(found[subject].kind) != code.kind:
        raise ForgedCode
    return found[subject], found.get(agent)


@transaction.atomic
def take(code: Code, taking: Taking, *, actor: Actor) -> Scan:
    """Check a code and write that it is taken: one transaction, and the database takes a code once.

    Raises one of `types.REFUSALS`.
    """
    verifier = Verifier.objects.select_related("scene__unit").get(pk=taking.verifier.pk)
    scene, at = verifier.scene, taking.at
    check_time(code, at=at.timestamp(), skew=taking.skew)
    rules.check_verifier(verifier.state)
    check_bound(code, scene=scene.pk, verifier=verifier.pk)
    rules.check_in_force(scene.state)
    if taking.offline and not scene.offline:
        raise OnlineOnly
    check_hours(opens=scene.opens, closes=scene.closes, clock=f"{at.astimezone(CITY_TZ):%H:%M}")
    rules.check_chosen(basis=scene.basis, scene=code.scene)
    subject, agent = whose(code)
    rules.check_holder(kind=subject.kind, holders=scene.holders)
    check_standing(subject, agent, at)
    try:
        with transaction.atomic():
            scan = Scan.objects.create(
                code_id=code.code_id.hex(),
                scene=scene,
                verifier=verifier,
                subject=subject,
                agent=agent,
                at=at,
                received_at=taking.received_at,
                offline=taking.offline,
                ok=True,
            )
    except IntegrityError as fault:
        raise ReplayedCode from fault
    Verifier.objects.filter(pk=verifier.pk).update(last_seen_at=taking.received_at)
    note(CodeEvent.SCANNED, scan, actor=actor, now=taking.received_at, details=facts_of(scan))
    return scan


def check_standing(subject: Subject, agent: Subject | None, at: datetime) -> None:
    """Neither holder nor who shows the code is blocked, and the mandate is in force. Raises RevokedHolder."""
    people = [subject.pk, agent.pk] if agent else [subject.pk]
    if Block.objects.filter(subject_id__in=people).exists():
        raise RevokedHolder
    if agent is not None:
        try:
            acting_subject(actor_of_subject(agent), uid=subject.uid, now=at, what=MandateScope.CODES)
        except NotMandated as fault:
            raise RevokedHolder from fault


def facts_of(scan: Scan) -> dict[str, Any]:
    """What the audit trail holds of a scan: who by uid, where, and which fields."""
    reads = [".".join(part for part in (read.source, read.of, read.field) if part) for read in scan.scene.reads]
    return {
        "scene": scan.scene.uid,
        "verifier": scan.verifier.uid,
        "subject": scan.subject.uid if scan.subject else "",
        "agent": scan.agent.uid if scan.agent else "",
        "offline": scan.offline,
        "reads": reads if scan.ok and not scan.offline else [],
        "reason": scan.reason,
    }


@transaction.atomic
def refuse(fault: QuanshuError, code: Code | None, taking: Taking, *, actor: Actor) -> Scan:
    """Record a refusal; its subject is told, where the code tells whose it is."""
    subject, agent = None, None
    if code is not None:
        try:
            subject, agent = whose(code)
        except ForgedCode:
            code = None
    scan = Scan.objects.create(
        code_id=code.code_id.hex() if code else "",
        scene=taking.verifier.scene,
        verifier=taking.verifier,
        subject=subject,
        agent=agent,
        at=taking.at,
        received_at=taking.received_at,
        offline=taking.offline,
        ok=False,
        reason=fault.code,
    )
    note(CodeEvent.REFUSED, scan, actor=actor, now=taking.received_at, details=facts_of(scan), outcome="refused")
    return scan


def person_of(scan: Scan) -> Person:
    """Whose data a scan reads."""
    subject = scan.subject
    if subject is None:
        raise ForgedCode
    return Person(subject.uid, subject.kind, number_of(subject), subject.name, scan.agent.name if scan.agent else "")


def upload_scans(
    *, actor: Actor, now: datetime, verifier: Verifier, rows: Sequence[Upload], sent_at: datetime
) -> list[UploadAnswer]:
    """Codes that a verifier took off line, entered in their order: what was taken twice is found and reported now.

    Safe to send again. Raises Forbidden, ClockSkewed for a device whose clock is off: its times prove nothing.
    """
    require(actor, CodePermission.SCAN, verifier)
    check_clock(sent_at, now)
    return [enter(actor=actor, now=now, verifier=verifier, row=row) for row in rows[:MOST_UPLOADED]]


def enter(*, actor: Actor, now: datetime, verifier: Verifier, row: Upload) -> UploadAnswer:
    """One uploaded code."""
    late = not -SKEW_OFFLINE <= now.timestamp() - row.at <= OLDEST_UPLOAD
    at = now if late else datetime.fromtimestamp(row.at, UTC)
    taking, code = Taking(verifier, at, now, offline=True), None
    try:
        code = read_code(row.text, publics())
        if Scan.objects.filter(code_id=code.code_id.hex(), verifier=verifier, at=at, offline=True).exists():
            return UploadAnswer("known")
        take(code, taking, actor=actor)
    except ReplayedCode as fault:
        report_double(refuse(fault, code, taking, actor=actor), actor=actor, now=now)
        return UploadAnswer("double", fault.code)
    except REFUSALS as fault:
        refuse(fault, code, taking, actor=actor)
        return UploadAnswer("refused", fault.code)
    return UploadAnswer("accepted")


@transaction.atomic
def report_double(scan: Scan, *, actor: Actor, now: datetime) -> None:
    """Tell the stewards of the scene's unit that a code was taken twice, once of it off line."""
    first = Scan.objects.filter(code_id=scan.code_id, ok=True).select_related("verifier").first()
    details = {**facts_of(scan), "first": first.uid if first else ""}
    note(CodeEvent.DOUBLE_USED, scan, actor=actor, now=now, details=details, outcome="refused")
    with override(settings.LANGUAGE_CODE):
        subject = gettext(TWICE) % {"scene": scan.scene.name, "verifier": scan.verifier.name}
    people = holders(scan.scene.unit.path, "steward")
    notify(recipients=people, subject=subject, url=scan.scene.get_absolute_url(), now=now)
