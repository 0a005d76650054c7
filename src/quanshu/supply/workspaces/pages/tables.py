"""Tables of workspaces: asked for by the developer, decided by the unit whose data they are."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import CITY_TZ
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    ReasonStepPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.catalogue.api import Entry, items_of
from quanshu.supply.workspaces import queries, rules, services
from quanshu.supply.workspaces.models import Table, Workspace
from quanshu.supply.workspaces.pages import labels
from quanshu.supply.workspaces.permissions import WorkspacePermission as P
from quanshu.supply.workspaces.types import AskData, GrantData, TableState, WorkspaceNotFound

DEFAULT_DAYS = 90


class Tables(ListPage):
    """Requests for tables, as asker or as the data's owner."""

    title = gettext_lazy("Tables asked for")
    permission = P.VIEW
    search = ("alias", "entry__resource_name", "entry__name_en", "workspace__name", "workspace__unit__name")
    search_hint = gettext_lazy("Table, workspace or unit")
    order = "-asked"
    export_name = "workspace-tables"
    empty_title = gettext_lazy("No request yet")
    empty_hint = gettext_lazy("Requests for your unit's tables appear here, and those of your workspaces.")
    filters = (Filter("state", gettext_lazy("State"), choices=list(labels.TABLE_STATES.items()), field="state"),)
    columns = (
        Column("entry", gettext_lazy("Table"), value=lambda row: str(row.entry), sort="entry__resource_name",
               link=Table.get_absolute_url),
        Column("owner", gettext_lazy("Data of"), value=lambda row: str(row.entry.unit), sort="entry__unit__name",
               phone=False),
        Column("space", gettext_lazy("Workspace"), value=lambda row: str(row.workspace), sort="workspace__name",
               phone=False),
        Column("unit", gettext_lazy("Asked by"), value=lambda row: str(row.workspace.unit),
               sort="workspace__unit__name"),
        Column("asked", gettext_lazy("Asked at"), value="asked_at", kind="datetime", sort="asked_at", phone=False),
        Column("until", gettext_lazy("Last day"), kind="date", sort="until", phone=False),
        state_column(labels.TABLE_STATES, labels.TABLE_TONES, sort="state"),
    )  # fmt: skip

    def crumbs(self) -> Any:
        return ((_("Workspaces"), reverse("workspaces:workspaces")),)

    def queryset(self) -> Any:
        return queries.list_tables(self.actor)


