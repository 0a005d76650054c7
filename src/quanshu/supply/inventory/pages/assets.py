"""Businesses, systems and data resources: the list, one with its neighbours, its forms and buttons."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    ListPage,
    day,
    reason_against,
    state_column,
    when,
)
from quanshu.shared.workflow.api import city_day
from quanshu.supply.inventory import queries, rules
from quanshu.supply.inventory.models import Asset, Gap
from quanshu.supply.inventory.pages import labels
from quanshu.supply.inventory.permissions import InventoryPermission as P
from quanshu.supply.inventory.types import AssetKind

CRUMB = (gettext_lazy("Business, systems, data"), "/inventory/")


class Assets(ListPage):
    """Every object the actor may see, with the figures of clause 2.1.1 above."""

    title = gettext_lazy("Business, systems, data")
    permission = P.VIEW
    template_name = "inventory/assets.html"
    search = ("name", "code", "unit__name", "unit__name_en", "description", "task")
    search_hint = gettext_lazy("Name, code, unit or task")
    export_name = "inventory"
    empty_title = gettext_lazy("The inventory is empty")
    empty_hint = gettext_lazy("Enter core businesses, systems and data resources, or import them from the template.")
    filters = (
        Filter("kind", gettext_lazy("Kind"), choices=list(labels.KINDS.items()), field="kind"),
        Filter("unit", gettext_lazy("Unit"), choices=labels.units_of, field="unit__uid"),
        Filter("priority", gettext_lazy("Priority"), choices=list(labels.PRIORITIES.items()), field="priority"),
        Filter("state", gettext_lazy("State"), choices=list(labels.STATES.items()), field="state"),
    )
    columns = (
        Column("code", gettext_lazy("Code"), sort="code", kind="code", phone=False),
        Column("name", gettext_lazy("Name"), sort="name", link=Asset.get_absolute_url),
        Column("kind", gettext_lazy("Kind"), value=lambda row: labels.KINDS[row.kind], kind="badge",
               tone=lambda row: labels.KIND_TONES[row.kind], sort="kind"),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name", phone=False),
        Column("priority", gettext_lazy("Priority"), value=lambda row: labels.PRIORITIES[row.priority], kind="badge",
               tone=lambda row: labels.PRIORITY_TONES[row.priority], phone=False),
        Column("task", gettext_lazy("Clause or task"), sort="task", phone=False),
        Column("entry", gettext_lazy("Catalogue entry"), value=lambda row: row.entry.code if row.entry else None,
               phone=False),
        Column("state", gettext_lazy("State"), value=lambda row: labels.STATES[row.state], kind="badge",
               tone=lambda row: labels.STATE_TONES[row.state], sort="state", phone=False),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_assets(self.actor).order_by("unit__path", "kind", "code")

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.EDIT):
            for kind, icon in labels.ICONS.items():
                url = reverse("inventory:new", args=[kind])
                found.append(Action(str(labels.NEW[kind]), url, icon, "primary", "get"))
            found.append(Action(_("Import"), reverse("inventory:import_new"), "upload", "outline-primary", "get"))
        unit = self.request.GET.get("unit", "")
        query = f"?unit={unit}" if unit in {uid for uid, _name in labels.units_of(self)} else ""
        found.append(
            Action(_("Workbook"), reverse("inventory:export") + query, "file-spreadsheet", "outline-primary", "get")
        )
        url = reverse("inventory:graph") + query
        found.append(Action(_("Graph"), url, "sitemap", "outline-primary", "get"))
        return found

    def row_context(self) -> dict[str, Any]:
        figures = queries.inventory_figures(today=city_day(self.now), actor=self.actor)
        gaps = [(kind, labels.GAPS[kind], count) for kind, count in figures.by_kind]
        return {"figures": figures, "gap_counts": gaps}


def neighbour_columns(obj: Asset, *, editable: bool) -> list[Column]:
    """Columns of a neighbour's table."""
    found = [
        Column("name", _("Name"), link=Asset.get_absolute_url),
        Column("code", _("Code"), kind="code", phone=False),
        Column("unit", _("Unit"), value=lambda row: str(row.unit), phone=False),
        state_column(labels.STATES, labels.STATE_TONES),
    ]  # fmt: skip
    if editable:
        found.append(
            Column("unlink", "", value=lambda row: _("Take the link away"),
                   link=lambda row: reverse("inventory:unlink", args=[obj.uid, row.uid]))
        )  # fmt: skip
    return found


