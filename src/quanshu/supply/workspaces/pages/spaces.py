"""Workspaces: the list, one of them, making, changing and closing it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.organisation.api import Unit
from quanshu.shared.access.api import allows
from quanshu.shared.web.api import (
    Action,
    ActionPage,
    Card,
    Column,
    DetailPage,
    Filter,
    Form,
    FormPage,
    ListPage,
    reason_against,
    state_column,
    when,
)
from quanshu.supply.workspaces import queries, rules, services
from quanshu.supply.workspaces.models import Draft, Table, Workspace
from quanshu.supply.workspaces.pages import labels
from quanshu.supply.workspaces.permissions import WorkspacePermission as P
from quanshu.supply.workspaces.types import WorkspaceData

OPEN = [("1", gettext_lazy("Open")), ("0", gettext_lazy("Closed"))]


def units_of(page: Any) -> list[tuple[str, str]]:
    """Units whose workspaces the actor may see."""
    rows = page.queryset().order_by().values_list("unit__uid", "unit__name").distinct()
    return sorted(rows, key=lambda row: str(row[1]))


class Workspaces(ListPage):
    """Every workspace the actor may see."""

    title = gettext_lazy("Workspaces")
    subtitle = gettext_lazy(
        "A unit's developers work here on tables granted to them, masked and sampled; no data leave."
    )
    permission = P.VIEW
    search = ("name", "name_en", "purpose", "unit__name")
    search_hint = gettext_lazy("Workspace or unit")
    order = "-created"
    export_name = "workspaces"
    empty_title = gettext_lazy("No workspace yet")
    empty_hint = gettext_lazy("A developer or steward makes one for the unit.")
    filters = (
        Filter("unit", gettext_lazy("Unit"), choices=units_of, field="unit__uid"),
        Filter(
            "open",
            gettext_lazy("State"),
            choices=OPEN,
            apply=lambda rows, text: rows.filter(closed_at__isnull=text == "1"),
        ),
    )
    columns = (
        Column("name", gettext_lazy("Workspace"), value=str, sort="name", link=Workspace.get_absolute_url),
        Column("unit", gettext_lazy("Unit"), value=lambda row: str(row.unit), sort="unit__name"),
        Column("tables", gettext_lazy("Tables granted"), value="tables_granted", kind="number", sort="tables_granted"),
        Column("drafts", gettext_lazy("Drafts"), value="drafts_live", kind="number", sort="drafts_live", phone=False),
        Column("created", gettext_lazy("Made at"), value="created_at", kind="datetime", sort="created_at", phone=False),
        Column("state", gettext_lazy("State"), kind="badge",
               value=lambda row: _("Closed") if row.closed_at else _("Open"),
               tone=lambda row: "secondary" if row.closed_at else "green"),
    )  # fmt: skip

    def queryset(self) -> Any:
        return queries.list_workspaces(self.actor)

    def actions(self) -> list[Action]:
        found = []
        if allows(self.actor, P.EDIT):
            found.append(Action(_("New workspace"), reverse("workspaces:new"), "plus", method="get"))
        if allows(self.actor, P.GRANT) or allows(self.actor, P.ASK):
            url = reverse("workspaces:tables")
            found.append(Action(_("Tables asked for"), url, "table", style="outline-primary", method="get"))
        if allows(self.actor, P.REVIEW):
            url = f"{reverse('workspaces:drafts')}?state=review"
            found.append(Action(_("Drafts to review"), url, "eye-check", style="outline-primary", method="get"))
        return found


class WorkspacePage(DetailPage):
    """One workspace: its tables and its drafts."""

    permission = P.VIEW
    audit_kind = "workspaces.workspace"

    def get_object(self, **kwargs: Any) -> Workspace:
        return queries.get_workspace(actor=self.actor, uid=kwargs["uid"])

    def crumbs(self) -> Any:
        return ((_("Workspaces"), reverse("workspaces:workspaces")),)

    def state(self, obj: Workspace) -> tuple[str, str]:
        return (_("Closed"), "secondary") if obj.closed_at else (_("Open"), "green")

    def facts(self, obj: Workspace) -> list[tuple[Any, Any]]:
        return [
            (_("Unit"), str(obj.unit)),
            (_("Purpose"), obj.purpose),
            (_("Made at"), when(obj.created_at)),
            (_("By"), obj.created_by),
            (_("Closed at"), when(obj.closed_at) if obj.closed_at else None),
        ]

    def actions(self, obj: Workspace) -> list[Action]:
        shut = reason_against(rules.check_open, closed=obj.closed_at is not None)
        found = []
        if allows(self.actor, P.WRITE, obj):
            url = reverse("workspaces:draft-new", args=[obj.uid])
            found.append(Action(_("New draft"), url, "pencil-plus", method="get", reason=shut))
        if allows(self.actor, P.ASK, obj):
            url = reverse("workspaces:choose", args=[obj.uid])
            found.append(Action(_("Ask for a table"), url, "table-plus", "outline-primary", "get", reason=shut))
        if allows(self.actor, P.EDIT, obj):
            url = reverse("workspaces:change", args=[obj.uid])
            found.append(Action(_("Change"), url, "pencil", "outline-primary", "get", reason=shut))
            url = reverse("workspaces:close", args=[obj.uid])
            confirm = _("Close the workspace? Its tables end at once; its drafts stay to be read.")
            found.append(Action(_("Close"), url, "lock", "outline-danger", reason=shut, confirm=confirm))
        return found

    def cards(self, obj: Workspace) -> list[Card]:
        tables = (
            Column("alias", _("Name in queries"), link=Table.get_absolute_url),
            Column("entry", _("Table"), value=lambda row: str(row.entry)),
            Column("unit", _("Data of"), value=lambda row: str(row.entry.unit), phone=False),
            Column("fields", _("Fields"), value=lambda row: len(row.masks or row.columns), kind="number", phone=False),
            Column("until", _("Last day"), kind="date", phone=False),
            state_column(labels.TABLE_STATES, labels.TABLE_TONES),
        )  # fmt: skip
        drafts = (
            Column("title", _("Draft"), link=Draft.get_absolute_url),
            Column("kind", _("Kind"), value=lambda row: labels.DRAFT_KINDS[row.kind]),
            Column("author", _("Author"), phone=False),
            Column("updated", _("Saved at"), value="updated_at", kind="datetime", phone=False),
            state_column(labels.DRAFT_STATES, labels.DRAFT_TONES),
        )  # fmt: skip
        return [
            Card(
                _("Tables"),
                columns=tables,
                rows=obj.tables.select_related("entry__unit"),
                empty_title=_("No table yet"),
                empty_hint=_("Ask for one: the unit whose data it is decides, and says which fields are masked."),
            ),
            Card(
                _("Drafts"),
                columns=drafts,
                rows=obj.drafts.all(),
                empty_title=_("No draft yet"),
                empty_hint=_("Write a query over the tables granted, run it on a sample, and see its rows."),
            ),
        ]


class WorkspaceForm(Form):
    """A workspace's name and purpose; its unit only when it is new."""

    unit = forms.ChoiceField(label=gettext_lazy("Unit"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)
    purpose = forms.CharField(
        label=gettext_lazy("Purpose"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What the data will be used for; the units asked for tables read it."),
    )

    def __init__(self, *args: Any, units: list[tuple[str, str]] | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if units is None:
            del self.fields["unit"]
        else:
            unit: Any = self.fields["unit"]
            unit.choices = units

    def data_entered(self) -> WorkspaceData:
        """The cleaned values as what the services take."""
        given = self.cleaned_data
        return WorkspaceData(given["name"], given["name_en"], given["purpose"])


class NewWorkspace(FormPage):
    """Make a workspace."""

    title = gettext_lazy("New workspace")
    permission = P.EDIT
    form_class = WorkspaceForm

    def crumbs(self) -> Any:
        return ((_("Workspaces"), reverse("workspaces:workspaces")),)

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        units = Unit.objects.filter(closed_on__isnull=True).order_by("path")
        own = [unit for unit in units if allows(self.actor, P.EDIT, Workspace(unit=unit))]
        return {"units": [(unit.uid, str(unit)) for unit in own]}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        return {"unit": self.actor.unit_uid}

    def save(self, form: Any, **kwargs: Any) -> str:
        unit = Unit.objects.get(uid=form.cleaned_data["unit"])
        space = services.create_workspace(actor=self.actor, now=self.now, unit=unit, data=form.data_entered())
        return space.get_absolute_url()


class ChangeWorkspace(FormPage):
    """Change a workspace's name or purpose."""

    title = gettext_lazy("Change the workspace")
    permission = P.EDIT
    form_class = WorkspaceForm

    def space(self) -> Workspace:
        return queries.get_workspace(actor=self.actor, uid=self.kwargs["uid"])

    def crumbs(self) -> Any:
        space = self.space()
        return ((_("Workspaces"), reverse("workspaces:workspaces")), (str(space), space.get_absolute_url()))

    def form_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"units": None}

    def initial(self, **kwargs: Any) -> dict[str, Any]:
        space = self.space()
        return {"name": space.name, "name_en": space.name_en, "purpose": space.purpose}

    def save(self, form: Any, **kwargs: Any) -> str:
        space = self.space()
        services.change_workspace(actor=self.actor, now=self.now, space=space, data=form.data_entered())
        return space.get_absolute_url()


class CloseWorkspace(ActionPage):
    """Close a workspace."""

    permission = P.EDIT

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        space = queries.get_workspace(actor=self.actor, uid=kwargs["uid"])
        services.close_workspace(actor=self.actor, now=self.now, space=space)
        return _("The workspace is closed; its tables have ended."), space.get_absolute_url()
