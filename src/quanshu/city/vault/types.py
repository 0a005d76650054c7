"""Values of the vault; no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from quanshu.kernel.errors import Conflict, Invalid, NotFound, TooMany
from quanshu.kernel.identifiers.subject import SubjectKind


class ClaimKind(StrEnum):
    """How a claim's value is read and shown. `over` is derived: whether its holder has reached so many years."""

    TEXT = "text"
    DAY = "day"
    CODE = "code"
    NUMBER = "number"
    FLAG = "flag"
    OVER = "over"


class CertificateState(StrEnum):
    """Erased means that the key of its content is destroyed."""

    VALID = "valid"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    ERASED = "erased"


class WorkState(StrEnum):
    RUNNING = "running"
    DONE = "done"


class RequestState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    DECLINED = "declined"


class Purpose(StrEnum):
    """What a signing key is for: credentials and status lists, seals on PDF files, certificates of seals."""

    CREDENTIAL = "credential"
    SEAL = "seal"
    AUTHORITY = "authority"


@dataclass(frozen=True, slots=True)
class ClaimSpec:
    """One claim of a type: where it comes from, what it is called, whether its holder may keep it back."""

    name: str
    title: str
    title_en: str
    kind: ClaimKind = ClaimKind.TEXT
    column: str = ""
    hidden: bool = True
    required: bool = True
    codes: Mapping[str, str] = field(default_factory=dict)
    years: int = 0


@dataclass(frozen=True, slots=True)
class CertificateType:
    """A kind of certificate, read from `data/types.toml`.

    `number` names the claim that tells two certificates of one subject apart; empty when a subject has one at most.
    `holders` pairs the claims that hold a holder's number, which are columns of the same name, with those of its name.
    `conditions` are (column, operator, values) that a record must fulfil. `validity` is "none", "years:N" or "id_card".
    """

    code: str
    name: str
    name_en: str
    subject: SubjectKind
    claims: tuple[ClaimSpec, ...]
    holders: tuple[tuple[str, str], ...]
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...]
    number: str
    validity: str
    birth: str
    statement: str
    accent: str
    seal: str

    @property
    def vct(self) -> str:
        """The type's name in a credential (SD-JWT VC, 3.2.2.1)."""
        return f"urn:quanshu:certificate:{self.code}"

    def claim(self, name: str) -> ClaimSpec | None:
        return next((claim for claim in self.claims if claim.name == name), None)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A data key encrypted under a version of the master key."""

    version: int
    text: str


class KeyService(Protocol):
    """The port to whatever keeps the master key: files of the node, or a key management system.

    `context` is bound to a wrapped key and must be given again to open it.
    """

    def current(self) -> int:
        """The version that new keys are wrapped under."""
        ...

    def advance(self) -> int:
        """Make a new version and use it from now on; answers its number."""
        ...

    def create(self, context: str) -> Wrapped:
        """A new data key, wrapped under the current version."""
        ...

    def unwrap(self, wrapped: Wrapped, context: str) -> bytes:
        """The data key. Raises `kernel.open_failed` for another context, `vault.key_gone` for a destroyed version."""
        ...

    def rewrap(self, wrapped: Wrapped, context: str) -> Wrapped:
        """The same data key under the current version; unchanged when it is there already."""
        ...

    def destroy(self, version: int) -> None:
        """Destroy a version for good: nothing wrapped under it opens any more."""
        ...


@dataclass(frozen=True, slots=True)
class Shown:
    """One claim for a reader: its name, what it is called, its value as text."""

    name: str
    label: str
    value: str
    hidden: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a presentation proves. `fault` is empty when it holds; then `shown` may be relied on.

    `state` is valid, suspended, revoked, expired or unknown; `bound` whether its holder's key signed for `audience`.
    """

    state: str
    type_code: str = ""
    issuer: str = ""
    shown: tuple[Shown, ...] = ()
    bound: bool = False
    audience: str = ""
    issued_at: int | None = None
    expires_at: int | None = None
    presented_at: int | None = None
    fault: str = ""
    code: str = ""

    @property
    def holds(self) -> bool:
        return not self.fault


