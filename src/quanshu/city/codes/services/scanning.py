"""Scanning: a code is checked, taken once, and what its scene may read is told to the verifier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.city.codes import rules
from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Scan, TypedCode, Verifier
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import KIND_CODES, publics, whose_code
from quanshu.city.codes.services.noting import note
from quanshu.city.codes.services.reading import read_all
from quanshu.city.codes.types import (
    REFUSALS,
    Asking,
    BadTyped,
    Basis,
    ClockSkewed,
    OnlineOnly,
    Person,
    ReplayedCode,
    RevokedHolder,
    Source,
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
SEEN_STEP = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scanned:
    """A code that was taken, and what its scene was told; `rest` while services and certificates are to be asked."""

    scan: Scan
    told: list[Told] = field(default_factory=list)
    rest: bool = False


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

    def renewed(self) -> Taking:
        """The same with verifier and scene as they are in this transaction."""
        return replace(self, verifier=Verifier.objects.select_related("scene__unit").get(pk=self.verifier.pk))

    def note_seen(self) -> None:
        """Keep to the minute when the verifier was last seen, so that not every scan writes it."""
        seen, moment = self.verifier.last_seen_at, self.received_at
        if seen is None or not timedelta(0) <= moment - seen < SEEN_STEP:
            Verifier.objects.filter(pk=self.verifier.pk).update(last_seen_at=moment)


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
        code = read_code(picture_text(text, taking), publics(now))
        scanned = take(code, taking, actor=actor)
    except REFUSALS as fault:
        refuse(fault, code, taking, actor=actor)
        raise
    return tell_rest(scanned, actor, now)


def check_clock(device: datetime, now: datetime) -> None:
    """Raises ClockSkewed for a device whose clock is further off than a code's life allows."""
    apart = abs((device - now).total_seconds())
    if apart > SKEW_OFFLINE:
        raise ClockSkewed(seconds=int(apart), most=SKEW_OFFLINE)


def picture_text(text: str, taking: Taking) -> str:
    """The text of the picture, also where its twelve digits were typed. Raises BadTyped, TooManyGuesses."""
    digits = "".join(sign for sign in text if sign not in " -\t\r\n")
    if text.startswith(PREFIX) or not (digits.isascii() and digits.isdigit() and len(digits) == 12):
        return text
    wrong = Scan.objects.filter(
        verifier_id=taking.verifier.pk, reason=BadTyped.code, received_at__gt=taking.received_at - rules.GUESSING
    )
    rules.check_guesses(wrong.count())
    # Digits outlive their code a little, so that one typed too late is told from one mistyped.
    row = TypedCode.objects.filter(digits=digits).first()
    if row is None:
        raise BadTyped
    return row.text


def people_of(codes: Iterable[Code]) -> dict[int, Subject]:
    """{number: whose codes they are and who showed them}, each with the block on their codes."""
    numbers: set[int] = set()
    for code in codes:
        with suppress(ForgedCode):
            numbers.update(whose_code(code))
    return Subject.objects.select_related("code_block").in_bulk(numbers - {0})


def whose(code: Code, people: Mapping[int, Subject]) -> tuple[Subject, Subject | None]:
    """Whose code it is, and who showed it where that is another. Raises ForgedCode."""
    subject, agent = whose_code(code)
    if subject not in people or (agent and agent not in people) or KIND_CODES.get(people[subject].kind) != code.kind:
        raise ForgedCode
    return people[subject], people.get(agent)


