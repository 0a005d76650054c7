"""Decisions of the organisation. Pure."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers import BadIdentifier, Uscc
from quanshu.organisation.types import (
    DutyKind,
    DutyTaken,
    LockedOut,
    NotOfUnit,
    TokenExpired,
    UnitData,
    UnitKind,
    UnitLoop,
)

MOST_FAILURES = 5
LOCK_TIME = timedelta(minutes=15)


def check_unit(data: UnitData) -> None:
    """A unit's data: a name, a known kind, a valid USCC. Raises FieldErrors."""
    faults: list[FieldError] = []
    if not data.name.strip():
        faults.append(FieldError("name", N_("This must not be empty."), N_("Enter the unit's name.")))
    if data.kind not in {kind.value for kind in UnitKind}:
        faults.append(FieldError("kind", N_("This kind of unit is not known."), N_("Choose one.")))
    try:
        Uscc.parse(data.code)
    except BadIdentifier:
        faults.append(
            FieldError(
                "code",
                N_("This is not a valid unified social credit code (GB 32100)."),
                N_("Compare all 18 characters with the certificate."),
            )
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_role(*, role_code: str, known: Collection[str], person_unit_path: str, unit_path: str) -> None:
    """A known role, in the unit the person belongs to: an account acts for one unit. Raises FieldErrors."""
    faults = []
    if role_code not in known:
        faults.append(FieldError("role_code", N_("This role is not known."), N_("Choose one.")))
    if person_unit_path != unit_path:
        faults.append(
            FieldError("unit", N_("The person belongs to another unit."), N_("Move the person to the unit first."))
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_move(*, path: str, parent_path: str) -> None:
    """A unit is not moved into its own subtree."""
    if parent_path.startswith(path):
        raise UnitLoop


def check_appointment(
    *,
    kind: str,
    position: str,
    person_unit_path: str,
    person_active: bool,
    unit_path: str,
    person: str,
    unit: str,
    holder: str,
) -> None:
    """A working person of the unit, in a duty nobody holds; a chief is a deputy head (分管领导) with a position.

    Raises FieldErrors, NotOfUnit or DutyTaken.
    """
    faults = []
    if kind not in {member.value for member in DutyKind}:
        faults.append(FieldError("kind", N_("This duty is not known."), N_("Choose one.")))
    if kind == DutyKind.CHIEF and not position.strip():
        faults.append(
            FieldError(
                "position",
                N_("The chief data representative is the deputy head in charge; the position is needed."),
                N_("Enter the position."),
            )
        )
    if faults:
        raise FieldErrors(errors=tuple(faults))
    if person_unit_path != unit_path or not person_active:
        raise NotOfUnit(person=person, unit=unit)
    if holder:
        raise DutyTaken(unit=unit, person=holder)


def check_not_locked(*, locked_until: datetime | None, now: datetime) -> None:
    """Whether sign-in may be tried."""
    if locked_until is not None and locked_until > now:
        raise LockedOut


def lock_after(*, failures: int, now: datetime) -> datetime | None:
    """Until when an account is locked after so many failures in a row; None when it is not."""
    return now + LOCK_TIME if failures >= MOST_FAILURES else None


def check_token_days(days: int) -> None:
    """A token's life in days."""
    if not 1 <= days <= 365:
        raise TokenExpired


def complete(*, chief: bool, steward: bool, office: bool) -> bool:
    """Whether a unit has all that clause 3.1 asks for."""
    return chief and steward and office
