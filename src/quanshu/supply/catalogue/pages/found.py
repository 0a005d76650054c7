"""What a search found, for people: marked texts, the reason, suggestions while typing."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from quanshu.shared.web.api import Column, Page, registered
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.search.finding import search
from quanshu.supply.catalogue.search.types import Hit, Mark, Place

PLACES = {
    Place.CODE: gettext_lazy("Resource code"),
    Place.TITLE: gettext_lazy("Resource name"),
    Place.ITEM: gettext_lazy("Information item"),
    Place.UNIT: gettext_lazy("Provider"),
    Place.ABSTRACT: gettext_lazy("Abstract"),
}
MOST_SUGGESTED = 8


def marked(mark: Mark) -> SafeString:
    """A text with what was found in it marked."""
    pieces = ((("<mark>", piece, "</mark>") if on else ("", piece, "")) for piece, on in mark.pieces())
    return format_html_join(
        "", "{}{}{}", ((SafeString(before), piece, SafeString(after)) for before, piece, after in pieces)
    )


def marked_title(row: Any) -> Any:
    """The entry's name in the reader's language, marked where a search found something in it."""
    hit: Hit | None = getattr(row, "hit", None)
    for mark in hit.marks if hit else ():
        if mark.place == Place.TITLE and mark.text == row.title and mark.spans:
            return marked(mark)
    return row.title


def reason(row: Any) -> Any:
    """Where the words were found, beside the name that is shown."""
    hit: Hit | None = getattr(row, "hit", None)
    if hit is None:
        return ""
    shown = [mark for mark in hit.marks if mark.spans and not (mark.place == Place.TITLE and mark.text == row.title)]
    lines = [format_html("{}: {}", PLACES[mark.place], marked(mark)) for mark in shown]
    if hit.by_sound:
        lines.append(format_html('<span class="text-secondary">{}</span>', gettext("Found by its sound or spelling")))
    if not lines:
        lines = [format_html("{}", PLACES[Place.TITLE])]
    return format_html_join("", '<div class="small">{}</div>', ((line,) for line in lines))


FOUND_IN = Column("found_in", gettext_lazy("Found in"), value=reason)


def demand_link(request: HttpRequest) -> str | None:
    """Where one asks for data that is not in the catalogue, when such a room is there and open to the actor."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    for item in registered():
        if item.key == "demands" and (not item.permission or item.permission in actor.grants):
            try:
                return reverse(item.url_name)
            except NoReverseMatch:
                return None
    return None


class Suggest(Page):
    """The best few entries for what is being typed: a fragment for HTMX, a plain page without it."""

    permission = CataloguePermission.VIEW
    title = gettext_lazy("Search")
    template_name = "catalogue/suggest.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        text = self.request.GET.get("q", "").strip()
        found = search(actor=self.actor, text=text, limit=MOST_SUGGESTED) if text else None
        rows = []
        for hit in found.hits if found else ():
            hit.entry.hit = hit  # type: ignore[attr-defined]
            rows.append((hit.entry, marked_title(hit.entry), reason(hit.entry)))
        return {"q": text, "rows": rows, "found": found, "fragment": bool(getattr(self.request, "htmx", False))}