class UnknownType(Invalid):
    code = "vault.unknown_type"
    message = "There is no type of certificate “%(type)s”."
    remedy = "Choose one of: %(known)s."


class NoSuchType(NotFound):
    code = "vault.no_such_type"
    message = "There is no such type of certificate."
    remedy = "Choose one from the list."


class NoIssuer(NotFound):
    code = "vault.no_issuer"
    message = "No unit that you may act for issues this type of certificate."
    remedy = "Ask the bureau to register your unit as its issuer."


class NoRecord(Conflict):
    code = "vault.no_record"
    message = "The issuer's records hold nothing for this number that a certificate could be issued from."
    remedy = "Compare the number with the identity card or licence; if it is right, correct the record first."


class NoRecords(Conflict):
    code = "vault.no_records"
    message = "The issuer has no table with records, so the certificate cannot be issued from them."
    remedy = "Name the table of the issuer's records, or give the claims in the request."


class WrongSubject(Conflict):
    code = "vault.wrong_subject"
    message = "The type is not issued to this kind of holder."
    remedy = "Give a citizen ID for a person, a credit code for an enterprise, as the type says."


class CertificateNotFound(NotFound):
    code = "vault.not_found"
    message = "There is no such certificate."
    remedy = "Open the list and choose from there."


class CertificateEnded(Conflict):
    code = "vault.ended"
    message = "The certificate is not valid now."
    remedy = "Receive the present one from its issuer, or ask the issuer for the reason."


class KeyGone(Conflict):
    code = "vault.key_gone"
    message = "The key of this content has been destroyed; nobody can read it any more."
    remedy = "Receive the certificate from its issuer again."


class KeyInUse(Conflict):
    code = "vault.key_in_use"
    message = "This version of the master key is current, or keys are still wrapped under it."
    remedy = "Rotate the master key and wait until every key is wrapped anew."


class RotationUnderWay(Conflict):
    code = "vault.rotation_under_way"
    message = "A rotation of the master key is under way."
    remedy = "Wait until it is done."


class NotDisclosable(Invalid):
    code = "vault.not_disclosable"
    message = "The certificate has no claim “%(claim)s” to show."
    remedy = "Choose from the claims listed on its page."


class LinkNotFound(NotFound):
    code = "vault.link_not_found"
    message = "There is no presentation under this link."
    remedy = "Ask its holder for a new one."


class LinkSpent(Conflict):
    code = "vault.link_spent"
    message = "This presentation has been opened already; a link opens once."
    remedy = "Ask its holder for a new one."


class LinkExpired(Conflict):
    code = "vault.link_expired"
    message = "The link to this presentation has expired."
    remedy = "Ask its holder for a new one."


class RequestNotFound(NotFound):
    code = "vault.request_not_found"
    message = "There is no such request."
    remedy = "Scan the code again, or ask the verifier for a new one."


class RequestOver(Conflict):
    code = "vault.request_over"
    message = "The request has been answered, declined or has expired."
    remedy = "Ask the verifier for a new one."


class ClaimsMissing(Conflict):
    code = "vault.claims_missing"
    message = "The verifier needs these claims too: %(claims)s."
    remedy = "Show them, or decline the request."


class TooManyChecks(TooMany):
    code = "vault.too_many_checks"
    message = "Too many certificates were checked from this address."
    remedy = "Wait a minute and try again."


class Unreadable(Invalid):
    code = "vault.unreadable"
    message = "This is no presentation of a certificate: %(fault)s"
    remedy = "Give the whole text as its holder sent it, or open the link once more."


class SealBroken(Invalid):
    code = "vault.seal_broken"
    message = "The electronic seal does not hold: the file was changed, or the seal is not of a unit of this node."
    remedy = "Do not rely on it; ask its holder for the file as downloaded."


class NotInForce(Conflict):
    code = "vault.not_in_force"
    message = "The seal holds, but the certificate is not in force any more."
    remedy = "Ask its holder for the present one."
