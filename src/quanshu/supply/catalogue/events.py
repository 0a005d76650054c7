"""What happens in the catalogue, told to higher rooms through the outbox."""

from __future__ import annotations

from enum import StrEnum


class CatalogueEvent(StrEnum):
    CREATED = "catalogue.entry.created"
    UPDATED = "catalogue.entry.updated"
    GRADED = "catalogue.entry.graded"
    SUBMITTED = "catalogue.entry.submitted"
    RETURNED = "catalogue.entry.returned"
    PUBLISHED = "catalogue.entry.published"
    REVISED = "catalogue.entry.revised"
    WITHDRAWN = "catalogue.entry.withdrawn"
    EXEMPTION_ASKED = "catalogue.exception.asked"
    EXEMPTED = "catalogue.exception.agreed"
    EXEMPTION_REFUSED = "catalogue.exception.refused"
    EXEMPTION_ENDED = "catalogue.exception.ended"
    REPOINTED = "catalogue.entry.repointed"
    ASSESSMENT_QUEUED = "catalogue.migration.queued"
    ASSESSED = "catalogue.migration.assessed"
