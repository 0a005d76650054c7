"""Posting published checkpoints to outside chains."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.oversight.ledger import queries, rules
from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.oversight.ledger.models import Anchor, AnchorPost
from quanshu.oversight.ledger.permissions import LedgerPermission as P
from quanshu.oversight.ledger.services.chains import TITLES, open_chain
from quanshu.oversight.ledger.services.noting import note
from quanshu.oversight.ledger.types import AnchorData
from quanshu.shared.access.api import Actor, require


@transaction.atomic
def add_anchor(*, actor: Actor, data: AnchorData, now: datetime) -> Anchor:
    """Post checkpoints to a chain from now on. Raises `access.not_allowed`, FieldErrors."""
    require(actor, P.ANCHOR)
    rules.check_anchor(data, frozenset(TITLES))
    if Anchor.objects.filter(kind=data.kind, place=data.place).exists():
        taken = FieldError("place", "Checkpoints go to this place already.", "Choose another name.")
        raise FieldErrors(errors=(taken,))
    made = Anchor.objects.create(
        title=data.title.strip()[:100],
        kind=data.kind,
        place=data.place,
        minutes=data.minutes,
        created_at=now,
        created_by=actor.name,
    )
    note(LedgerEvent.ANCHOR_ADDED, made, actor=actor, now=now, details={"kind": made.kind, "place": made.place})
    return made


@transaction.atomic
def stop_anchor(*, actor: Actor, anchor: Anchor, now: datetime) -> Anchor:
    """Post no more to a chain; what was posted stands. Raises `access.not_allowed`."""
    require(actor, P.ANCHOR)
    if Anchor.objects.filter(pk=anchor.pk, active=True).update(active=False):
        anchor.active = False
        note(LedgerEvent.ANCHOR_STOPPED, anchor, actor=actor, now=now)
    return anchor


def post_to_anchors(now: datetime) -> int:
    """Post the published checkpoint to each chain whose time has come; returns how many took it."""
    published = queries.published_checkpoint()
    if published is None:
        return 0
    taken = 0
    for anchor in queries.list_anchors().filter(active=True):
        last = anchor.posts.first()
        early = last is not None and now - last.at < timedelta(minutes=anchor.minutes)
        if early or (last is not None and last.checkpoint_id == published.pk):
            continue
        try:
            reference = open_chain(anchor.kind, anchor.place).post(
                size=published.size, note=queries.store().checkpoint(), now=now
            )
        except OSError as fault:
            Anchor.objects.filter(pk=anchor.pk).update(fault=type(fault).__name__)
            continue
        AnchorPost.objects.create(anchor=anchor, checkpoint=published, reference=reference, at=now)
        Anchor.objects.filter(pk=anchor.pk).exclude(fault="").update(fault="")
        taken += 1
    return taken
