"""Composites stand as long as their parts: a part that goes or changes marks them, and their owners are told."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from quanshu.kernel.errors import fill
from quanshu.organisation.api import holders
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.notify.api import notify
from quanshu.sharing.composition import rules
from quanshu.sharing.composition.events import CompositionEvent as E
from quanshu.sharing.composition.models import Composition
from quanshu.sharing.composition.queries import composites_with, faults_now
from quanshu.sharing.composition.services.noting import locked, note


def check_composites(*, sid: str, now: datetime) -> int:
    """Hold the composites that call a service against it as it is now; returns how many fail. Safe to run again."""
    return sum(_check(row, now) for row in composites_with(sid))


@transaction.atomic
def _check(composition: Composition, now: datetime) -> bool:
    row = locked(composition)
    found = faults_now(rules.graph_of(row.published_graph or {}))
    faults = [{**asdict(fault), "params": dict(fault.params)} for fault in found]
    if faults == row.faults:
        return bool(faults)
    newly = bool(faults) and not row.faults
    row.faults = faults
    row.failing_since = (row.failing_since or now) if faults else None
    row.save(update_fields=["faults", "failing_since"])
    nodes = sorted({fault.node for fault in found})
    note(E.FAILING if faults else E.MENDED, row, actor=SYSTEM, now=now, nodes=nodes)
    if newly:
        _tell(row, now)
    return bool(faults)


def _tell(row: Composition, now: datetime) -> None:
    """A notice to whoever composed it, and to the stewards of its unit."""
    with override("zh-hans"):
        lines = [fill(_(fault["text"]), fault["params"]) for fault in row.faults]
        subject = _("The composite %(name)s fails") % {"name": row.name}
        recipients = [row.owner_uid, *holders(row.unit.path, "steward")]
        notify(recipients=recipients, subject=subject, body="\n".join(lines), url=row.get_absolute_url(), now=now)