class AssetPage(DetailPage):
    """One object: its facts, its neighbours above and below, its gaps."""

    permission = P.VIEW
    audit_kind = "inventory.asset"

    def get_object(self, **kwargs: Any) -> Asset:
        return queries.get_asset(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return (CRUMB,)

    def state(self, obj: Asset) -> tuple[str, str]:
        return str(labels.STATES[obj.state]), labels.STATE_TONES[obj.state]

    def facts(self, obj: Asset) -> list[tuple[Any, Any]]:
        common = [
            (_("Kind"), labels.KINDS[obj.kind]),
            (_("Code"), obj.code),
            (_("Unit"), str(obj.unit)),
            (_("Priority"), labels.PRIORITIES[obj.priority]),
            (_("Clause or task"), obj.task),
        ]
        only: dict[str, list[tuple[Any, Any]]] = {
            "business": [(_("Legal basis"), obj.basis)],
            "system": [
                (_("Network"), labels.NETWORKS.get(obj.network)),
                (_("Graded protection"), obj.protection and _("Level %(level)s") % {"level": obj.protection}),
            ],
            "data": [
                (_("Form of the data"), labels.FORMS.get(obj.form)),
                (_("Update cycle"), labels.CYCLES.get(obj.cycle)),
            ],
        }
        last = [(_("Entered by"), obj.created_by), (_("Entered at"), when(obj.created_at))]
        if obj.retired_reason:
            last.append((_("Why it is out of use"), obj.retired_reason))
        return [*common, *only[obj.kind], (_("Description"), obj.description), *last]

    def actions(self, obj: Asset) -> list[Action]:
        found = [Action(_("Graph"), f"{reverse('inventory:graph')}?around={obj.uid}", "sitemap", "outline-primary",
                        "get")]  # fmt: skip
        if not allows(self.actor, P.EDIT, obj):
            return found
        reason = reason_against(rules.check_active, state=obj.state, name=obj.name)
        if reason is None:
            for name, label, icon, style in (
                ("change", _("Edit"), "pencil", "outline-primary"),
                ("link", _("Add a link"), "link", "primary"),
                ("retire", _("Take out of use"), "archive", "outline-danger"),
            ):
                found.append(Action(label, reverse(f"inventory:{name}", args=[obj.uid]), icon, style, "get"))
        else:
            url = reverse("inventory:restore", args=[obj.uid])
            found.append(Action(_("Bring back into use"), url, "restore", "primary"))
        return found

    def cards(self, obj: Asset) -> list[Card]:
        editable = allows(self.actor, P.EDIT, obj)
        columns = neighbour_columns(obj, editable=editable)
        seen = queries.list_assets(self.actor)
        found = []
        for kind in AssetKind:
            if (obj.kind, kind) in rules.LINKS:
                rows = seen.filter(kind=kind, links_up__upper=obj)
            elif (kind, obj.kind) in rules.LINKS:
                rows = seen.filter(kind=kind, links_down__lower=obj)
            else:
                continue
            found.append(Card(titles_of(obj.kind)[kind], columns=columns, rows=rows, empty_title=_("None linked yet")))
        if obj.kind == AssetKind.DATA:
            found.append(self.entry_card(obj))
        gap_columns = (
            Column("kind", _("Gap"), value=lambda row: labels.GAPS[row.kind], link=Gap.get_absolute_url),
            Column("score", _("Urgency"), kind="number"),
            state_column(labels.GAP_STATES, labels.GAP_TONES),
        )  # fmt: skip
        gaps = queries.list_gaps(self.actor).under_way().filter(subject_uid=obj.uid)
        note = _("Gaps are found from the links themselves, a few seconds after a change.")
        found.append(Card(_("Open gaps"), note, columns=gap_columns, rows=gaps, empty_title=_("No gap here")))
        return found

    def entry_card(self, obj: Asset) -> Card:
        """The catalogue entry a data resource is tied to, and whether its data have landed."""
        entry = obj.entry
        if entry is None:
            return Card(_("Catalogue entry"), _("It is tied to no catalogue entry yet; edit it and name the code."))
        facts = [
            (_("Resource name"), str(entry)),
            (_("Resource code"), entry.code),
            (_("Published on"), day(entry.publish_date)),
            (_("Rows in the lake"), entry.landed_rows),
            (_("Landed at"), when(entry.landed_at)),
        ]
        return Card(_("Catalogue entry"), facts=facts, more=(entry.get_absolute_url(), _("Open the entry")))


def titles_of(kind: str) -> dict[str, Any]:
    """What the neighbours of a kind are called on its page."""
    return {
        "business": {"system": _("Systems that carry it"), "data": _("Data it makes or uses")},
        "system": {"business": _("Businesses it carries"), "data": _("Data it holds")},
        "data": {"business": _("Businesses it serves"), "system": _("Systems that hold it")},
    }[kind]
