"""One search box over entries, services, units and demands, each under its own row rights."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.web.api import Page
from quanshu.sharing.demands.api import Demand
from quanshu.sharing.services.api import Service
from quanshu.supply.catalogue.api import Entry

MOST = 8


def matching(rows: Any, fields: tuple[str, ...], words: list[str]) -> Any:
    """Rows in which every word is found in one of the fields."""
    for word in words:
        clause = Q()
        for name in fields:
            clause |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(clause)
    return rows.distinct()


class Search(Page):
    """Results of the search box in the top bar."""

    title = gettext_lazy("Search")
    template_name = "portal/search.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "").replace("\x00", "").strip()[:100]
        words = text.split()
        return {"q": text, "groups": self.groups(words, text) if words else []}

    def groups(self, words: list[str], text: str) -> list[dict[str, Any]]:
        """Non-empty groups of results, with the address of the full list."""
        found = []
        for label, url, icon, model, fields in sources():
            hits = matching(model.objects.visible_to(self.actor), fields, words)
            count = hits.count()
            if count:
                items = [(str(row), row.get_absolute_url(), row.search_hint()) for row in hits[:MOST]]
                found.append({"label": label, "url": url, "icon": icon, "count": count, "rows": items})
        return found


def sources() -> list[tuple[str, str, str, Any, tuple[str, ...]]]:
    """What is searched: label, full list, icon, model, fields."""
    entry = ("resource_name", "name_en", "abstract", "code", "unit__name", "items__title", "items__name")
    return [
        (_("Catalogue"), "/catalogue/", "books", Entry, entry),
        (_("Services"), "/services/", "plug-connected", Service, ("name", "name_en", "sid", "abstract")),
        (_("Demands"), "/demands/", "messages", Demand, ("title", "purpose", "number")),
        (_("Units"), "/organisation/", "building", Unit, ("name", "name_en", "code")),
    ]
