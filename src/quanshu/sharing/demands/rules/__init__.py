"""Decisions over demands. Pure: the same checks serve the buttons and the refusals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.demands.events import DemandEvent
from quanshu.sharing.demands.permissions import DemandPermission
from quanshu.sharing.demands.types import (
    AlreadyPaused,
    AppealOver,
    ClockKind,
    DemandData,
    DemandState,
    Field,
    NoClock,
    NotContestable,
    NotPausedNow,
    NotPublished,
    NotShared,
    OwnData,
    ServiceDoesNotCover,
    ServiceNotAskable,
    Side,
)

P, E, S, C = DemandPermission, DemandEvent, DemandState, ClockKind
# Shapes of services that are asked for by themselves; a query is asked for by its entry's fields.
BY_ITSELF = frozenset({"verify", "statistic", "composite"})
MOST_RATE = 6_000
MOST_VOLUME = 10_000_000
MOST_YEARS = 3
# Working days left for an appeal when a negotiation has been broken off.
AFTER_TALKS_DAYS = 5
ALL_CLOCKS = (C.CHECK, C.CONFIRM, C.PUBLISH, C.NEGOTIATE)

MACHINE = Machine(
    name="demands.demand",
    states=DemandState,
    transitions=(
        Transition(
            "submit",
            frozenset({S.DRAFT, S.RETURNED}),
            S.SUBMITTED,
            P.SUBMIT,
            E.SUBMITTED,
            starts=(C.CHECK,),
            label=N_("Submit"),
        ),
        Transition(
            "pass",
            frozenset({S.SUBMITTED}),
            S.CONFIRMING,
            P.CHECK,
            E.PASSED,
            starts=(C.CONFIRM,),
            stops=(C.CHECK,),
            label=N_("Pass to the supplier"),
        ),
        Transition(
            "return",
            frozenset({S.SUBMITTED}),
            S.RETURNED,
            P.CHECK,
            E.RETURNED,
            stops=(C.CHECK,),
            label=N_("Return for correction"),
        ),
        Transition(
            "reject",
            frozenset({S.SUBMITTED, S.CONTESTED}),
            S.REFUSED,
            P.CHECK,
            E.REFUSED,
            stops=(C.CHECK,),
            label=N_("Refuse"),
        ),
        Transition(
            "confirm",
            frozenset({S.CONFIRMING}),
            S.DEVELOPING,
            P.CONFIRM,
            E.CONFIRMED,
            starts=(C.PUBLISH,),
            stops=(C.CONFIRM,),
            label=N_("Confirm"),
        ),
        Transition(
            "decline",
            frozenset({S.CONFIRMING}),
            S.REFUSED,
            P.CONFIRM,
            E.REFUSED,
            stops=(C.CONFIRM,),
            label=N_("Refuse"),
        ),
        Transition(
            "negotiate",
            frozenset({S.REFUSED}),
            S.NEGOTIATING,
            P.NEGOTIATE,
            E.PROPOSED,
            starts=(C.NEGOTIATE,),
            label=N_("Propose other terms"),
        ),
        Transition(
            "propose",
            frozenset({S.NEGOTIATING}),
            S.NEGOTIATING,
            P.NEGOTIATE,
            E.PROPOSED,
            label=N_("Propose other terms"),
        ),
        Transition(
            "agree",
            frozenset({S.NEGOTIATING}),
            S.DEVELOPING,
            P.NEGOTIATE,
            E.AGREED,
            starts=(C.PUBLISH,),
            stops=(C.NEGOTIATE,),
            label=N_("Accept the proposal"),
        ),
        Transition(
            "break_off",
            frozenset({S.NEGOTIATING}),
            S.REFUSED,
            P.NEGOTIATE,
            E.BROKEN_OFF,
            stops=(C.NEGOTIATE,),
            label=N_("Decline the proposal"),
        ),
        Transition(
            "contest",
            frozenset({S.REFUSED, S.NEGOTIATING}),
            S.CONTESTED,
            P.SUBMIT,
            E.CONTESTED,
            starts=(C.CHECK,),
            stops=(C.NEGOTIATE,),
            label=N_("Ask the platform to decide"),
        ),
        Transition(
            "overrule",
            frozenset({S.CONTESTED}),
            S.DEVELOPING,
            P.CHECK,
            E.OVERRULED,
            starts=(C.PUBLISH,),
            stops=(C.CHECK,),
            label=N_("Decide that the data be shared"),
        ),
        Transition(
            "grant",
            frozenset({S.DEVELOPING}),
            S.IN_USE,
            P.GRANT,
            E.GRANTED,
            stops=(C.PUBLISH,),
            label=N_("Grant"),
        ),
        Transition("close", frozenset({S.IN_USE}), S.CLOSED, P.SUBMIT, E.CLOSED, label=N_("End the use")),
        Transition(
            "withdraw",
            frozenset({S.DRAFT, S.SUBMITTED, S.RETURNED, S.CONFIRMING, S.NEGOTIATING, S.CONTESTED, S.DEVELOPING}),
            S.WITHDRAWN,
            P.SUBMIT,
            E.WITHDRAWN,
            stops=ALL_CLOCKS,
            label=N_("Take back"),
        ),
    ),
)

RUNNING_CLOCK = {
    S.SUBMITTED: C.CHECK,
    S.CONTESTED: C.CHECK,
    S.CONFIRMING: C.CONFIRM,
    S.NEGOTIATING: C.NEGOTIATE,
    S.DEVELOPING: C.PUBLISH,
}
HOLDER = {
    S.SUBMITTED: Side.PLATFORM,
    S.CONTESTED: Side.PLATFORM,
    S.RETURNED: Side.REQUESTER,
    S.CONFIRMING: Side.SUPPLIER,
    S.DEVELOPING: Side.SUPPLIER,
}


def check_step(state: str, step: str) -> Transition:
    """The transition `step` from `state`; WrongState when the table has none."""
    return MACHINE.check(state, step)


def check_contest(state: str, refused_by: str, *, until: date | None = None, today: date | None = None) -> Transition:
    """A supplier's refusal may be put before the platform within its time, the platform's own may not.

    Raises WrongState, NotContestable, AppealOver.
    """
    transition = MACHINE.check(state, "contest")
    if refused_by != Side.SUPPLIER:
        raise NotContestable
    if state == S.REFUSED and until is not None and today is not None and today > until:
        raise AppealOver(until=until)
    return transition


def check_editable(state: str) -> None:
    """Only a draft or a returned demand may be changed."""
    MACHINE.check(state, "submit")


def check_pause(state: str, *, paused: bool) -> ClockKind:
    """The clock that a pause would hold. Raises NoClock, AlreadyPaused."""
    kind = RUNNING_CLOCK.get(DemandState(state))
    if kind is None:
        raise NoClock
    if paused:
        raise AlreadyPaused
    return kind


def check_resume(state: str, *, paused: bool) -> ClockKind:
    """The clock that would run again. Raises NotPausedNow."""
    kind = RUNNING_CLOCK.get(DemandState(state))
    if kind is None or not paused:
        raise NotPausedNow
    return kind


def check_reason(reason: str) -> None:
    """A refusal, return, pause or withdrawal says why."""
    check_text("reason", reason, N_("Say why."))


def check_side(side: str) -> None:
    """A party that is waited for, or none. Raises FieldErrors."""
    if side and side not in set(Side):
        fault = FieldError("waits_for", N_("There is no such party."), N_("Choose requester, supplier or platform."))
        raise FieldErrors(errors=(fault,))


def check_minutes(*, held_on: date | None, minutes: str, today: date) -> None:
    """Minutes of an on-site meeting: held by today, and not blank."""
    faults = []
    if held_on is None or held_on > today:
        faults.append(FieldError("held_on", N_("The meeting has not been held yet."), N_("Enter the day it was held.")))
    if not minutes.strip():
        faults.append(FieldError("minutes", N_("This must not be empty."), N_("Say what was agreed.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_text(name: str, text: str, remedy: str) -> None:
    """A text that must not be blank."""
    if not text.strip():
        raise FieldErrors(errors=(FieldError(name, N_("This must not be empty."), remedy),))


def check_askable(*, entry: str, published: bool, share_type: str, share_law: str, own: bool) -> None:
    """Whether an entry may be asked for at all. Raises NotPublished, NotShared, OwnData."""
    if not published:
        raise NotPublished(entry=entry)
    if share_type == "3":
        raise NotShared(entry=entry, law=share_law)
    if own:
        raise OwnData(entry=entry)


def check_wanted(*, service: str, shape: str, in_force: bool, same_entry: bool) -> None:
    """Whether a service may be asked for by itself. Raises ServiceNotAskable."""
    if shape not in BY_ITSELF or not in_force or not same_entry:
        raise ServiceNotAskable(service=service)


def check_demand(data: DemandData, *, items: Sequence[Field], today: date) -> None:
    """What clause 2.2.3 wants of a demand: data, fields, purpose, legal basis, duration, volume.

    Raises FieldErrors naming every field at fault at once.
    """
    faults: list[FieldError] = []
    for name, text, most in (
        ("title", data.title, 100),
        ("purpose", data.purpose, 500),
        ("legal_basis", data.legal_basis, 500),
    ):
        if not text.strip():
            faults.append(FieldError(name, N_("This must not be empty."), N_("Enter a text.")))
        elif len(text) > most:
            faults.append(FieldError(name, N_("This text is too long."), N_("Shorten it.")))
    faults.extend(field_faults(data.fields, items))
    faults.extend(volume_faults(rate_per_minute=data.rate_per_minute, volume_per_day=data.volume_per_day))
    faults.extend(duration_faults(data.valid_until, today))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def field_faults(fields: Sequence[str], items: Sequence[Field]) -> Iterable[FieldError]:
    """At least one field, each of the entry, none of grade core (which is not shared through services)."""
    known = {item.name: item.grade for item in items}
    if not fields:
        yield FieldError("fields", N_("No field is chosen."), N_("Choose the fields the purpose needs, and no more."))
    unknown = [name for name in fields if name not in known]
    if unknown:
        yield FieldError(
            "fields",
            N_("The entry has no field %(names)s."),
            N_("Choose fields of the entry."),
            {"names": ", ".join(unknown)},
        )
    core = [name for name in fields if known.get(name) == "core"]
    if core:
        yield FieldError(
            "fields",
            N_("Core data is not shared through services: %(names)s."),
            N_("Leave these fields out."),
            {"names": ", ".join(core)},
        )


def duration_faults(valid_until: date | None, today: date) -> Iterable[FieldError]:
    """A last day of use after today and within three years."""
    if valid_until is None or valid_until <= today:
        yield FieldError("valid_until", N_("The last day of use must lie ahead."), N_("Enter a later day."))
    elif (valid_until.year - today.year, valid_until.month, valid_until.day) > (
        MOST_YEARS,
        today.month,
        today.day,
    ):
        yield FieldError(
            "valid_until",
            N_("Use is approved for at most three years."),
            N_("Enter an earlier day; a new demand can follow."),
        )


def volume_faults(*, rate_per_minute: int, volume_per_day: int) -> Iterable[FieldError]:
    """A rate and a volume within what a demand may ask for."""
    if not 1 <= rate_per_minute <= MOST_RATE:
        yield bounds("rate_per_minute", MOST_RATE)
    if not 1 <= volume_per_day <= MOST_VOLUME:
        yield bounds("volume_per_day", MOST_VOLUME)


def bounds(name: str, most: int) -> FieldError:
    """A number out of 1 to `most`."""
    return FieldError(
        name, N_("The number must be 1 to %(most)s."), N_("Enter what you expect to need."), {"most": most}
    )


def check_covers(*, service: str, offered: Iterable[str], asked: Iterable[str]) -> None:
    """A service that carries every field asked for. Raises ServiceDoesNotCover."""
    have = set(offered)
    missing = [name for name in asked if name not in have]
    if missing:
        raise ServiceDoesNotCover(service=service, missing=", ".join(missing))


def number_of(year: int, serial: int) -> str:
    """The number a demand is filed under: XQ (需求), year, serial of the year."""
    return f"XQ-{year}-{serial:06d}"
