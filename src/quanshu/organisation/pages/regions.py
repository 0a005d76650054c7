"""Regions with their validity; roles and what each may do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.kernel.clock import today
from quanshu.organisation.models import LEVELS, Region
from quanshu.organisation.permissions import OrganisationPermission as P
from quanshu.organisation.types import RegionNotFound
from quanshu.shared.access.api import RolePermission, Scope, allows, list_roles, right_label, set_grant
from quanshu.shared.web.api import ActionPage, Card, Column, DetailPage, Filter, ListPage, Page
from quanshu.shared.workflow.api import city_day


def region_url(row: Region) -> str:
    """A region's page."""
    return f"/organisation/regions/{row.code}/"


def in_force(rows: Any, value: str) -> Any:
    """Only regions that exist today, or only those that no longer do."""
    valid = rows.valid_on(today())
    return valid if value == "1" else rows.exclude(pk__in=valid.values("pk"))


COLUMNS = (
    Column("code", gettext_lazy("Code"), kind="code", sort="code", link=region_url),
    Column("name", gettext_lazy("Name"), sort="name"),
    Column("level", gettext_lazy("Level"), value=lambda row: row.get_level_display(), sort="level"),
    Column("parent", gettext_lazy("Above it"), value=lambda row: str(row.parent or ""), phone=False),
    Column("from", gettext_lazy("Valid from"), value="valid_from", kind="date", phone=False),
    Column("to", gettext_lazy("Until"), value="valid_to", kind="date", phone=False),
)


class Regions(ListPage):
    """Every region of the city down to the village."""

    title = gettext_lazy("Regions")
    subtitle = gettext_lazy("Codes change between editions; each row says when it holds.")
    permission = P.UNIT_VIEW
    search = ("name", "code")
    search_hint = gettext_lazy("Name or code")
    order = "code"
    export_name = "regions"
    columns = COLUMNS
    filters = (
        Filter("level", gettext_lazy("Level"), choices=[(str(code), name) for code, name in LEVELS], field="level"),
        Filter(
            "valid",
            gettext_lazy("In force today"),
            choices=[("1", gettext_lazy("Yes")), ("0", gettext_lazy("No"))],
            apply=in_force,
        ),
    )

    def queryset(self) -> Any:
        return Region.objects.select_related("parent")


class RegionPage(DetailPage):
    """A region, what it became, and what lies in it."""

    permission = P.UNIT_VIEW

    def get_object(self, **kwargs: Any) -> Region:
        region = Region.objects.select_related("parent", "successor").filter(code=kwargs["code"]).first()
        if region is None:
            raise RegionNotFound(code=kwargs["code"], day=city_day(self.now).isoformat())
        return region

    def crumbs(self) -> list[tuple[Any, str]]:
        above = [(_("Regions"), "/organisation/regions/")]
        parent = self.object.parent
        return [*above, (str(parent), region_url(parent))] if parent else above

    def facts(self, obj: Region) -> list[tuple[Any, Any]]:
        before = obj.predecessors.first()
        return [
            (_("Code"), obj.code),
            (_("Level"), obj.get_level_display()),
            (_("Valid from"), obj.valid_from),
            (_("Until"), obj.valid_to),
            (_("Now coded as"), obj.successor.code if obj.successor else ""),
            (_("Formerly coded as"), before.code if before else ""),
        ]

    def cards(self, obj: Region) -> list[Card]:
        return [
            Card(_("Regions in it"), columns=COLUMNS, rows=obj.children.all(), empty_title=_("None")),
            Card(
                _("Units"),
                columns=(Column("name", _("Name"), value=str, link=lambda row: row.get_absolute_url()),),
                rows=obj.units.visible_to(self.actor),
                empty_title=_("None"),
            ),
        ]


SCOPES = {
    Scope.NONE: gettext_lazy("Not given"),
    Scope.OWN: gettext_lazy("Own records"),
    Scope.UNIT: gettext_lazy("Own unit"),
    Scope.TREE: gettext_lazy("Unit and below"),
    Scope.REGION: gettext_lazy("Own region"),
    Scope.ALL: gettext_lazy("Whole city"),
}


class Roles(Page):
    """Which role may do what, and how far."""

    title = gettext_lazy("Roles and rights")
    subtitle = gettext_lazy("What is not given is not allowed.")
    permission = "access.role.view"
    template_name = "organisation/roles.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        roles = list(list_roles())
        given = {(row.role_id, row.permission): row.scope for row in RolePermission.objects.all()}
        names = sorted({permission for _role, permission in given})
        rows = [
            (name, right_label(name), [SCOPES[Scope(given.get((role.pk, name), "none"))] for role in roles])
            for name in names
        ]
        return {
            "roles": roles,
            "rows": rows,
            "none": SCOPES[Scope.NONE],
            "scopes": [(scope.value, label) for scope, label in SCOPES.items()],
            "may_edit": allows(self.actor, "access.role.edit"),
        }


class SetGrant(ActionPage):
    """Give a role a permission with a scope, or take it away."""

    permission = "access.role.edit"

    def perform(self, **kwargs: Any) -> tuple[str, str]:
        given = self.request.POST
        set_grant(
            actor=self.actor,
            role_code=given.get("role", ""),
            permission=given.get("permission", ""),
            scope=given.get("scope", ""),
            now=self.now,
        )
        return _("Saved."), "/organisation/roles/"
