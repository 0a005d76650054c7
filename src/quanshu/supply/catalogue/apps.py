"""The catalogue as a Django app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

RIGHTS = {
    "catalogue.entry.view": _("See catalogue entries"),
    "catalogue.entry.edit": _("Change catalogue entries"),
    "catalogue.entry.submit": _("Submit catalogue entries"),
    "catalogue.entry.publish": _("Publish catalogue entries"),
    "catalogue.entry.withdraw": _("Withdraw catalogue entries"),
    "catalogue.entry.grade": _("Grade catalogue entries"),
    "catalogue.entry.exempt": _("Exempt catalogue entries"),
    "catalogue.entry.repoint": _("Point catalogue entries to other tables"),
    "catalogue.migration.assess": _("Assess migrations to a standard"),
}
KINDS = {
    "catalogue.entry": _("Catalogue entry"),
    "catalogue.migration": _("Migration to a standard"),
}
JOBS = {
    "catalogue.assess": _("Assess a migration to a standard"),
}


class CatalogueConfig(AppConfig):
    name = "quanshu.supply.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        from quanshu.shared.access.api import register_rights
        from quanshu.shared.audit.api import register_actions, register_kinds
        from quanshu.shared.jobs.api import register_jobs
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.catalogue.search.index import heal
        from quanshu.supply.catalogue.services import seed_classification

        post_migrate.connect(heal, sender=self, dispatch_uid="catalogue.search")
        post_migrate.connect(seed_classification, sender=self, dispatch_uid="catalogue.classification")
        register_labels(
            {
                "catalogue.review": _("Review a catalogue entry"),
            }
        )
        register_pages()
        register_actions(actions())
        register_rights(RIGHTS)
        register_kinds(KINDS)
        register_jobs(JOBS)


def actions() -> dict[str, Any]:
    """What happens in the catalogue, as the trail tells it."""
    from quanshu.supply.catalogue.events import CatalogueEvent as E

    return {
        E.CREATED: _("Entry created"),
        E.UPDATED: _("Entry changed"),
        E.GRADED: _("Items graded"),
        E.SUBMITTED: _("Submitted for review"),
        E.RETURNED: _("Returned"),
        E.PUBLISHED: _("Published"),
        E.REVISED: _("Next version opened"),
        E.WITHDRAWN: _("Taken out of force"),
        E.EXEMPTED: _("Left out of what must land"),
        E.MUST_LAND: _("Taken into what must land again"),
        E.REPOINTED: _("Data read from another table"),
        E.ASSESSMENT_QUEUED: _("Entries to be held against the standard"),
        E.ASSESSED: _("Entries held against the standard"),
    }


def register_pages() -> None:
    """The catalogue's places in the navigation."""
    from quanshu.shared.web.api import NavItem, register

    register(
        NavItem(
            "catalogue",
            _("Catalogue"),
            "catalogue:entries",
            "list-search",
            "find",
            10,
            "catalogue.entry.view",
        )
    )
    register(
        NavItem(
            "classification",
            _("Classification"),
            "catalogue:classification",
            "sitemap",
            "find",
            12,
            "catalogue.entry.view",
        )
    )
