"""Grants amended: fewer fields, or a later end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import Actor, require
from quanshu.sharing.services import rules
from quanshu.sharing.services.events import ServiceEvent
from quanshu.sharing.services.models import Grant
from quanshu.sharing.services.permissions import ServicePermission
from quanshu.sharing.services.services.noting import note
from quanshu.sharing.services.services.publishing import mark_dirty
from quanshu.sharing.services.types import GrantOver


@transaction.atomic
def shrink_grant(
    *,
    actor: Actor,
    grant: Grant,
    fields: Sequence[str],
    reason: str,
    daily_limit: int | None = None,
    now: datetime,
) -> Grant:
    """Leave a grant only `fields` of those it has, or fewer calls a day; in force with the next snapshot, in a second.

    Fields are removed, never added, and the last one stays: a grant without fields is revoked instead. `daily_limit`
    None leaves the calls as they are. Raises Forbidden, GrantOver, FieldErrors.
    """
    grant = live(grant, now)
    require(actor, ServicePermission.GRANT_REVOKE, grant)
    rules.check_shrink(
        has=grant.fields, fields=fields, reason=reason, daily_limit=daily_limit, allowed=grant.daily_limit
    )
    removed = [name for name in grant.fields if name not in set(fields)]
    grant.fields = [name for name in grant.fields if name in set(fields)]
    grant.daily_limit = grant.daily_limit if daily_limit is None else daily_limit
    grant.masks = {name: mask for name, mask in grant.masks.items() if name in grant.fields}
    grant.save(update_fields=["fields", "daily_limit", "masks"])
    mark_dirty()
    details = {
        "sid": grant.service.sid,
        "rid": grant.consumer.rid,
        "removed": removed,
        "fields": grant.fields,
        "daily_limit": grant.daily_limit,
    }
    note(ServiceEvent.SHRUNK, grant, actor=actor, now=now, details={**details, "reason": reason})
    return grant


@transaction.atomic
def extend_grant(*, actor: Actor, grant: Grant, valid_until: datetime, reason: str, now: datetime) -> Grant:
    """Move the end of a grant that holds to a later moment. Raises Forbidden, GrantOver, FieldErrors."""
    grant = live(grant, now)
    require(actor, ServicePermission.GRANT_CREATE, grant)
    if valid_until <= grant.valid_until:
        fault = FieldError(
            "valid_until", N_("The new end must be later than the present one."), N_("Enter a later end.")
        )
        raise FieldErrors(errors=(fault,))
    details = {"sid": grant.service.sid, "rid": grant.consumer.rid, "was_until": grant.valid_until.isoformat()}
    grant.valid_until = valid_until
    grant.save(update_fields=["valid_until"])
    mark_dirty()
    details |= {"valid_until": valid_until.isoformat(), "reason": reason}
    note(ServiceEvent.EXTENDED, grant, actor=actor, now=now, details=details)
    return grant


def live(grant: Grant, now: datetime) -> Grant:
    """The grant's row, locked; GrantOver when it no longer holds."""
    rows = Grant.objects.select_for_update(of=("self",)).select_related("service__unit", "consumer__unit")
    found = rows.get(pk=grant.pk)
    if found.revoked_at is not None or found.valid_until <= now:
        raise GrantOver
    return found
