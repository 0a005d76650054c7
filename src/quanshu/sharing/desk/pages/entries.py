"""Choosing the catalogue entry that something of sharing stands on."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from quanshu.shared.web.api import Column, ListPage
from quanshu.supply.catalogue.api import ShareType, list_entries


class ShareableEntries(ListPage):
    """Published entries that may be shared, to choose one of."""

    search = ("resource_name", "name_en", "code", "unit__name")
    search_hint = gettext_lazy("Name, code or unit")
    order = "name"
    empty_title = gettext_lazy("No published entry may be shared yet")
    empty_hint = gettext_lazy("Publish an entry in the catalogue first.")

    def queryset(self) -> Any:
        return list_entries(self.actor).filter(state="published").exclude(share_type=ShareType.NOT_SHARED)


def entry_columns(address: str) -> tuple[Column, ...]:
    """What tells entries apart; the name leads to `address` with the entry's uid."""
    return (
        Column(
            "name",
            gettext_lazy("Name"),
            value="title",
            sort="resource_name",
            link=lambda row: reverse(address, args=[row.uid]),
        ),
        Column("code", gettext_lazy("Resource code"), kind="code", sort="code", phone=False),
        Column("unit", gettext_lazy("Provider"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("rows", gettext_lazy("Rows landed"), value="landed_rows", kind="number", sort="landed_rows"),
    )
