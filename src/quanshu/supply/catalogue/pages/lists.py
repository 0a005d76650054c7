"""The list of entries with its facets, and the tree of classes."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import Action, Column, Filter, ListPage
from quanshu.supply.catalogue import queries
from quanshu.supply.catalogue.models import Classification
from quanshu.supply.catalogue.pages.labels import GRADES, SHARE_TYPES, STATE_TONES, STATES
from quanshu.supply.catalogue.permissions import CataloguePermission as P

YES_NO = [("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))]


def units(page: Any) -> list[tuple[str, str]]:
    """Units that have entries, for the filter, with how many."""
    rows = page.queryset().order_by().values("unit__uid", "unit__name").annotate(n=Count("pk")).order_by("-n")
    return [(row["unit__uid"], f"{row['unit__name']} ({row['n']})") for row in rows]


def classes(page: Any) -> list[tuple[str, str]]:
    """Classes down to the second level."""
    return [(row.code, str(row)) for row in Classification.objects.filter(level__lte=2)]


def landed(page: Any, rows: Any, value: str) -> Any:
    """With or without rows in the lake."""
    return rows.filter(landed_rows__isnull=value == "0")


def mounted(page: Any, rows: Any, value: str) -> Any:
    """With or without a service that answers."""
    return rows.filter(mounted=value == "1")


def in_class(page: Any, rows: Any, code: str) -> Any:
    """Within a class and those below it."""
    return rows.filter(classification__code__startswith=code)


def graded(page: Any, rows: Any, grade: str) -> Any:
    """Holding an item of the grade."""
    return rows.filter(items__grade=grade).distinct()


class Entries(ListPage):
    """Every entry the actor may see."""

    title = gettext_lazy("Catalogue")
    permission = P.VIEW
    template_name = "catalogue/entries.html"
    search = ("resource_name", "name_en", "abstract", "code", "unit__name", "items__title", "items__name")
    search_hint = gettext_lazy("Name, code, field or unit")
    order = "-updated"
    export_name = "catalogue"
    empty_title = gettext_lazy("No entry yet")
    empty_hint = gettext_lazy("A data steward adds the first one.")
    filters = (
        Filter("state", gettext_lazy("State"), choices=list(STATES.items()), field="state"),
        Filter("unit", gettext_lazy("Provider"), choices=units, field="unit__uid"),
        Filter("class", gettext_lazy("Class"), choices=classes, apply=in_class),
        Filter("share", gettext_lazy("Sharing"), choices=list(SHARE_TYPES.items()), field="share_type"),
        Filter("grade", gettext_lazy("Holds grade"), choices=list(GRADES.items()), apply=graded),
        Filter("landed", gettext_lazy("Landed"), choices=YES_NO, apply=landed),
        Filter("mounted", gettext_lazy("Mounted"), choices=YES_NO, apply=mounted),
    )
    columns = (
        Column(
            "name", gettext_lazy("Name"), value="title", sort="resource_name", link=lambda row: row.get_absolute_url()
        ),
        Column("code", gettext_lazy("Resource code"), kind="code", sort="code", phone=False),
        Column("unit", gettext_lazy("Provider"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("share", gettext_lazy("Sharing"), value=lambda row: SHARE_TYPES[row.share_type], phone=False),
        Column("rows", gettext_lazy("Rows landed"), value="landed_rows", kind="number", sort="landed_rows"),
        Column(
            "mounted",
            gettext_lazy("Mounted"),
            value=lambda row: _("Yes") if row.mounted else _("No"),
            kind="badge",
            tone=lambda row: "green" if row.mounted else "secondary",
            phone=False,
        ),
        Column(
            "state",
            gettext_lazy("State"),
            value=lambda row: STATES[row.state],
            kind="badge",
            tone=lambda row: STATE_TONES[row.state],
            sort="state",
        ),
        Column("updated", gettext_lazy("Changed"), value="updated_at", kind="datetime", sort="updated_at", phone=False),
    )

    def queryset(self) -> Any:
        return queries.list_entries(self.actor)

    def find(self, rows: Any, text: str) -> Any:
        return super().find(rows, text).distinct()

    def actions(self) -> list[Action]:
        actions = [Action(_("Classes"), "/catalogue/classes/", "sitemap", method="get", style="outline-primary")]
        if allows(self.actor, P.EDIT):
            actions.append(Action(_("New entry"), "/catalogue/new/", "plus", method="get"))
        return actions

    def row_context(self) -> dict[str, Any]:
        rows = self.queryset().order_by()
        counts = rows.aggregate(
            **{state.value: Count("pk", filter=Q(state=state)) for state in STATES},
            mounted=Count("pk", filter=Q(mounted=True, state="published")),
        )
        facets = [(STATES[state], state.value, counts[state.value]) for state in STATES]
        return {"facets": facets, "mounted": counts["mounted"]}


class Classes(ListPage):
    """The classes of the catalogue standard, with how many entries each holds."""

    title = gettext_lazy("Classes of the catalogue")
    permission = P.VIEW
    search = ("name", "name_en", "code")
    order = "code"
    export_name = "classes"
    columns = (
        Column("code", gettext_lazy("Code"), kind="code", link=lambda row: f"/catalogue/?class={row.code}"),
        Column("name", gettext_lazy("Name"), value=lambda row: f"{'　' * (row.level - 1)}{str(row).partition(' ')[2]}"),
        Column("level", gettext_lazy("Level"), kind="number", phone=False),
        Column("entries", gettext_lazy("Entries"), value="found", kind="number"),
    )

    def queryset(self) -> Any:
        seen = queries.list_entries(self.actor).values("pk")
        return Classification.objects.annotate(found=Count("entries", filter=Q(entries__in=seen)))

    def crumbs(self) -> list[tuple[Any, str]]:
        return [(_("Catalogue"), "/catalogue/")]