class TablePage(DetailPage):
    """One table: what was asked, what was granted, and how each field is shown."""

    permission = P.VIEW
    audit_kind = "workspaces.table"

    def get_object(self, **kwargs: Any) -> Table:
        return queries.get_table(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        space = self.object.workspace
        way: list[tuple[Any, str]] = [(_("Workspaces"), reverse("workspaces:workspaces"))]
        # Who grants a table need not see the workspace that asks for it.
        seen = queries.list_workspaces(self.actor).filter(pk=space.pk).exists()
        return [*way, (str(space), space.get_absolute_url())] if seen else way

    def page_title(self) -> str:
        return f"{self.object.entry} · {self.object.alias}"

    def state(self, obj: Table) -> tuple[str, str]:
        return str(labels.TABLE_STATES[obj.state]), labels.TABLE_TONES[obj.state]

    def facts(self, obj: Table) -> list[tuple[Any, Any]]:
        return [
            (_("Data of"), str(obj.entry.unit)),
            (_("Asked by"), f"{obj.workspace.unit} · {obj.asked_by}"),
            (_("Asked at"), when(obj.asked_at)),
            (_("Reason"), obj.reason),
            (_("Purpose"), obj.workspace.purpose),
            (_("Last day"), obj.until),
            (_("Decided by"), obj.decided_by),
            (_("Decision"), obj.decision),
        ]

    def actions(self, obj: Table) -> list[Action]:
        if not allows(self.actor, P.GRANT, obj):
            return []
        decided = reason_against(rules.check_decidable, obj.state)
        grant = reverse("workspaces:table-grant", args=[obj.uid])
        refuse = reverse("workspaces:table-refuse", args=[obj.uid])
        end = reverse("workspaces:table-end", args=[obj.uid])
        ended = reason_against(rules.check_endable, obj.state)
        return [
            Action(_("Grant"), grant, "check", method="get", reason=decided),
            Action(_("Refuse"), refuse, "x", "outline-danger", "get", reason=decided),
            Action(_("End"), end, "player-stop", "outline-danger", "get", reason=ended),
        ]

    def cards(self, obj: Table) -> list[Card]:
        known = {item.name: item for item in items_of(obj.entry)}
        rows = [
            {
                "name": name,
                "title": known[name].title if name in known else "",
                "graded": labels.MASKS.get(known[name].mask) if name in known else "",
                "granted": labels.MASKS.get(obj.masks[name]) if name in obj.masks else _("Not granted"),
            }
            for name in obj.columns
        ]
        columns = [
            Column("name", _("Field"), value=lambda row: row["name"]),
            Column("title", _("Title"), value=lambda row: row["title"]),
            Column("graded", _("Mask of the catalogue"), value=lambda row: row["graded"]),
        ]
        if obj.masks:
            columns.append(Column("granted", _("Shown as"), value=lambda row: row["granted"]))
        return [Card(_("Fields"), columns=columns, rows=rows)]


class Choose(ListPage):
    """Published entries with data, to choose one from."""

    title = gettext_lazy("Choose a table")
    permission = P.ASK
    search = ("resource_name", "name_en", "abstract", "code", "unit__name")
    search_hint = gettext_lazy("Name, unit or resource code")
    order = "name"
    empty_title = gettext_lazy("No table to ask for")
    empty_hint = gettext_lazy("Only published entries with data landed, and not barred from sharing, can be asked for.")

    def queryset(self) -> Any:
        return queries.askable_entries(self.actor).select_related("unit")

    def crumbs(self) -> Any:
        space = queries.get_workspace(actor=self.actor, uid=self.kwargs["uid"])
        return ((_("Workspaces"), reverse("workspaces:workspaces")), (str(space), space.get_absolute_url()))

    @property
    def columns(self) -> Any:  # type: ignore[override]
        space = self.kwargs["uid"]
        return (
            Column("name", _("Table"), value=str, sort="resource_name",
                   link=lambda row: reverse("workspaces:ask", args=[space, row.uid])),
            Column("code", _("Resource code"), sort="code", phone=False),
            Column("unit", _("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
            Column("rows", _("Rows"), value="landed_rows", kind="number", sort="landed_rows"),
        )  # fmt: skip


class AskForm(Form):
    """Which fields, by what name, why and until when."""

    alias = forms.CharField(
        label=gettext_lazy("Name in queries"),
        max_length=40,
        help_text=gettext_lazy("Lower-case letters, digits and underscores."),
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Fields"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Choose the fields the purpose needs, and no more."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))
    until = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput)

    def __init__(self, *args: Any, entry: Entry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        columns: Any = self.fields["columns"]
        columns.choices = [
            (item.name, f"{item.title} {item.name} · {labels.MASKS.get(item.mask, item.mask)}")
            for item in items_of(entry)
        ]


class Ask(FormPage):
    """Ask for fields of a table."""

    title = gettext_lazy("Ask for a table")
    permission = P.ASK
    form_class = AskForm
    submit_label = gettext_lazy("Ask")
    success = gettext_lazy("The unit whose data it is has been asked.")

    def space(self) -> Workspace:
        return queries.get_workspace(actor=self.actor, uid=self.kwargs["uid"])

    def entry(self) -> Entry:
        found = queries.askable_entries(self.actor).filter(uid=self.kwargs["entry"]).first()
        if found is None:
            raise WorkspaceNotFound
        return found

    def page_title(self) -> Any:
        return f"{self.title} · {self.entry()}"

    def crumbs(self) -> Any:
        space = self.space()
        return ((str(space), space.get_absolute_url()), (_("Tables"), reverse("workspaces:choose", args=[space.uid])))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"entry": self.entry()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        taken = list(self.space().tables.values_list("alias", flat=True))
        until = self.now.astimezone(CITY_TZ).date() + timedelta(days=DEFAULT_DAYS)
        return {"alias": queries.alias_for(self.entry().resource_name, taken), "until": until}

    def save(self, form: Any, **kwargs: Any) -> str:
        given = form.cleaned_data
        data = AskData(given["alias"], tuple(given["columns"]), given["reason"], given["until"])
        table = services.ask_table(actor=self.actor, now=self.now, space=self.space(), entry=self.entry(), data=data)
        return table.get_absolute_url()


class GrantForm(Form):
    """One choice a field: not granted, or with a mask that the catalogue allows."""

    until = forms.DateField(label=gettext_lazy("Last day"), widget=forms.DateInput)

    def __init__(self, *args: Any, table: Table, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {item.name: item for item in items_of(table.entry)}
        for name in table.columns:
            item = known.get(name)
            own = item.mask if item else "none"
            allowed = [own, *sorted(rules.STRONGEST - {own})] if own != "none" else list(labels.MASKS)
            self.fields[f"mask_{name}"] = forms.ChoiceField(
                label=f"{item.title if item else ''} {name}",
                choices=[*((mask, labels.MASKS[mask]) for mask in allowed), ("", _("Not granted"))],
                initial=own,
                required=False,
                widget=forms.Select(attrs={"class": "form-select"}),
            )

    def masks(self) -> dict[str, str]:
        """{field: mask} of those granted."""
        pairs = ((name.removeprefix("mask_"), value) for name, value in self.cleaned_data.items() if name != "until")
        return {name: value for name, value in pairs if value}


class Decide(FormPage):
    """What the decisions on a table share."""

    permission = P.GRANT
    subject: ClassVar[str] = "table"
    read = staticmethod(queries.get_table)

    def table(self) -> Table:
        return queries.get_table(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        table = self.table()
        return ((_("Tables asked for"), reverse("workspaces:tables")), (str(table.entry), table.get_absolute_url()))


class Grant(Decide):
    """Grant fields, each with its mask."""

    title = gettext_lazy("Grant the table")
    form_class = GrantForm
    submit_label = gettext_lazy("Grant")
    success = gettext_lazy("Granted. The workspace sees it at once, masked as chosen.")

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"table": self.table()}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"until": self.table().until}

    def save(self, form: Any, **kwargs: Any) -> str:
        data = GrantData(form.masks(), form.cleaned_data["until"])
        table = services.grant_table(actor=self.actor, now=self.now, table=self.table(), data=data)
        return table.get_absolute_url()


class Refuse(Decide, ReasonStepPage):
    """Refuse a request."""

    title = gettext_lazy("Refuse the table")
    service = staticmethod(services.refuse_table)
    submit_label = gettext_lazy("Refuse")
    success = gettext_lazy("Refused; the workspace's developers are told why.")


class End(Decide, ReasonStepPage):
    """End a table that is granted."""

    title = gettext_lazy("End the table")
    service = staticmethod(services.end_table)
    submit_label = gettext_lazy("End")
    success = gettext_lazy("Ended. Queries over it fail from now on.")


__all__ = ["Ask", "Choose", "End", "Grant", "Refuse", "TablePage", "TableState", "Tables"]
