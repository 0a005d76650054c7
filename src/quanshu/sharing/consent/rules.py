"""Decisions over consents. Pure: the same checks serve the buttons and the refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.consent.events import ConsentEvent
from quanshu.sharing.consent.permissions import ConsentPermission
from quanshu.sharing.consent.types import (
    AskData,
    ConsentState,
    GuardianNeeded,
    Narrowing,
    OrderData,
    OrderOver,
    RepresentativeNeeded,
    RequestOver,
)

P, E, S = ConsentPermission, ConsentEvent, ConsentState
# 《个人信息保护法》第三十一条: under 14 a guardian consents.
OF_AGE = 14
LONGEST = timedelta(days=3 * 366)
LONGEST_KEPT = 3650
ANSWER = timedelta(days=7)
LONGEST_ANSWER = timedelta(days=30)
MOST_USES = 1_000_000
BACKDATED = timedelta(hours=1)

MACHINE = Machine(
    name="consent.consent",
    states=ConsentState,
    transitions=(
        Transition("grant", frozenset({S.ASKED}), S.GRANTED, P.OWN, E.GRANTED, label=N_("Consent")),
        Transition("refuse", frozenset({S.ASKED}), S.REFUSED, P.OWN, E.REFUSED, label=N_("Refuse")),
        Transition("lapse", frozenset({S.ASKED}), S.EXPIRED, P.OWN, E.LAPSED, label=N_("Not answered in time")),
        Transition("revoke", frozenset({S.GRANTED}), S.REVOKED, P.OWN, E.REVOKED, label=N_("Withdraw the consent")),
        Transition("expire", frozenset({S.GRANTED}), S.EXPIRED, P.OWN, E.EXPIRED, label=N_("Time is up")),
        Transition("use_up", frozenset({S.GRANTED}), S.USED_UP, P.OWN, E.USED_UP, label=N_("Used up")),
    ),
)


def check_step(state: str, step: str) -> Transition:
    """The step of a consent. Raises WrongState."""
    return MACHINE.check(state, step)


def check_ask(data: AskData, *, kind: str, offered: Sequence[str], now: datetime) -> None:
    """A request that says what, why, how long, how often. `kind` is whose data the service tells, `offered` what the
    receiver's grant covers. Raises FieldErrors naming every field at fault."""
    faults = [
        *field_faults(data.fields, offered),
        *text_faults("legal_basis", data.legal_basis, 300),
        *time_faults(data, now=now),
        *use_faults(data.most_uses, data.per_day),
    ]
    if data.kind != kind:
        fault = N_("The service tells of another kind of subject.")
        faults.append(FieldError("kind", fault, N_("Choose the kind the service tells of.")))
    if not 0 <= data.retention_days <= LONGEST_KEPT:
        fault = N_("Data is kept for 0 to 3,650 days.")
        faults.append(FieldError("retention_days", fault, N_("Enter how long the purpose needs it.")))
    faults += case_faults(data.case_number)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_once(fields: Sequence[str], *, offered: Sequence[str], occasion: str, case_number: str) -> None:
    """A consent for one use names fields that the grant covers, what for, and the case. Raises FieldErrors."""
    faults = [*field_faults(fields, offered), *text_faults("occasion", occasion, 200), *case_faults(case_number)]
    if faults:
        raise FieldErrors(errors=tuple(faults))


def case_faults(case_number: str) -> Iterator[FieldError]:
    """The receiver's own number, which a receipt has room for."""
    if len(case_number) > 64:
        yield FieldError("case_number", N_("This text is too long."), N_("Shorten it."))


def field_faults(fields: Sequence[str], offered: Sequence[str]) -> Iterator[FieldError]:
    """At least one field, and none that is not offered."""
    extra = [name for name in fields if name not in offered]
    if not fields:
        yield FieldError("fields", N_("No field is named."), N_("Choose the fields that are needed."))
    elif extra:
        fault = N_("These fields are not open to choice: %(names)s.")
        yield FieldError("fields", fault, N_("Choose among those listed."), {"names": ", ".join(extra)[:200]})


def text_faults(name: str, text: str, most: int) -> Iterator[FieldError]:
    """A text that is there and not too long."""
    if not text.strip():
        yield FieldError(name, N_("This must not be empty."), N_("Enter a text."))
    elif len(text) > most:
        yield FieldError(name, N_("This text is too long."), N_("Shorten it."))


