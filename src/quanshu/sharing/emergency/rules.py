"""Decisions over emergencies. Pure: the same checks serve the buttons and the refusals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import region_prefix
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.emergency.events import EmergencyEvent
from quanshu.sharing.emergency.permissions import EmergencyPermission
from quanshu.sharing.emergency.types import (
    REVIEW_CLOCK,
    Acknowledged,
    Consequence,
    DutyData,
    EmergencyData,
    EmergencyState,
    EntryOutsideScope,
    Extent,
    Level,
    NeverGranted,
    NotInForce,
    NotReviewed,
    OwnDeclaration,
    OwnRequest,
    RequestState,
    UnitOutsideScope,
    Verdict,
)

P, E, S, R = EmergencyPermission, EmergencyEvent, EmergencyState, RequestState
# The longest an emergency may run before it is decided anew, in days, and the hours in which a supplier opens a
# service that is missing: the graver the event, the longer the first and the shorter the second.
MOST_DAYS: Mapping[str, int] = {
    Level.EXTRAORDINARY: 30,
    Level.SERIOUS: 15,
    Level.FAIRLY_SERIOUS: 7,
    Level.ORDINARY: 3,
}
SERVICE_HOURS: Mapping[str, int] = {
    Level.EXTRAORDINARY: 2,
    Level.SERIOUS: 4,
    Level.FAIRLY_SERIOUS: 8,
    Level.ORDINARY: 12,
}
BACKDATED = timedelta(hours=24)

MACHINE = Machine(
    name="emergency.emergency",
    states=EmergencyState,
    transitions=(
        Transition("extend", frozenset({S.ACTIVE}), S.ACTIVE, P.DECLARE, E.EXTENDED, label=N_("Extend")),
        Transition(
            "end",
            frozenset({S.ACTIVE}),
            S.ENDED,
            P.DECLARE,
            E.ENDED,
            starts=(REVIEW_CLOCK,),
            label=N_("End the emergency"),
        ),
        Transition(
            "close",
            frozenset({S.ENDED}),
            S.CLOSED,
            P.REVIEW,
            E.CLOSED,
            stops=(REVIEW_CLOCK,),
            label=N_("Close the review"),
        ),
    ),
)
REQUEST_MACHINE = Machine(
    name="emergency.request",
    states=RequestState,
    transitions=(
        Transition("grant", frozenset({R.WAITING}), R.GRANTED, P.ASK, E.GRANTED, label=N_("Grant")),
        Transition("give_back", frozenset({R.GRANTED}), R.ENDED, P.ASK, E.GIVEN_BACK, label=N_("Give the grant back")),
        Transition("expire", frozenset({R.GRANTED}), R.ENDED, P.DECLARE, E.OVER, label=N_("End of the emergency")),
        Transition("lapse", frozenset({R.WAITING}), R.LAPSED, P.DECLARE, E.LAPSED, label=N_("Never granted")),
    ),
)


def check_declaration(data: EmergencyData, *, unknown_codes: Iterable[str], now: datetime) -> None:
    """Title, level, reason, legal basis, a scope of units and of data, and an end within the level's longest time.

    Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    for name, text, most in (
        ("title", data.title, 100),
        ("reason", data.reason, 1000),
        ("legal_basis", data.legal_basis, 500),
    ):
        faults.extend(text_faults(name, text, most))
    if data.level not in MOST_DAYS:
        faults.append(FieldError("level", N_("There is no such level."), N_("Choose one of the four levels.")))
    if not data.unit_uids:
        faults.append(
            FieldError("unit_uids", N_("No receiving unit is named."), N_("Choose the units that act in the event."))
        )
    if not data.entry_codes and not data.theme_codes:
        fault = N_("Neither data nor a theme is named.")
        faults.append(FieldError("entry_codes", fault, N_("Name resource codes, or choose themes.")))
    unknown = list(unknown_codes)
    if unknown:
        fault = N_("No published entry has the code %(names)s.")
        faults.append(
            FieldError("entry_codes", fault, N_("Correct the codes, one a line."), {"names": ", ".join(unknown)})
        )
    if data.starts_at < now - BACKDATED:
        fault = N_("The start lies more than a day back.")
        faults.append(FieldError("starts_at", fault, N_("Enter a start within the last 24 hours, or later.")))
    faults.extend(end_faults(data.level, start=data.starts_at, end=data.ends_at, now=now))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def end_faults(level: str, *, start: datetime, end: datetime, now: datetime) -> Iterator[FieldError]:
    """An end that lies ahead, after the start, and no later than the level allows."""
    if end <= max(start, now):
        yield FieldError("ends_at", N_("The end must lie ahead and after the start."), N_("Enter a later end."))
    elif level in MOST_DAYS and end - start > timedelta(days=MOST_DAYS[level]):
        yield FieldError(
            "ends_at",
            N_("An emergency of this level runs for at most %(days)s days."),
            N_("Enter an earlier end; it can be extended by a decision of its own."),
            {"days": MOST_DAYS[level]},
        )


def text_faults(name: str, text: str, most: int) -> Iterator[FieldError]:
    """A text that is there and not too long."""
    if not text.strip():
        yield FieldError(name, N_("This must not be empty."), N_("Enter a text."))
    elif len(text) > most:
        yield FieldError(name, N_("This text is too long."), N_("Shorten it."))


