"""Reminders before the end, and overdue filings told to the chief."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import Unit, holders
from quanshu.shared.access.api import SYSTEM, Actor, require
from quanshu.shared.notify.api import notify
from quanshu.shared.workflow import api as workflow
from quanshu.supply.census import rules
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.models import Filing, Reminder
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.queries import KIND, days_left
from quanshu.supply.census.services.noting import ESCALATED, REVIEW, locked, note
from quanshu.supply.census.types import CampaignState

NEWS = {
    CensusEvent.REMINDED: N_("Census: the filing is due on %(day)s — %(filing)s"),
    CensusEvent.ESCALATED: N_("Census: the filing is overdue since %(day)s — %(filing)s"),
    CensusEvent.SENT_BACK: N_("Census: sent back by the chief data representative — %(filing)s"),
    CensusEvent.REJECTED: N_("Census: returned by the bureau — %(filing)s"),
    CensusEvent.EXTENSION_DECIDED: N_("Census: your request for more time was decided — %(filing)s"),
}
OVERDUE, BY_HAND = "overdue", "by_hand"


def people_of(unit_path: str, roles: Sequence[str]) -> list[str]:
    """Accounts that hold one of the roles in the unit; without any, its chief, else the platform's officers."""
    found = [uid for role in roles for uid in holders(unit_path, role)] or holders(unit_path, "chief")
    if found:
        return found
    platform = Unit.objects.active().filter(kind="platform").order_by("path").first()
    return holders(platform.path, "bureau") if platform else []


def tell(filing: Filing, event: CensusEvent, *, roles: Sequence[str], body: str = "", now: datetime) -> int:
    """Write a notice to people of the unit, in the platform's language, since it is kept as text."""
    with override(settings.LANGUAGE_CODE):
        subject = gettext(NEWS[event]) % {"filing": str(filing), "day": filing.due_on.isoformat()}
        people = people_of(filing.unit.path, roles)
        return notify(recipients=people, subject=subject, body=body, url=filing.get_absolute_url(), now=now)


def _remind(filing: Filing, cause: str, due_on: date, *, actor: Actor, now: datetime) -> bool:
    row, made = Reminder.objects.get_or_create(filing=filing, cause=cause, due_on=due_on, defaults={"at": now})
    if made:
        row.told = tell(filing, CensusEvent.REMINDED, roles=("steward",), now=now)
        row.save(update_fields=["told"])
        note(CensusEvent.REMINDED, filing, actor=actor, now=now, details={"cause": cause, "told": row.told})
    return made


@transaction.atomic
def remind_by_hand(*, actor: Actor, now: datetime, filing: Filing) -> bool:
    """The bureau reminds a unit, once a day at most; False when it was reminded today.

    Raises Forbidden, `census.wrong_state`.
    """
    filing = locked(filing)
    require(actor, CensusPermission.REVIEW, filing)
    rules.check_fillable(filing.state, campaign_state=filing.campaign.state)
    return _remind(filing, BY_HAND, workflow.city_day(now), actor=actor, now=now)


def remind_due(now: datetime) -> int:
    """Remind the units that have not submitted, some working days before the last; returns how many."""
    count = 0
    today, working = workflow.city_day(now), workflow.calendar()
    rows = Filing.objects.filter(campaign__state=CampaignState.OPEN, state__in=rules.OPEN_STATES)
    for filing in rows.select_related("unit", "campaign"):
        left = days_left(filing, today, working)
        if left in rules.REMIND_AT:
            with transaction.atomic():
                count += _remind(filing, f"{left}_days", filing.due_on, actor=SYSTEM, now=now)
    return count


@transaction.atomic
def escalate(*, filing: Filing, clock_uid: str, kind: str, due_on: date, now: datetime) -> bool:
    """Tell the chief of an overdue unit (the bureau of an overdue review), once a clock.

    False when the clock has stopped or was told before.
    """
    filing = locked(filing)
    running = workflow.clocks_of(KIND, filing.uid).filter(uid=clock_uid, stopped_at__isnull=True)
    if not running.exists():
        return False
    row, made = Reminder.objects.get_or_create(
        filing=filing, cause=f"{OVERDUE}.{kind.rpartition('.')[2]}", due_on=due_on, defaults={"at": now}
    )
    if not made:
        return False
    late_review = kind == REVIEW
    workflow.open_todo(
        kind=ESCALATED,
        subject_kind=KIND,
        subject_uid=filing.uid,
        title=str(filing),
        url=filing.get_absolute_url(),
        permission=CensusPermission.REVIEW if late_review else CensusPermission.SIGN,
        unit_path="/" if late_review else filing.unit.path,
        due_on=due_on,
        now=now,
    )
    row.told = tell(filing, CensusEvent.ESCALATED, roles=("chief", "steward"), now=now)
    row.save(update_fields=["told"])
    details = {"clock": kind, "due_on": due_on.isoformat(), "told": row.told}
    note(CensusEvent.ESCALATED, filing, actor=SYSTEM, now=now, details=details)
    return True
