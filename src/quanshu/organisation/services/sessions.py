"""Sessions that are over, as something a rule of retention takes away."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from django.contrib.sessions.models import Session
from django.db.models import Count, Min, QuerySet

from quanshu.kernel.clock import now
from quanshu.shared.holdings import Due, Reach


def ended(reach: Reach) -> QuerySet[Session]:
    """Sessions that ended before the reach's moment."""
    return Session.objects.filter(expire_date__lt=min(reach.before, now())).order_by("expire_date")


def id_of(key: str) -> str:
    """What a session is called where its key must not stand."""
    return hashlib.sha256(key.encode()).hexdigest()


def due(reach: Reach) -> Due:
    """How many have ended, and when the first did."""
    counted = ended(reach).aggregate(count=Count("pk"), oldest=Min("expire_date"))
    return Due(int(counted["count"]), counted["oldest"])


def pick(reach: Reach, most: int) -> list[str]:
    """Some of them."""
    return [id_of(key) for key in ended(reach).values_list("pk", flat=True)[:most]]


def erase(ids: Sequence[str]) -> None:
    """Take them away."""
    wanted = set(ids)
    over = Session.objects.filter(expire_date__lt=now()).values_list("pk", flat=True)
    Session.objects.filter(pk__in=[key for key in over if id_of(key) in wanted]).delete()