def check_extension(*, state: str, level: str, ends_at: datetime, until: datetime, reason: str, now: datetime) -> None:
    """A later end, counted from now within the level's longest time, with a reason. Raises WrongState, FieldErrors."""
    MACHINE.check(state, "extend")
    check_running(ends_at=ends_at, now=now)
    faults = list(text_faults("reason", reason, 1000))
    if until <= ends_at:
        fault = N_("The new end must be later than the present one.")
        faults.append(FieldError("ends_at", fault, N_("Enter a later end.")))
    else:
        faults.extend(end_faults(level, start=now, end=until, now=now))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_running(*, ends_at: datetime, now: datetime) -> None:
    """An emergency whose time has passed is over even before a worker has noted it. Raises WrongState."""
    if now >= ends_at:
        MACHINE.check(EmergencyState.ENDED, "extend")


def check_in_force(*, emergency: str, state: str, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Nothing is granted before the start or from the end on. Raises NotInForce."""
    if state != EmergencyState.ACTIVE or not starts_at <= now < ends_at:
        raise NotInForce(emergency=emergency, start=starts_at, end=ends_at)


def check_scope(
    extent: Extent, *, unit: str, unit_path: str, region: str, entry: str, entry_uid: str, theme: str
) -> None:
    """The unit is named, or stands below one that is, and is concerned with a named region; the entry or its theme is
    named. Raises UnitOutsideScope, EntryOutsideScope."""
    if not covers_unit(extent, unit_path, region):
        raise UnitOutsideScope(unit=unit)
    if not covers_entry(extent, entry_uid, theme):
        raise EntryOutsideScope(entry=entry)


def covers_unit(extent: Extent, unit_path: str, region: str) -> bool:
    """Whether a unit receives data. A region concerns the units inside it and those whose region holds it."""
    if not any(unit_path.startswith(path) for path in extent.unit_paths):
        return False
    return not extent.region_codes or not region or any(overlap(region, code) for code in extent.region_codes)


def covers_entry(extent: Extent, entry_uid: str, theme: str) -> bool:
    """Whether an entry is named, or its class lies under a named one."""
    return entry_uid in extent.entry_uids or any(theme.startswith(code) for code in extent.theme_codes)


def overlap(one: str, other: str) -> bool:
    """Whether one region holds the other; codes have 12 digits."""
    first, second = region_prefix(one), region_prefix(other)
    return first.startswith(second) or second.startswith(first)


def check_request(*, purpose: str, faults: Iterable[FieldError]) -> None:
    """A purpose, and fields without fault. Raises FieldErrors naming every field at fault."""
    found = [*text_faults("purpose", purpose, 500), *faults]
    if found:
        raise FieldErrors(errors=tuple(found))


def check_step(state: str, step: str) -> Transition:
    """The step of an emergency. Raises WrongState."""
    return MACHINE.check(state, step)


def check_request_step(state: str, step: str) -> Transition:
    """The step of an emergency demand. Raises WrongState."""
    return REQUEST_MACHINE.check(state, step)


def check_reviewer(*, reviewer: str, declared_by: str, asked_by: str = "") -> None:
    """Nobody reviews what they declared or asked for themselves. Raises OwnDeclaration, OwnRequest."""
    if reviewer == declared_by:
        raise OwnDeclaration
    if asked_by and reviewer == asked_by:
        raise OwnRequest


def check_judgement(*, state: str, granted: bool, verdict: str, consequence: str, reason: str) -> None:
    """A verdict with its reasons, and a consequence where the use was not justified.

    Raises WrongState while the emergency runs or after it was closed, NeverGranted, FieldErrors.
    """
    MACHINE.check(state, "close")
    if not granted:
        raise NeverGranted
    faults = list(text_faults("reason", reason, 1000))
    if verdict not in set(Verdict):
        faults.append(FieldError("verdict", N_("There is no such verdict."), N_("Choose one of the two.")))
    wanted = verdict == Verdict.UNJUSTIFIED
    if wanted and consequence not in set(Consequence):
        fault = N_("A use that was not justified has a consequence.")
        faults.append(FieldError("consequence", fault, N_("Choose what follows.")))
    if not wanted and consequence:
        fault = N_("A justified use has no consequence.")
        faults.append(FieldError("consequence", fault, N_("Leave it empty.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_close(*, state: str, unreviewed: int, summary: str) -> None:
    """Every grant has been judged, and the review is summed up. Raises WrongState, NotReviewed, FieldErrors."""
    MACHINE.check(state, "close")
    if unreviewed:
        raise NotReviewed(count=unreviewed)
    faults = tuple(text_faults("summary", summary, 2000))
    if faults:
        raise FieldErrors(errors=faults)


def check_reason(reason: str) -> None:
    """An end before the time says why. Raises FieldErrors."""
    faults = tuple(text_faults("reason", reason, 1000))
    if faults:
        raise FieldErrors(errors=faults)


def check_acknowledge(acknowledged_at: datetime | None) -> None:
    """An alert is acknowledged once. Raises Acknowledged."""
    if acknowledged_at is not None:
        raise Acknowledged(at=acknowledged_at)


def check_duty(data: DutyData, *, of_unit: bool) -> None:
    """A person of the unit, a telephone number, and an end after the start. Raises FieldErrors."""
    faults = []
    if not of_unit:
        fault = N_("This person does not work in the unit.")
        faults.append(FieldError("person_uid", fault, N_("Choose somebody of the unit.")))
    faults.extend(text_faults("phone", data.phone, 40))
    if data.ends_at <= data.starts_at:
        fault = N_("The end must be later than the start.")
        faults.append(FieldError("ends_at", fault, N_("Enter a later end.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def number_of(year: int, serial: int) -> str:
    """The number an emergency is filed under: YJ (应急), year, serial of the year."""
    return f"YJ-{year}-{serial:03d}"
