"""The door of subjects."""

from __future__ import annotations

from quanshu.sharing.subjects.events import SubjectEvent
from quanshu.sharing.subjects.models import Mandate, Subject
from quanshu.sharing.subjects.permissions import SubjectPermission
from quanshu.sharing.subjects.queries import (
    ACTING,
    SESSION,
    acting_subject,
    actor_of_subject,
    chosen_subject,
    digest_of,
    find_subject,
    list_mandates,
    number_of,
    own_subject,
    subjects_for,
)
from quanshu.sharing.subjects.rules import covers
from quanshu.sharing.subjects.services import (
    approve_mandate,
    ask_mandate,
    end_mandate,
    ensure_subject,
    give_mandate,
    keep_evidence,
)
from quanshu.sharing.subjects.types import (
    EvidenceFile,
    MandateAsked,
    MandateKind,
    MandateScope,
    MandateState,
    NotMandated,
    Relation,
    SubjectKind,
    SubjectNotFound,
)

__all__ = [
    "ACTING",
    "SESSION",
    "EvidenceFile",
    "Mandate",
    "MandateAsked",
    "MandateKind",
    "MandateScope",
    "MandateState",
    "NotMandated",
    "Relation",
    "Subject",
    "SubjectEvent",
    "SubjectKind",
    "SubjectNotFound",
    "SubjectPermission",
    "acting_subject",
    "actor_of_subject",
    "approve_mandate",
    "ask_mandate",
    "chosen_subject",
    "covers",
    "digest_of",
    "end_mandate",
    "ensure_subject",
    "find_subject",
    "give_mandate",
    "keep_evidence",
    "list_mandates",
    "number_of",
    "own_subject",
    "subjects_for",
]
