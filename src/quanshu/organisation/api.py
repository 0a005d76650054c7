"""The door of the organisation."""

from __future__ import annotations

from quanshu.organisation.middleware import register_actor_source
from quanshu.organisation.models import (
    Account,
    ApiToken,
    Duty,
    Person,
    Region,
    RoleAssignment,
    ServiceAccount,
    Unit,
)
from quanshu.organisation.permissions import OrganisationPermission
from quanshu.organisation.queries import (
    actor_for,
    actor_from_token,
    district_duties,
    duty_figures,
    get_person,
    get_unit,
    holders,
    list_people,
    list_units,
)
from quanshu.organisation.services import (
    appoint,
    assign_role,
    create_first_administrator,
    create_person,
    create_unit,
    load_regions,
    open_account,
    update_unit,
)
from quanshu.organisation.types import DutyFigures, DutyKind, UnitData, UnitKind

__all__ = [
    "Account",
    "ApiToken",
    "Duty",
    "DutyFigures",
    "DutyKind",
    "OrganisationPermission",
    "Person",
    "Region",
    "RoleAssignment",
    "ServiceAccount",
    "Unit",
    "UnitData",
    "UnitKind",
    "actor_for",
    "actor_from_token",
    "appoint",
    "assign_role",
    "create_first_administrator",
    "create_person",
    "create_unit",
    "district_duties",
    "duty_figures",
    "get_person",
    "get_unit",
    "holders",
    "list_people",
    "list_units",
    "load_regions",
    "open_account",
    "register_actor_source",
    "update_unit",
]
