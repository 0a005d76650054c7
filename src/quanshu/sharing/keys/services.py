"""Warnings of keys that end."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as N_

from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM, Actor, RolePermission, Scope, require
from quanshu.shared.audit import api as audit
from quanshu.shared.notify.api import notify
from quanshu.shared.outbox import api as outbox
from quanshu.shared.workflow.api import TodoItem, city_day, close_todo, open_todo
from quanshu.sharing.keys import rules
from quanshu.sharing.keys.events import KeyEvent
from quanshu.sharing.keys.models import KeyWarning
from quanshu.sharing.services.api import Consumer, ConsumerKey, ServicePermission

TODO, KIND = "keys.expiring", "keys.key"
EXPIRING = N_("Key %(kid)s of the application %(application)s ends on %(day)s: replace it in time")


def warn_expiring(now: datetime) -> int:
    """Tell stewards of keys that end within 60, 30 and 7 days and have no successor, once each; returns how many.

    A to-do opened for a key is closed when the key has been replaced or is over.
    """
    told = 0
    for consumer in Consumer.objects.filter(active=True, keys__not_after__gt=now).distinct():
        due = consumer.keys.filter(pk__in=due_keys(consumer, now))
        told += sum(warn_of_end(actor=SYSTEM, now=now, key=key) for key in due)
    for item in TodoItem.objects.filter(kind=TODO, closed_at__isnull=True):
        key = ConsumerKey.objects.select_related("consumer").filter(pk=item.subject_uid).first()
        if key is None or is_settled(key, now):
            close_todo(kind=TODO, subject_kind=KIND, subject_uid=item.subject_uid, now=now)
    return told


def managers(consumer: Consumer) -> list[str]:
    """Account uids of the application's unit whose roles let them manage it; who manages all units is left out."""
    given = RolePermission.objects.filter(permission=ServicePermission.CONSUMER_MANAGE).exclude(scope=Scope.ALL)
    return [uid for code in given.values_list("role__code", flat=True) for uid in holders(consumer.unit.path, code)]


def due_keys(consumer: Consumer, now: datetime) -> dict[int, int]:
    """{key: days} of an application's keys that are due for a warning."""
    rows = consumer.keys.filter(not_after__gt=now).prefetch_related("warnings")
    return rules.keys_to_warn(
        (
            rules.Life(row.pk, row.scheme, row.not_after, frozenset(warning.days for warning in row.warnings.all()))
            for row in rows
        ),
        now=now,
    )


def is_settled(key: ConsumerKey, now: datetime) -> bool:
    """Whether nothing is left to do about a key's end: it is over, outlived, or its application is off."""
    if key.not_after <= now or not key.consumer.active:
        return True
    return ConsumerKey.objects.filter(consumer=key.consumer, scheme=key.scheme, not_after__gt=key.not_after).exists()


@transaction.atomic
def warn_of_end(*, actor: Actor, now: datetime, key: ConsumerKey) -> bool:
    """Tell everybody who manages the application of a key's end, if a warning is due; whether one was.

    The to-do is open to all of them, and one of them closes it by replacing the key. The unit's stewards are told as
    well, or without any its chief. Raises Forbidden.
    """
    consumer = Consumer.objects.select_for_update(of=("self",)).select_related("unit").get(pk=key.consumer_id)
    require(actor, ServicePermission.CONSUMER_MANAGE, consumer)
    days = due_keys(consumer, now).get(key.pk)
    if days is None:
        return False
    path = consumer.unit.path
    stewards = holders(path, "steward") or holders(path, "chief")
    people = list(dict.fromkeys([*managers(consumer), *stewards]))
    day = city_day(key.not_after)
    with override(settings.LANGUAGE_CODE):
        title = gettext(EXPIRING) % {"kid": key.kid, "application": consumer.name, "day": day.isoformat()}
    url = consumer.get_absolute_url()
    told = notify(recipients=people, subject=title, url=url, now=now)
    KeyWarning.objects.create(key=key, days=days, at=now, told=told)
    open_todo(
        kind=TODO,
        subject_kind=KIND,
        subject_uid=str(key.pk),
        title=title,
        url=url,
        permission=ServicePermission.CONSUMER_MANAGE,
        unit_path=path,
        due_on=day,
        now=now,
    )
    details = {"kid": key.kid, "days": days, "told": told}
    audit.record(
        actor=actor,
        action=KeyEvent.EXPIRING,
        obj=consumer,
        kind="services.consumer",
        uid=consumer.uid,
        label=consumer.name,
        details=details,
        now=now,
    )
    outbox.add(
        name=KeyEvent.EXPIRING, payload={"consumer_uid": consumer.uid, "at": now.isoformat(), **details}, now=now
    )
    return True