def check_taking(code: Code, taking: Taking, people: Mapping[int, Subject]) -> Scan:
    """The scan that takes a code, not yet written, once everything but an earlier use has been checked.

    The verifier of `taking` is as it is now. Raises one of `types.REFUSALS`.
    """
    verifier, at = taking.verifier, taking.at
    scene = verifier.scene
    check_time(code, at=at.timestamp(), skew=taking.skew)
    rules.check_verifier(verifier.state)
    check_bound(code, scene=scene.pk, verifier=verifier.pk)
    rules.check_in_force(scene.state)
    if taking.offline and not scene.offline:
        raise OnlineOnly
    check_hours(opens=scene.opens, closes=scene.closes, clock=f"{at.astimezone(CITY_TZ):%H:%M}")
    rules.check_chosen(basis=scene.basis, scene=code.scene)
    subject, agent = whose(code, people)
    rules.check_holder(kind=subject.kind, holders=scene.holders)
    check_standing(subject, agent, taking)
    return Scan(
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


@transaction.atomic
def take(code: Code, taking: Taking, *, actor: Actor) -> Scanned:
    """Check a code and write that it is taken: one transaction, and the database takes a code once.

    Raises one of `types.REFUSALS`.
    """
    taking = taking.renewed()
    scan = check_taking(code, taking, people_of([code]))
    scanned = told_of_account(scan, taking, actor)
    try:
        # Nothing was written before this: the transaction ends with the refusal.
        scan.save(force_insert=True)
    except IntegrityError as fault:
        raise ReplayedCode from fault
    taking.note_seen()
    note(CodeEvent.SCANNED, scan, actor=actor, now=taking.received_at, details=facts_of(scan))
    return scanned


def told_of_account(scan: Scan, taking: Taking, actor: Actor) -> Scanned:
    """The scan with what its scene is told; where that is of the holder's account alone it is told at once, else
    after the code is taken."""
    if taking.offline:
        return Scanned(scan)
    if any(read.source != Source.ACCOUNT for read in scan.scene.reads):
        return Scanned(scan, rest=True)
    return Scanned(scan, tell(scan, actor, taking.received_at))


def tell(scan: Scan, actor: Actor, now: datetime) -> list[Told]:
    """Read what the scene may read, and note on the scan which fields were told and by which receipts."""
    scene = scan.scene
    audience, by_consent = f"urn:quanshu:unit:{scene.unit.code}", scene.basis == Basis.CONSENT
    asking = Asking(scan.uid, scene.name, audience, actor, now, by_consent)
    told = read_all(scene.reads, person_of(scan), asking)
    scan.receipts = sorted({row.receipt for row in told if row.receipt})
    scan.told = [row.read.title for row in told if not row.fault]
    return told


def tell_rest(scanned: Scanned, actor: Actor, now: datetime) -> Scanned:
    """The same, read of services and certificates once the code is taken."""
    if not scanned.rest:
        return scanned
    told = tell(scanned.scan, actor, now)
    Scan.objects.filter(uid=scanned.scan.uid).update(receipts=scanned.scan.receipts, told=scanned.scan.told)
    return Scanned(scanned.scan, told)


def check_standing(subject: Subject, agent: Subject | None, taking: Taking) -> None:
    """Neither holder nor who shows the code is blocked, and the mandate is in force. Raises RevokedHolder.

    A device without a network may have scanned before the block; its clock may be as far off as it is let.
    """
    blocks = [person.code_block for person in (subject, agent) if person and hasattr(person, "code_block")]
    since = taking.at + timedelta(seconds=SKEW_OFFLINE)
    if any(not taking.offline or block.at <= since for block in blocks):
        raise RevokedHolder
    if agent is not None:
        try:
            acting_subject(actor_of_subject(agent), uid=subject.uid, now=taking.at, what=MandateScope.CODES)
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


def refused(fault: QuanshuError, code: Code | None, taking: Taking, people: Mapping[int, Subject]) -> Scan:
    """The scan of a refusal, not yet written; its subject is told, where the code tells whose it is."""
    subject, agent = None, None
    if code is not None:
        try:
            subject, agent = whose(code, people)
        except ForgedCode:
            code = None
    return Scan(
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


@transaction.atomic
def refuse(fault: QuanshuError, code: Code | None, taking: Taking, *, actor: Actor) -> Scan:
    """Record a refusal."""
    scan = refused(fault, code, taking, people_of([code] if code else []))
    scan.save(force_insert=True)
    note(CodeEvent.REFUSED, scan, actor=actor, now=taking.received_at, details=facts_of(scan), outcome="refused")
    return scan


def person_of(scan: Scan) -> Person:
    """Whose data a scan reads."""
    subject = scan.subject
    if subject is None:
        raise ForgedCode
    agent = scan.agent
    shown_by = (agent.name, agent.uid) if agent else ("", "")
    return Person(subject.uid, subject.kind, number_of(subject), subject.name, *shown_by)


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
    late = not -SKEW_OFFLINE <= now.timestamp() - row.at <= rules.OLDEST_UPLOAD.total_seconds()
    at = now if late else datetime.fromtimestamp(row.at, UTC)
    taking, code = Taking(verifier, at, now, offline=True), None
    try:
        code = read_code(row.text, publics(now))
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
