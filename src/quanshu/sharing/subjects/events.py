"""What happens to subjects; names of audit actions and outbox events."""

from __future__ import annotations

from enum import StrEnum


class SubjectEvent(StrEnum):
    ENROLLED = "subjects.subject.enrolled"
    SIGNED_IN = "subjects.subject.signed_in"
    SIGNED_OUT = "subjects.subject.signed_out"
    SIGN_IN_REFUSED = "subjects.subject.sign_in_refused"
    ACTED_FOR = "subjects.subject.acted_for"
    MANDATE_ASKED = "subjects.mandate.asked"
    MANDATE_GIVEN = "subjects.mandate.given"
    MANDATE_REFUSED = "subjects.mandate.refused"
    MANDATE_WITHDRAWN = "subjects.mandate.withdrawn"
    MANDATE_ENDED = "subjects.mandate.ended"
    EVIDENCE_KEPT = "subjects.mandate.evidence_kept"
    EVIDENCE_READ = "subjects.mandate.evidence_read"
