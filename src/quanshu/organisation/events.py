"""What happens in the organisation."""

from __future__ import annotations

from enum import StrEnum


class OrganisationEvent(StrEnum):
    UNIT_CREATED = "organisation.unit.created"
    UNIT_CHANGED = "organisation.unit.changed"
    UNIT_CLOSED = "organisation.unit.closed"
    PERSON_CREATED = "organisation.person.created"
    PERSON_CHANGED = "organisation.person.changed"
    DUTY_APPOINTED = "organisation.duty.appointed"
    DUTY_ENDED = "organisation.duty.ended"
    ROLE_ASSIGNED = "organisation.role.assigned"
    ROLE_REMOVED = "organisation.role.removed"
    SIGNED_IN = "organisation.account.signed_in"
    SIGN_IN_REFUSED = "organisation.account.sign_in_refused"
    ACCOUNT_OPENED = "organisation.account.opened"
    SERVICE_ACCOUNT_CREATED = "organisation.service_account.created"
    SERVICE_ACCOUNT_CHANGED = "organisation.service_account.changed"
    UNLOCKED = "organisation.account.unlocked"
    PASSWORD_CHANGED = "organisation.account.password_changed"  # noqa: S105 - an event's name
    TOTP_CHANGED = "organisation.account.totp_changed"
    TOKEN_ISSUED = "organisation.token.issued"  # noqa: S105 - an event's name
    TOKEN_REVOKED = "organisation.token.revoked"  # noqa: S105 - an event's name
    REGIONS_LOADED = "organisation.region.loaded"
