"""Values of subjects."""

from __future__ import annotations

from enum import StrEnum

from quanshu.kernel.errors import Forbidden, NotFound
from quanshu.kernel.identifiers.subject import SubjectKind

__all__ = ["MandateKind", "NotMandated", "SubjectKind", "SubjectNotFound"]


class MandateKind(StrEnum):
    """Why one subject may act for another: 监护人, 法定代表人, 受托人."""

    GUARDIAN = "guardian"
    LEGAL_REPRESENTATIVE = "legal_representative"
    DELEGATE = "delegate"


class SubjectNotFound(NotFound):
    code = "subjects.not_found"
    message = "There is no such person or enterprise that you may act for."
    remedy = "Open “My account” and choose one of those listed."


class NotMandated(Forbidden):
    code = "subjects.not_mandated"
    message = "You hold no mandate in force for this person or enterprise."
    remedy = "Ask for one under “Acting for others”, with proof."
