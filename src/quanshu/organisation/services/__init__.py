"""Writes of the organisation."""

from __future__ import annotations

from quanshu.organisation.services.accounts import (
    assign_role,
    change_password,
    create_first_administrator,
    create_person,
    issue_token,
    move_person,
    open_account,
    remove_role,
    reset_password,
    revoke_token,
    set_person_active,
    unlock_account,
    update_person,
)
from quanshu.organisation.services.duties import appoint, end_duty, replace_holder
from quanshu.organisation.services.programs import create_service_account, set_service_account_active
from quanshu.organisation.services.signing_in import confirm_totp, remove_totp, sign_in, start_totp
from quanshu.organisation.services.units import close_unit, create_unit, load_regions, update_unit

__all__ = [
    "appoint",
    "assign_role",
    "change_password",
    "close_unit",
    "confirm_totp",
    "create_first_administrator",
    "create_person",
    "create_service_account",
    "create_unit",
    "end_duty",
    "issue_token",
    "load_regions",
    "move_person",
    "open_account",
    "remove_role",
    "remove_totp",
    "replace_holder",
    "reset_password",
    "revoke_token",
    "set_person_active",
    "set_service_account_active",
    "sign_in",
    "start_totp",
    "unlock_account",
    "update_person",
    "update_unit",
]
