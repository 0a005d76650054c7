"""Decisions on subjects. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import PurePosixPath

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.kernel.identifiers.uscc import Uscc
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.permissions import SubjectPermission
from quanshu.sharing.subjects.types import (
    MandateAsked,
    MandateKind,
    MandateScope,
    MandateState,
    MandateWrongState,
    Pending,
    Relation,
    SignInFailed,
)

P, E, S = SubjectPermission, SubjectEvent, MandateState
REVIEW_DAYS = 2
ADULT = 18
LONGEST = timedelta(days=3 * 366)
EVIDENCE_MIB = 10
# How long the way to the provider and back may take.
PENDING_SECONDS = 600
FORMATS: Mapping[str, bytes] = {
    ".pdf": b"%PDF-",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".jpg": b"\xff\xd8\xff",
    ".jpeg": b"\xff\xd8\xff",
}

MACHINE = Machine(
    name="subjects.mandate",
    states=MandateState,
    transitions=(
        Transition("approve", frozenset({S.ASKED}), S.IN_FORCE, P.MANDATE_REVIEW, E.MANDATE_GIVEN, label=N_("Approve")),
        Transition("refuse", frozenset({S.ASKED}), S.REFUSED, P.MANDATE_REVIEW, E.MANDATE_REFUSED, label=N_("Refuse")),
        Transition("withdraw", frozenset({S.ASKED}), S.WITHDRAWN, P.SELF, E.MANDATE_WITHDRAWN, label=N_("Take back")),
        Transition("end", frozenset({S.IN_FORCE}), S.ENDED, P.SELF, E.MANDATE_ENDED, label=N_("End it")),
    ),
)


def check_step(state: str, step: str) -> Transition:
    """The transition of a step. Raises `subjects.mandate_wrong_state`."""
    for transition in MACHINE.transitions:
        if transition.name == step and state in transition.sources:
            return transition
    raise MandateWrongState


def check_number(*, kind: str, number: str) -> str:
    """The number in its canonical form.

    Raises FieldErrors for one that is no citizen ID (GB 11643) or USCC (GB 32100).
    """
    try:
        return CitizenId.parse(number).value if kind == SubjectKind.PERSON else Uscc.parse(number).value
    except BadIdentifier as fault:
        wrong = (
            FieldError(
                "number", "This is no valid citizen ID.", "Compare it with the identity card and enter it again."
            )
            if kind == SubjectKind.PERSON
            else FieldError(
                "number", "This is no valid credit code.", "Compare it with the licence and enter it again."
            )
        )
        raise FieldErrors(errors=(wrong,)) from fault


def adult_on(number: str) -> date:
    """The 18th birthday of a person, by a valid citizen ID."""
    born = CitizenId.parse(number).birth_date
    return date(born.year + ADULT, 3, 1) if (born.month, born.day) == (2, 29) else born.replace(year=born.year + ADULT)


def kind_of(asked: MandateAsked) -> SubjectKind:
    """What kind of subject is to be acted for."""
    return SubjectKind.ENTERPRISE if asked.kind == MandateKind.LEGAL_REPRESENTATIVE else SubjectKind.PERSON


def check_asked(asked: MandateAsked, *, own: str, agent_kind: str, now: datetime) -> str:
    """The number of whom a mandate is asked for, given or asked rightly.

    A guardian acts for a minor, for an adult only where a court has so ordered (Civil Code, articles 27 to 31). A
    delegation has a scope and an end within three years. Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    number = ""
    try:
        number = check_number(kind=kind_of(asked), number=asked.number)
    except FieldErrors as fault:
        faults.extend(fault.errors)
    if not asked.name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter the name as it is registered.")))
    if number and number == own:
        faults.append(FieldError("number", N_("This is your own number."), N_("Enter the other's number.")))
    if agent_kind != SubjectKind.PERSON and asked.kind != MandateKind.DELEGATE:
        faults.append(FieldError("kind", N_("Only a person asks for this."), N_("Sign in as a person.")))
    if asked.kind == MandateKind.GUARDIAN:
        faults += guardian_faults(asked, number, now.date())
    if asked.kind == MandateKind.DELEGATE:
        faults += delegate_faults(asked, now)
    if faults:
        raise FieldErrors(errors=tuple(faults))
    return number


def guardian_faults(asked: MandateAsked, number: str, today: date) -> list[FieldError]:
    """Faults of a guardianship: an unknown relation, or an adult without a court's order."""
    if asked.relation not in set(Relation):
        return [FieldError("relation", N_("This relation is not known."), N_("Choose one from the list."))]
    if number and today >= adult_on(number) and asked.relation != Relation.COURT:
        fault = N_("This person is of age.")
        return [FieldError("number", fault, N_("For an adult, choose guardian by order of a court, with the order."))]
    return []


def delegate_faults(asked: MandateAsked, now: datetime) -> list[FieldError]:
    """Faults of a delegation: nothing it covers, or no end, or one too far."""
    faults = []
    if not asked.scope or not set(asked.scope) <= set(MandateScope):
        faults.append(FieldError("scope", N_("Say what the delegate may do."), N_("Choose at least one.")))
    if asked.until is None or not now < asked.until <= now + LONGEST:
        faults.append(
            FieldError("until", N_("A delegation ends within three years."), N_("Choose a day in that time."))
        )
    return faults


def covers(kind: str, scope: Sequence[str], what: str) -> bool:
    """Whether a mandate lets its holder do this; "" is anything at all."""
    return not what or kind != MandateKind.DELEGATE or what in scope


def check_evidence(*, name: str, content: bytes, field: str = "evidence") -> str:
    """The ending of a PDF, PNG or JPEG of ten MiB at most, by its name and its content alike. Raises FieldErrors."""
    ending = PurePosixPath(name).suffix.lower()
    if ending not in FORMATS or not content.startswith(FORMATS[ending]):
        fault = N_("The file is no PDF, PNG or JPEG.")
        raise FieldErrors(errors=(FieldError(field, fault, N_("Attach a scan or a photograph of the document.")),))
    if len(content) > EVIDENCE_MIB * 1024 * 1024:
        raise FieldErrors(
            errors=(FieldError(field, N_("The file is larger than 10 MiB."), N_("Attach a smaller scan.")),)
        )
    return ending


def check_pending(pending: Pending | None, *, state: str, now: datetime) -> Pending:
    """The sign-in under way that an answer belongs to. Raises `subjects.sign_in_failed`."""
    if pending is None or not state or pending.state != state:
        raise SignInFailed(why="state")
    if now.timestamp() - pending.began > PENDING_SECONDS:
        raise SignInFailed(why="too late")
    return pending


def session_over(*, since: float, seen: float, now: float, idle: int, longest: int) -> bool:
    """Whether a session has lain idle for `idle` seconds or lasted for `longest`."""
    return now - seen > idle or now - since > longest
