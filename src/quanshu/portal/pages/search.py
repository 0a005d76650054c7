"""One search box over entries, services, units and demands, each under its own row rights."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Page
from quanshu.sharing.demands.api import Demand
from quanshu.sharing.services.api import Service
from quanshu.supply.catalogue.api import Found, Hit, search_entries

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
        found = [self.entries(text)]
        for label, url, icon, model, fields in sources():
            hits = matching(model.objects.visible_to(self.actor), fields, words)
            count = hits.count()
            if count:
                items = [(str(row), row.get_absolute_url(), row.search_hint()) for row in hits[:MOST]]
                found.append({"label": label, "url": url, "icon": icon, "count": count, "rows": items})
        return [group for group in found if group["count"]]

    def entries(self, text: str) -> dict[str, Any]:
        """Entries by the catalogue's own search, with what was found marked."""
        if not allows(self.actor, "catalogue.entry.view"):
            return {"count": 0}
        found: Found = search_entries(actor=self.actor, text=text, limit=MOST)
        return {
            "label": _("Catalogue"),
            "url": "/catalogue/",
            "icon": "books",
            "count": found.total,
            "more": found.more,
            "meant": found.meant,
            "rows": [(str(hit.entry), hit.entry.get_absolute_url(), hit.entry.search_hint()) for hit in found.hits],
            "marked": [marked_row(hit) for hit in found.hits],
        }


def marked_row(hit: Hit) -> dict[str, Any]:
    """A hit for the template: its texts in pieces, the name in the reader's language first."""
    name = hit.entry.title
    titles = [mark for mark in hit.marks if mark.place == "title" and mark.text == name]
    others = [mark for mark in hit.marks if mark.spans and mark not in titles]
    return {
        "url": hit.entry.get_absolute_url(),
        "name": titles[0].pieces() if titles else [(name, False)],
        "hint": hit.entry.search_hint(),
        "others": [mark.pieces() for mark in others],
    }


def sources() -> list[tuple[str, str, str, Any, tuple[str, ...]]]:
    """What is searched: label, full list, icon, model, fields."""
    return [
        (_("Services"), "/services/", "plug-connected", Service, ("name", "name_en", "sid", "abstract")),
        (_("Demands"), "/demands/", "messages", Demand, ("title", "purpose", "number")),
        (_("Units"), "/organisation/", "building", Unit, ("name", "name_en", "code")),
    ]
