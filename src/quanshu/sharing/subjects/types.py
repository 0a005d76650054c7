"""Values of subjects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unavailable
from quanshu.kernel.identifiers.subject import SubjectKind

__all__ = [
    "EvidenceFile",
    "MandateAsked",
    "MandateKind",
    "MandateNotFound",
    "MandateScope",
    "MandateState",
    "MandateWrongState",
    "NotMandated",
    "Pending",
    "ProviderMissing",
    "ProviderSilent",
    "Relation",
    "SignInFailed",
    "SubjectKind",
    "SubjectNotFound",
]


class MandateKind(StrEnum):
    """Why one subject may act for another: 监护人, 法定代表人, 受托人."""

    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"
    DELEGATE = "delegate"


class MandateState(StrEnum):
    ASKED = "asked"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


class MandateScope(StrEnum):
    """What a delegate may do for the principal; guardians and legal representatives may do all of it."""

    VIEW = "view"
    CORRECT = "correct"
    DOWNLOAD = "download"
    CONSENT = "consent"
    CERTIFICATES = "certificates"
    CODES = "codes"


class Relation(StrEnum):
    """Why somebody is a guardian (Civil Code, articles 27, 28 and 31)."""

    FATHER = "father"
    MOTHER = "mother"
    OTHER = "other"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that has been looked at and kept: its digest and the name it came under."""

    digest: str
    name: str


@dataclass(frozen=True, slots=True)
class MandateAsked:
    """Who is to be acted for, and why: number and name as the asker gives them; `until` None where it has no end."""

    kind: str
    number: str
    name: str
    relation: str = ""
    scope: tuple[str, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pending:
    """What a sign-in under way has to match: kept in the session, used once."""

    state: str
    nonce: str
    verifier: str
    target: str
    began: float

    def kept(self) -> dict[str, str | float]:
        """As the session keeps it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def read(cls, kept: Mapping[str, str | float] | None) -> Pending | None:
        """From the session; None for what is none."""
        if not kept or set(kept) != set(cls.__slots__):
            return None
        texts = {name: str(kept[name]) for name in ("state", "nonce", "verifier", "target")}
        return cls(**texts, began=float(kept["began"]))


class SubjectNotFound(NotFound):
    code = "subjects.not_found"
    message = "There is no such person or enterprise that you may act for."
    remedy = "Open “My account” and choose one of those listed."


class NotMandated(Forbidden):
    code = "subjects.not_mandated"
    message = "You hold no mandate in force for this person or enterprise."
    remedy = "Ask for one under “Acting for others”, with proof."


class MandateNotFound(NotFound):
    code = "subjects.mandate_not_found"
    message = "There is no such mandate that you may see."
    remedy = "Open “Acting for others” and choose one."


class MandateWrongState(Conflict):
    code = "subjects.mandate_wrong_state"
    message = "The mandate's state does not allow this now."
    remedy = "Open it to see what can be done with it."


class ProviderMissing(Unavailable):
    code = "subjects.provider_missing"
    message = "Sign-in of residents is not set up on this node."
    remedy = "The administrator sets QUANSHU_RESIDENT_OIDC_ISSUER and QUANSHU_RESIDENT_OIDC_CLIENT_ID."


class ProviderSilent(Unavailable):
    code = "subjects.provider_silent"
    message = "The identity provider does not answer as it should."
    remedy = "Try again in a few minutes; if it lasts, tell the service desk."


class SignInFailed(Unauthenticated):
    code = "subjects.sign_in_failed"
    message = "The sign-in could not be completed (%(why)s)."
    remedy = "Begin again from the sign-in page."
