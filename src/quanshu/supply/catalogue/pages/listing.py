"""The list of entries with its facets, and the tree of classes."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, ListPage, Page
from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Classification
from quanshu.supply.catalogue.pages import found, labels
from quanshu.supply.catalogue.pages.buttons import Spot, buttons_at
from quanshu.supply.catalogue.permissions import CataloguePermission
from quanshu.supply.catalogue.search.listing import Listing
from quanshu.supply.catalogue.types import GRADE_ORDER, FacetOption

# What makes room for the column that says where words were found.
LEFT_OUT = ("class", "landed", "updated_at")
GRADE_OF_RANK = {rank: grade for grade, rank in GRADE_ORDER.items()}


def grade_of(row: Any) -> str:
    """The highest grade of a row annotated by `with_grade`."""
    return GRADE_OF_RANK.get(row.grade_rank, "")


class Entries(ListPage):
    """Every entry one may see: search, facets with counts, sort, export."""

    permission = CataloguePermission.VIEW
    title = _("Catalogue")
    template_name = "catalogue/entries.html"
    search_hint = _("Name, field, unit or code; pinyin and initials work too")
    order = "-updated_at"
    export_name = "catalogue"
    empty_title = _("The catalogue is empty")
    empty_hint = _("A data steward creates the first entry with “New entry”.")
    columns = (
        Column("name", _("Resource name"), value=found.marked_title, sort="resource_name",
               link=lambda row: row.get_absolute_url()),
        Column("code", _("Resource code"), sort="code", kind="code", phone=False),
        Column("unit", _("Provider"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("class", _("Classification"), value=lambda row: row.classification.title,
               sort="classification__code", phone=False),
        Column("share", _("Share type"), value=lambda row: labels.SHARE_TYPES.get(row.share_type, row.share_type),
               sort="share_type", kind="badge", tone=lambda row: labels.SHARE_TONES.get(row.share_type, "secondary")),
        Column("grade", _("Highest grade"), value=lambda row: labels.grade_label(grade_of(row)), sort="grade_rank",
               kind="badge", tone=lambda row: labels.GRADE_TONES.get(grade_of(row), "secondary"), phone=False),
        Column("state", _("State"), value=lambda row: labels.state_of(row)[0], sort="state", kind="badge",
               tone=lambda row: labels.state_of(row)[1]),
        Column("landed", _("Landed rows"), value="landed_rows", sort="landed_rows", kind="number", phone=False),
        Column("mounted", _("Service mounted"),
               value=lambda row: labels.FACET_VALUES["mounted"]["1" if row.mounted else "0"],
               sort="mounted", kind="badge", tone=lambda row: "green" if row.mounted else "secondary", phone=False),
        Column("updated_at", _("Updated"), sort="updated_at", kind="date", phone=False),
    )  # fmt: skip

    def chosen(self) -> dict[str, str]:
        """The facets in the URL."""
        asked = self.request.GET
        return {facet: asked[facet].strip() for facet in queries.FACETS if asked.get(facet, "").strip()}

    @cached_property
    def listing(self) -> Listing:
        """What the words and facets of the address ask for."""
        return Listing(self.actor, self.request.GET.get("q", ""), self.chosen())

    def narrowed(self) -> Any:
        """The rows as the actor may see them; the best first unless the address asks for a column's order."""
        if self.listing.text and not self.request.GET.get("export"):
            kept = [column for column in self.columns if column.key not in LEFT_OUT]
            self.columns = (kept[0], found.FOUND_IN, *kept[1:])  # type: ignore[assignment, misc]
        best_first = self.listing.text and not self.request.GET.get("sort")
        return self.listing.rows(None if best_first else self.sorting())

    def actions(self) -> list[Action]:
        unfit = reverse("catalogue:migration-now")
        found = buttons_at(Spot.LIST, self.actor, self.request.GET.urlencode())
        if allows(self.actor, "standards.version.view"):
            found = [*found, Action(str(_("Entries that do not fit")), unfit, "list-check", "outline-primary", "get")]
        if not queries.units_to_edit(self.actor).exists():
            return found
        return [Action(str(_("New entry")), reverse("catalogue:entry-create"), icon="plus", method="get"), *found]

    def context(self, **kwargs: Any) -> dict[str, Any]:
        chosen = self.chosen()
        options = queries.facet_options(self.listing.found(), chosen)
        text = self.listing.text
        return {
            "best_first": text and not self.request.GET.get("sort"),
            "meant": self.listing.meant(),
            "ways": buttons_at(Spot.NOTHING, self.actor, text) if text else [],
            "demand": found.demand_link(self.request) if text else None,
            "chosen": chosen,
            "facets": [self.facet_row(facet, options[facet], chosen.get(facet, "")) for facet in queries.FACETS],
            "narrowed": bool(chosen or text),
        }

    def link(self, facet: str, value: str) -> str:
        """The present address with one facet set, or cleared by an empty value."""
        asked = self.request.GET.copy()
        for key in (facet, "page", "export"):
            asked.pop(key, None)
        if value:
            asked[facet] = value
        return f"?{asked.urlencode()}"

    def facet_row(self, facet: str, options: tuple[FacetOption, ...], value: str) -> dict[str, Any]:
        """One facet for the template: its label and its values with counts and names."""
        return {
            "label": labels.FACETS[facet],
            "value": value,
            "clear": self.link(facet, ""),
            "options": [
                {
                    "count": option.count,
                    "label": option_label(facet, option),
                    "url": self.link(facet, option.value),
                    "chosen": option.value == value,
                    "above": facet == "class" and option.value != value and value.startswith(option.value),
                }
                for option in options
            ],
        }


def option_label(facet: str, option: FacetOption) -> str:
    """The name of a facet's value in the reader's language."""
    if option.name:
        english = (get_language() or "").startswith("en") and option.name_en
        return option.name_en if english else option.name
    if facet == "state":
        return labels.state_label(option.value)
    return str(labels.FACET_VALUES[facet].get(option.value, option.value))


class ClassificationTree(Page):
    """The classes of the standard with the number of entries under each."""

    permission = CataloguePermission.VIEW
    title = _("Classification")
    subtitle = _("Categories, items, subjects and details by the guide to compiling catalogues (2017)")
    template_name = "catalogue/classification.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        counts = queries.class_counts(self.actor)
        children: dict[int | None, list[dict[str, Any]]] = {}
        for row in Classification.objects.order_by("code"):
            node: dict[str, Any] = {
                "row": row,
                "count": counts.get(row.code, 0),
            }
            children.setdefault(row.parent_id, []).append(node)
        for nodes in children.values():
            for node in nodes:
                node["children"] = children.get(node["row"].pk, [])
        return {"tree": children.get(None, [])}
