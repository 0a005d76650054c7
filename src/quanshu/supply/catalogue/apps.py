"""The catalogue as a Django app."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

SEED = Path(__file__).parent / "data/classification.csv"


def seed(**kwargs: Any) -> None:
    """The shipped classification, after each migrate."""
    from quanshu.supply.catalogue.services import load_classification

    with SEED.open(encoding="utf-8", newline="") as file:
        load_classification(list(csv.DictReader(file)))


class CatalogueConfig(AppConfig):
    name = "quanshu.supply.catalogue"
    label = "catalogue"

    def ready(self) -> None:

        from quanshu.shared.audit.api import register_actions
        from quanshu.shared.web.api import NavItem, register
        from quanshu.shared.workflow.api import register_labels
        from quanshu.supply.catalogue.events import CatalogueEvent as E
        from quanshu.supply.catalogue.services import seed_classification

        post_migrate.connect(seed_classification, sender=self)
        register_labels({"catalogue.review": _("Review a catalogue entry")})
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
        register_labels({"catalogue.review": _("Review a catalogue entry")})
        post_migrate.connect(seed, sender=self, dispatch_uid="catalogue.classification")
        register_actions(
            {
                E.CREATED: _("Entry created"),
                E.UPDATED: _("Entry changed"),
                E.GRADED: _("Items graded"),
                E.SUBMITTED: _("Submitted for review"),
                E.RETURNED: _("Returned"),
                E.PUBLISHED: _("Published"),
                E.REVISED: _("Next version opened"),
                E.WITHDRAWN: _("Withdrawn"),
            }
        )
