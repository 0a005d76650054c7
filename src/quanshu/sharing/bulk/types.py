"""Values of bulk sharing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound
from quanshu.lake.conditions import Condition


class BulkState(StrEnum):
    """A request becomes a grant or is refused; a grant is revoked or comes to its end."""

    REQUESTED = "requested"
    ACTIVE = "active"
    REFUSED = "refused"
    REVOKED = "revoked"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class BulkData:
    """What is entered for a bulk grant.

    `masks` names fields that leave under another mask than their grade's; `row_limit` is rows a read, `daily_rows`
    rows a day, None for no limit. `retention_days`: how long the view's files stay after the end.
    """

    table_name: str
    fields: tuple[str, ...]
    purpose: str
    valid_until: datetime
    masks: Mapping[str, str] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    row_limit: int | None = None
    daily_rows: int | None = None
    versions_kept: int = 10
    retention_days: int = 7


class GrantNotFound(NotFound):
    code = "bulk.grant_not_found"
    message = "There is no bulk grant “%(grant)s” that you may see."
    remedy = "Open the list of bulk grants and choose one."


class TokenNotFound(NotFound):
    code = "bulk.token_not_found"
    message = "There is no token “%(token)s” that you may see."
    remedy = "Open the application's tokens and choose one."


class OwnRequest(Conflict):
    code = "bulk.own_request"
    message = "You made this request yourself; another person decides it."
    remedy = "Ask a colleague of the providing unit, or the data bureau."


class ConsentEach(Conflict):
    code = "bulk.consent_each"
    message = "These items are told only by the consent of whom they are about: %(items)s."
    remedy = "Leave them out, or look them up one by one under each one's consent."


class NoKey(Conflict):
    code = "bulk.core_key"
    message = "The key of %(entry)s is core data, which may not leave, not even as a hash."
    remedy = "Share a derived entry that has another key."


class TokenOver(Conflict):
    code = "bulk.token_over"
    message = "The token has already ended."
    remedy = "Make a new one."


class NoGrantYet(Conflict):
    code = "bulk.no_grant_yet"
    message = "The application %(consumer)s holds no bulk grant in force."
    remedy = "Ask for one from the entry's page; tokens are made when it is granted."
