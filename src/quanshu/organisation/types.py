"""Values of the organisation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound, TooMany, Unauthenticated


class UnitKind(StrEnum):
    PLATFORM = "platform"
    DEPARTMENT = "department"
    COMPANY = "public_service_company"
    DISTRICT = "district"
    ZONE = "functional_zone"
    STREET = "street"
    VILLAGE = "village"


class DutyKind(StrEnum):
    """Clause 3.1: 首席代表, 数据专管员; the 数据管理内设机构 is text on the unit."""

    CHIEF = "chief"
    STEWARD = "steward"


@dataclass(frozen=True, slots=True)
class UnitData:
    """What is entered for a unit. `code` is its USCC."""

    name: str
    kind: str
    code: str
    name_en: str = ""
    parent_uid: str = ""
    region_code: str = ""
    office_name: str = ""
    office_phone: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """What a unit lacks of clause 3.1."""

    unit_uid: str
    unit_name: str
    kind: str
    chief: str
    steward: str
    office: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of what is missing: chief, steward, office."""
        parts = (("chief", self.chief), ("steward", self.steward), ("office", self.office))
        return tuple(name for name, value in parts if not value)


@dataclass(frozen=True, slots=True)
class DutyFigures:
    """Units with a chief data representative, a data steward and a data office / units."""

    units: int
    complete: int
    chiefs: int
    stewards: int
    offices: int

    @property
    def rate(self) -> float | None:
        return self.complete / self.units if self.units else None


class UnitNotFound(NotFound):
    code = "organisation.unit_not_found"
    message = "There is no unit “%(unit)s” that you may see."
    remedy = "Open the list of units and choose one."


class PersonNotFound(NotFound):
    code = "organisation.person_not_found"
    message = "There is no person “%(person)s” that you may see."
    remedy = "Open the list of people and choose one."


class RegionNotFound(NotFound):
    code = "organisation.region_not_found"
    message = "There is no region with the code %(code)s on %(day)s."
    remedy = "Search the regions by name; codes change between editions."


class UnitInUse(Conflict):
    code = "organisation.unit_in_use"
    message = "The unit %(unit)s still has units or people below it."
    remedy = "Move them to another unit first."


class UnitLoop(Conflict):
    code = "organisation.unit_loop"
    message = "A unit cannot be moved below itself."
    remedy = "Choose another unit above it."


class DutyTaken(Conflict):
    code = "organisation.duty_taken"
    message = "%(unit)s already has somebody in this duty: %(person)s."
    remedy = "Replace the present holder instead; a unit has exactly one."


class NoDuty(Conflict):
    code = "organisation.no_duty"
    message = "Nobody holds this duty in the unit."
    remedy = "Appoint somebody first."


class NotOfUnit(Conflict):
    code = "organisation.not_of_unit"
    message = "%(person)s does not work in %(unit)s."
    remedy = "Appoint a person of the unit, or move the person first."


class HoldsDuty(Conflict):
    code = "organisation.holds_duty"
    message = "%(person)s holds a duty in %(unit)s."
    remedy = "Replace the holder of the duty first, then move the person."


class HasAccount(Conflict):
    code = "organisation.has_account"
    message = "%(person)s already has an account: %(name)s."
    remedy = "Reset its password instead."


class NameTaken(Conflict):
    code = "organisation.name_taken"
    message = "The sign-in name %(name)s is in use."
    remedy = "Choose another."


class WrongCredentials(Unauthenticated):
    code = "organisation.wrong_credentials"
    message = "The sign-in name or password is wrong."
    remedy = "Check both and try again; after five failures the account is locked for 15 minutes."


class CodeNeeded(Unauthenticated):
    code = "organisation.code_needed"
    message = "This account asks for a one-time code."
    remedy = "Enter the six digits your authenticator shows, or a recovery code."


class WrongCode(Unauthenticated):
    code = "organisation.wrong_code"
    message = "The one-time code is wrong or has been used."
    remedy = "Wait for the next code and enter it."


class LockedOut(TooMany):
    code = "organisation.locked_out"
    message = "The account is locked after five failed attempts."
    remedy = "Wait 15 minutes, or ask the platform administrator to unlock it."


class WeakPassword(Invalid):
    code = "organisation.weak_password"
    message = "The password is not accepted: %(faults)s"
    remedy = "Choose at least ten characters that are not a common password and not your name."


class TokenExpired(Invalid):
    code = "organisation.bad_token_life"
    message = "A token lives 1 to 365 days."
    remedy = "Enter a number of days in that range."


class TokenNotFound(NotFound):
    code = "organisation.token_not_found"
    message = "There is no such token in force."
    remedy = "Reload your account page to see your tokens."


class ProgramNotFound(NotFound):
    code = "organisation.program_not_found"
    message = "There is no program “%(program)s” that you may see."
    remedy = "Open its unit's page and choose one."
