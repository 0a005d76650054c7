"""The door of subjects."""

from __future__ import annotations

from quanshu.sharing.subjects.models import Mandate, Subject
from quanshu.sharing.subjects.permissions import SubjectPermission
from quanshu.sharing.subjects.queries import (
    SESSION,
    acting_subject,
    actor_of_subject,
    digest_of,
    find_subject,
    number_of,
    own_subject,
    subjects_for,
)
from quanshu.sharing.subjects.services import ensure_subject
from quanshu.sharing.subjects.types import MandateKind, NotMandated, SubjectKind, SubjectNotFound

__all__ = [
    "SESSION",
    "Mandate",
    "MandateKind",
    "NotMandated",
    "Subject",
    "SubjectKind",
    "SubjectNotFound",
    "SubjectPermission",
    "acting_subject",
    "actor_of_subject",
    "digest_of",
    "ensure_subject",
    "find_subject",
    "number_of",
    "own_subject",
    "subjects_for",
]
