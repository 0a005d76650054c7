"""Any two versions of an entry side by side, in the reader's words, with what went and what came marked."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from quanshu.shared.web.api import Page
from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Entry, in_language
from quanshu.supply.catalogue.pages import labels
from quanshu.supply.catalogue.permissions import CataloguePermission as P
from quanshu.supply.catalogue.rules.comparing import FieldChange, ItemChange, compare_versions, marks_between
from quanshu.supply.standards.api import Standard

# Texts above this length are shown as one with marks; shorter values side by side.
LONG = 24
SHOWN_OF_ITEM = ("data_type", "length", "is_key", "required", "personal", "grade", "code_list")


class Versions(Page):
    """What changed between any two published versions, or since one of them."""

    permission = P.VIEW
    template_name = "catalogue/versions.html"

    @cached_property
    def entry(self) -> Entry:
        return queries.get_entry(actor=self.actor, uid=self.kwargs["uid"])

    @cached_property
    def standard(self) -> Standard:
        return queries.standard_of_entry(self.entry)

    def page_title(self) -> str:
        return _("Versions of %(name)s") % {"name": self.entry.title}

    def crumbs(self) -> Any:
        return ((_("Catalogue"), reverse("catalogue:entries")), (self.entry.title, self.entry.get_absolute_url()))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        entry = self.entry
        versions = list(entry.versions.all())
        drafts = entry.state in {"draft", "review"} and queries.sees_drafts(self.actor, entry)
        context: dict[str, Any] = {"entry": entry, "versions": versions, "drafts": drafts}
        if not versions:
            return context
        newest = None if drafts else versions[0].number
        before = self.asked("from", versions[1].number if len(versions) > 1 and not drafts else versions[0].number)
        after = self.asked("to", newest)
        if after is None and not drafts:
            after = versions[0].number
        found = compare_versions(*queries.two_versions(entry, before or 0, after))
        return {
            **context,
            "before": before,
            "after": after,
            "same": found.same,
            "moved": found.moved,
            "fields": [field_row(change, self.standard) for change in found.fields],
            "items": [item_row(change, self.standard) for change in found.items],
        }

    def asked(self, key: str, default: int | None) -> int | None:
        """A version number from the URL; "now" is the entry as it stands."""
        text = self.request.GET.get(key, "")
        if text == "now":
            return None
        return int(text) if text.isdecimal() and len(text) < 9 else default


def field_row(change: FieldChange, standard: Standard) -> dict[str, Any]:
    """A changed value in words; long texts as one text with marks."""
    before = labels.readable(change.field, change.before, standard)
    after = labels.readable(change.field, change.after, standard)
    long = isinstance(change.before, str) and isinstance(change.after, str) and max(len(before), len(after)) > LONG
    return {
        "label": labels.field_label(change.field, standard),
        "before": before,
        "after": after,
        "marks": marks_between(change.before, change.after) if long and change.before and change.after else (),
    }


def item_row(change: ItemChange, standard: Standard) -> dict[str, Any]:
    """An added, removed or changed item in words."""
    told = [
        (labels.ITEM_FIELDS[name], labels.readable(name, change.item.get(name), standard))
        for name in SHOWN_OF_ITEM
        if change.item.get(name)
    ]
    kinds = {"added": (_("Added"), "green"), "removed": (_("Taken out"), "red"), "changed": (_("Changed"), "blue")}
    what, tone = kinds[change.kind]
    return {
        "name": change.name,
        "title": in_language(change.title, change.title_en),
        "kind": change.kind,
        "what": what,
        "tone": tone,
        "told": told,
        "changes": [field_row(each, standard) for each in change.changes],
    }
