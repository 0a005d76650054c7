"""The duty roster: who is on duty when, for the platform or a unit; handing over."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from quanshu.organisation.api import Account, Unit
from quanshu.oversight.monitoring import rules
from quanshu.oversight.monitoring.events import MonitoringEvent as E
from quanshu.oversight.monitoring.models import Shift
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.services.noting import note
from quanshu.shared.access.api import Actor, require
from quanshu.shared.notify.api import notify


def others_of(account_uid: str, *leaving_out: int) -> list[tuple[datetime, datetime]]:
    """A person's other duties, in the city's time."""
    rows = Shift.objects.filter(account_uid=account_uid).exclude(pk__in=leaving_out)
    return [(localtime(start), localtime(end)) for start, end in rows.values_list("starts_at", "ends_at")]


@transaction.atomic
def plan_shift(
    *, actor: Actor, now: datetime, unit: Unit | None, account: Account, starts_at: datetime, ends_at: datetime
) -> Shift:
    """Put a person on duty for a unit, or for the platform (no unit). Raises NotAllowed, FieldErrors, ShiftsCross."""
    shift = Shift(
        unit_path=unit.path if unit else "",
        account_uid=account.uid,
        person=account.person.name,
        starts_at=starts_at,
        ends_at=ends_at,
        planned_by=actor.name,
    )
    require(actor, P.ROSTER, shift)
    rules.check_shift(localtime(starts_at), localtime(ends_at), account.person.name, others_of(account.uid))
    shift.save()
    note(E.SHIFT_PLANNED, shift, actor=actor, now=now, details=times(shift))
    return shift


@transaction.atomic
def hand_over_shift(*, actor: Actor, now: datetime, shift: Shift, account: Account, reason: str) -> Shift:
    """Give a duty to another person, who is told. Raises NotAllowed, ShiftOver, ShiftsCross."""
    shift = Shift.objects.select_for_update().get(pk=shift.pk)
    if shift.account_uid != actor.uid:
        require(actor, P.ROSTER, shift)
    rules.check_swap(shift.ends_at, now=now)
    start, end = localtime(shift.starts_at), localtime(shift.ends_at)
    rules.check_shift(start, end, account.person.name, others_of(account.uid, shift.pk))
    shift.instead_of, shift.person, shift.account_uid = shift.person, account.person.name, account.uid
    shift.reason = reason.strip()[:300]
    shift.save()
    text = _("You are on duty from %(start)s to %(end)s.") % {
        "start": f"{start:%Y-%m-%d %H:%M}",
        "end": f"{end:%Y-%m-%d %H:%M}",
    }
    notify(
        recipients=[account.uid], subject=_("A duty was handed to you"), body=text, url="/monitoring/roster/", now=now
    )
    note(E.SHIFT_SWAPPED, shift, actor=actor, now=now, details=times(shift))
    return shift


@transaction.atomic
def remove_shift(*, actor: Actor, now: datetime, shift: Shift) -> None:
    """Take a duty that has not ended off the roster. Raises NotAllowed, ShiftOver."""
    require(actor, P.ROSTER, shift)
    rules.check_swap(shift.ends_at, now=now)
    note(E.SHIFT_REMOVED, shift, actor=actor, now=now, details=times(shift))
    shift.delete()


def times(shift: Shift) -> dict[str, str]:
    """When a duty is, for the trail."""
    return {"starts_at": shift.starts_at.isoformat(), "ends_at": shift.ends_at.isoformat()}