def time_faults(data: AskData, *, now: datetime) -> Iterator[FieldError]:
    """A span that begins about now or later and is not too long, and a term to answer within it."""
    if data.starts_at < now - BACKDATED:
        yield FieldError("starts_at", N_("The start lies in the past."), N_("Enter a start that lies ahead."))
    if data.ends_at <= max(data.starts_at, now):
        fault = N_("The end must lie ahead and after the start.")
        yield FieldError("ends_at", fault, N_("Enter a later end."))
    elif data.ends_at - data.starts_at > LONGEST:
        yield FieldError("ends_at", N_("A consent holds for three years at most."), N_("Enter an earlier end."))
    until = data.answer_until
    if until is not None and not now < until <= now + LONGEST_ANSWER:
        fault = N_("An answer is waited for within 30 days.")
        yield FieldError("answer_until", fault, N_("Enter a day within that time."))


def use_faults(most_uses: int | None, per_day: int | None) -> Iterator[FieldError]:
    """Uses in all and a day, where they are limited."""
    for name, value in (("most_uses", most_uses), ("per_day", per_day)):
        if value is not None and not 1 <= value <= MOST_USES:
            yield FieldError(name, N_("A limit of uses is 1 to 1,000,000."), N_("Enter a number in that range."))


def check_open(*, state: str, step: str, answer_until: datetime, now: datetime) -> Transition:
    """A request that still waits for an answer. Raises WrongState, RequestOver."""
    transition = check_step(state, step)
    if now >= answer_until:
        raise RequestOver
    return transition


def check_narrowing(
    given: Narrowing,
    *,
    fields: Sequence[str],
    starts_at: datetime,
    ends_at: datetime,
    most_uses: int | None,
    per_day: int | None,
    now: datetime,
) -> None:
    """A subject grants what was asked or less, never more. Raises FieldErrors."""
    faults = [*field_faults(given.fields, fields), *use_faults(given.most_uses, given.per_day)]
    if given.ends_at > ends_at or given.ends_at <= max(starts_at, now):
        fault = N_("The end lies after the start and no later than was asked.")
        faults.append(FieldError("ends_at", fault, N_("Enter an earlier end, or the one asked for.")))
    for name, asked, granted in (("most_uses", most_uses, given.most_uses), ("per_day", per_day, given.per_day)):
        if asked is not None and (granted is None or granted > asked):
            fault = N_("No more uses than were asked for.")
            faults.append(FieldError(name, fault, N_("Enter that number or fewer.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_decider(*, kind: str, own: bool, born: date | None, today: date) -> None:
    """Who decides: a person of 14 or more for themselves, for a child the guardian, for an enterprise the legal
    representative or delegate. `own`: the decider is the subject. Raises GuardianNeeded, RepresentativeNeeded."""
    if not own:
        return
    if kind == SubjectKind.ENTERPRISE:
        raise RepresentativeNeeded
    if born is not None and age_on(born, today) < OF_AGE:
        raise GuardianNeeded


def age_on(born: date, today: date) -> int:
    """Full years of age."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def check_order(data: OrderData, *, now: datetime) -> None:
    """An order names authority, number and law, and has an end. Raises FieldErrors."""
    faults = [
        *text_faults("authority", data.authority, 100),
        *text_faults("number", data.number, 100),
        *text_faults("basis", data.basis, 300),
    ]
    if data.ends_at <= max(data.starts_at, now):
        fault = N_("The end must lie ahead and after the start.")
        faults.append(FieldError("ends_at", fault, N_("Enter a later end.")))
    elif data.ends_at - max(data.starts_at, now) > LONGEST:
        fault = N_("An order delays for three years at most.")
        faults.append(FieldError("ends_at", fault, N_("Enter an earlier end.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_order_end(*, ends_at: datetime, now: datetime) -> None:
    """Only an order that runs is ended. Raises OrderOver."""
    if now >= ends_at:
        raise OrderOver


def number_of(year: int, serial: int) -> str:
    """The number a consent is spoken of by: SQ (授权), year, serial."""
    return f"SQ-{year}-{serial:06d}"


def overlap(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two sets of fields have one in common."""
    return bool(set(one) & set(other))
