"""Replacing the key that codes are signed with."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from quanshu.city.codes import rules
from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import SigningKey
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import forget_keys, mint_of
from quanshu.city.codes.queries.keys import FAMILY
from quanshu.city.codes.services.noting import note
from quanshu.shared.access.api import Actor, require


@transaction.atomic
def rotate_key(*, actor: Actor, now: datetime, at_once: bool = False) -> SigningKey:
    """Publish a new signing key. It signs after every device has had time to fetch it; what the old one signed is
    taken until its last code can have been handed in.

    `at_once` is for a key in wrong hands: the new one signs from now, nothing of any other is taken any more, and
    devices without a network take no code until they have fetched the new key.
    Raises Forbidden, `codes.key_waiting`.
    """
    require(actor, CodePermission.KEY_ROTATE)
    rows = list(SigningKey.objects.select_for_update())
    if not rows:
        rows = [SigningKey.objects.create(number=1, public=mint_of(1).public.hex(), published_at=now)]
    if not at_once:
        rules.check_rotate(newest_signs_from=rows[0].signs_from, now=now)
    number = rows[0].number + 1
    starts = now if at_once else now + rules.PUBLISHED_AHEAD
    for row in rows:
        if row.signs_until is None or row.signs_until > starts:
            row.signs_until, row.verifies_until = starts, starts + rules.TAKEN_AFTER
        if at_once and (row.verifies_until is None or row.verifies_until > now):
            row.verifies_until = now
        row.save(update_fields=["signs_until", "verifies_until"])
    key = SigningKey.objects.create(
        number=number,
        public=mint_of(number).public.hex(),
        published_at=now,
        published_by=actor.name,
        signs_from=starts,
    )
    details = {"number": number, "at_once": at_once, "signs_from": starts.isoformat()}
    note(CodeEvent.KEY_ROTATED, key, actor=actor, now=now, details=details)
    spent = [row.number for row in rows if row.signs_until and row.signs_until <= now]
    transaction.on_commit(lambda: forget(spent))
    return key


def forget(spent: list[int]) -> None:
    """Take away the private parts of keys that sign no more, and read the keys anew."""
    for number in spent:
        name = FAMILY if number <= 1 else f"{FAMILY}-{number}"
        (settings.QUANSHU_KEYS_DIR / f"{name}.key").unlink(missing_ok=True)
    forget_keys()
