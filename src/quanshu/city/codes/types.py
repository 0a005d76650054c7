"""Values of codes; no Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from quanshu.kernel.codes import (
    ClockSkewed,
    ExpiredCode,
    ForgedCode,
    NotACode,
    NotChosen,
    OnlineOnly,
    OutsideHours,
    ReplayedCode,
    RevokedHolder,
    SceneOff,
    WrongScene,
    WrongVerifier,
)
from quanshu.kernel.errors import Conflict, Invalid, NotFound, Unauthenticated, Unavailable
from quanshu.shared.access.api import Actor

__all__ = [
    "REFUSALS",
    "ClockSkewed",
    "ExpiredCode",
    "ForgedCode",
    "NotACode",
    "NotChosen",
    "OnlineOnly",
    "OutsideHours",
    "ReplayedCode",
    "RevokedHolder",
    "SceneOff",
    "WrongScene",
    "WrongVerifier",
]


class SceneState(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    ENDED = "ended"


class VerifierState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Basis(StrEnum):
    """Under what a scene reads: the holder chose it and showed the code, or a law names it."""

    CONSENT = "consent"
    LAW = "law"


class Proof(StrEnum):
    """How a verifier shows which one it is: its own key, a token, or a signed-in officer at its page."""

    KEY = "key"
    TOKEN = "token"  # noqa: S105 - a way of proving, no secret
    DESK = "desk"


class Source(StrEnum):
    """Where a scene's field comes from: the holder's account on the platform, a data service, or a certificate in the
    holder's safe."""

    ACCOUNT = "account"
    SERVICE = "service"
    CERTIFICATE = "certificate"


class AccountField(StrEnum):
    """What the account itself can tell. `age` is a statement, true or false, and tells no date of birth."""

    NAME = "name"
    NUMBER = "number"
    AGE = "age"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Read:
    """One field that a scene may read. `of` is a service's code and `via` the application whose grant covers it, or
    `of` a type of certificate; `least` is the age to be reached."""

    source: str
    field: str
    title: str = ""
    title_en: str = ""
    of: str = ""
    via: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class SceneData:
    """What a unit states of a scene. `opens` and `closes` are the city's time of day ("HH:MM"), empty for all day."""

    name: str
    purpose: str
    holders: tuple[str, ...]
    reads: tuple[Read, ...]
    basis: str
    name_en: str = ""
    law: str = ""
    offline: bool = False
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data is read: uid, kind, number and name of the subject, and name and uid of who shows the code for it."""

    uid: str
    kind: str
    number: str
    name: str
    agent: str = ""
    agent_uid: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A field as the verifier is told it. `value` is None where nothing was found; `fault` says why it was not read."""

    read: Read
    value: Any = None
    fault: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """For what data is read: the scan's uid as case number, the scene's name, whom the answer is for,
    when, and whether the holder consented to it by choosing the scene."""

    case_number: str
    purpose: str
    audience: str
    by: Actor
    now: datetime
    by_consent: bool = False


class ScenePort(Protocol):
    """Reads a scene's fields of one source for one person."""

    def read(self, reads: Sequence[Read], person: Person, asking: Asking) -> list[Told]:
        """One `Told` a field, in order; a source that does not answer gives faults and raises nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A code that a verifier took off line, and when by its clock (seconds since 1970)."""

    text: str
    at: int


@dataclass(frozen=True, slots=True)
class UploadAnswer:
    """What became of an uploaded code: accepted, known (uploaded before), double, or refused with its code."""

    outcome: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A code as its holder's page shows it."""

    text: str
    lifetime: int
    ends: int
    scene: Any = None
    subject: Any = None
    told: tuple[str, ...] = field(default_factory=tuple)


class CodesNotFound(NotFound):
    code = "codes.not_found"
    message = "There is no such scene, device or record, or you may not see it."
    remedy = "Open the list and choose from there."


class WrongStep(Conflict):
    code = "codes.wrong_state"
    message = "The state does not allow this step now."
    remedy = "Reload the page to see the steps the state allows."


class WrongHolder(Conflict):
    code = "codes.wrong_holder"
    message = "The scene does not take codes of this kind of holder."
    remedy = "Ask for a resident code where residents show it, for an enterprise code where enterprises do."


class Blocked(Conflict):
    code = "codes.blocked"
    message = "Your codes are blocked."
    remedy = "Press “Lift the block”, or ask the city's big data bureau where it was the bureau that blocked them."


class BlockedByBureau(Conflict):
    code = "codes.blocked_by_bureau"
    message = "The bureau blocked these codes; the holder cannot lift it."
    remedy = "Ask the city's big data bureau why, and to lift the block."


class KeyWaiting(Conflict):
    code = "codes.key_waiting"
    message = "A new key is published already and signs from tomorrow."
    remedy = "Wait until it signs, or replace the key at once when it has come into wrong hands."


class BadTyped(Invalid):
    code = "codes.bad_typed"
    message = "There is no code with these digits now."
    remedy = "Type the twelve digits as the page shows them, within their minute, or ask for new ones."


class TooManyGuesses(Conflict):
    code = "codes.too_many_guesses"
    status = 429
    message = "This device has sent too many wrong digits."
    remedy = "Wait five minutes, or scan the picture instead."


class UnknownVerifier(Unauthenticated):
    code = "codes.unknown_verifier"
    message = "The device is not known, or did not prove which one it is."
    remedy = "Send the device's token, or sign the request with its registered key as docs/protocols/codes.md says."


class NoCertificate(NotFound):
    code = "codes.no_certificate"
    message = "The holder holds no such certificate."
    remedy = "Ask the holder to open the digital safe and gather the certificate."


class NotRead(Unavailable):
    code = "codes.not_read"
    message = "The service did not answer."
    remedy = "Ask for a new code and scan again; if it stays so, tell the unit in charge."


REFUSALS = (
    NotACode,
    ForgedCode,
    ExpiredCode,
    ClockSkewed,
    ReplayedCode,
    WrongScene,
    NotChosen,
    WrongVerifier,
    RevokedHolder,
    SceneOff,
    OutsideHours,
    OnlineOnly,
    WrongHolder,
    BadTyped,
    TooManyGuesses,
)
