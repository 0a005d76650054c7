"""What registration tells others about."""

from __future__ import annotations

from enum import StrEnum


class RegistrationEvent(StrEnum):
    DRAFTED = "registration.application.drafted"
    SUBMITTED = "registration.application.submitted"
    HANDED = "registration.application.handed"
    ACCEPTED = "registration.application.accepted"
    DECLINED = "registration.application.declined"
    PASSED = "registration.application.passed"
    PUBLISHED = "registration.application.published"
    RETURNED = "registration.application.returned"
    REFUSED = "registration.application.refused"
    WITHDRAWN = "registration.application.withdrawn"
    OBJECTED = "registration.objection.filed"
    OBJECTION_DECIDED = "registration.objection.decided"
    MATERIAL_ADDED = "registration.material.added"
    MATERIAL_REMOVED = "registration.material.removed"
    MATERIAL_JUDGED = "registration.material.judged"
    MATERIAL_READ = "registration.material.read"
    ISSUED = "registration.certificate.issued"
    CANCELLED = "registration.certificate.cancelled"
