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
    EXEMPTED = "catalogue.entry.exempted"
    MUST_LAND = "catalogue.entry.unexempted"
    REPOINTED = "catalogue.entry.repointed"
    ASSESSMENT_QUEUED = "catalogue.migration.queued"
    ASSESSED = "catalogue.migration.assessed"
