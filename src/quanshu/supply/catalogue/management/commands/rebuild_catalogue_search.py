"""`quanshu manage rebuild_catalogue_search`: makes the search index of the catalogue anew."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from quanshu.supply.catalogue.search.index import rebuild


class Command(BaseCommand):
    help = "Make the search index of the catalogue anew from its entries."

    def handle(self, *args: Any, **options: Any) -> None:
        written = rebuild()
        self.stdout.write(f"{written} texts written, the index made anew.")
