"""Holders: digits to type in place of the picture, and codes blocked by their holder or the bureau."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from quanshu.city.codes import rules
from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.models import Block, Scene, TypedCode
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.queries import show_code
from quanshu.city.codes.services.noting import note
from quanshu.city.codes.types import Shown
from quanshu.shared.access.api import Actor, ActorKind, require
from quanshu.sharing.subjects.api import Subject


@transaction.atomic
def type_code(
    *, actor: Actor, now: datetime, subject_uid: str = "", scene: Scene | None = None, verifier: int = 0
) -> tuple[Shown, str]:
    """A fresh code, and twelve digits that stand for it while it lives.

    Raises what `show_code` raises.
    """
    shown = show_code(actor=actor, now=now, subject_uid=subject_uid, scene=scene, verifier=verifier)
    digits = f"{secrets.randbelow(10**12):012d}"
    TypedCode.objects.filter(ends_at__lt=now - timedelta(minutes=5)).delete()
    TypedCode.objects.create(digits=digits, text=shown.text, ends_at=now + timedelta(seconds=shown.lifetime))
    details = {"scene": scene.uid if scene else ""}
    note(CodeEvent.TYPED, shown.subject, actor=actor, now=now, details=details)
    return shown, digits


@transaction.atomic
def block_codes(*, actor: Actor, now: datetime, subject: Subject, reason: str = "") -> Block:
    """Block a subject's codes at once; off line by the next list. Raises Forbidden."""
    require(actor, right_of(actor), subject)
    block, made = Block.objects.get_or_create(
        subject=subject, defaults={"by_bureau": not is_own(actor), "reason": reason.strip(), "at": now}
    )
    if not made and not is_own(actor) and not block.by_bureau:
        block.by_bureau, block.reason = True, reason.strip()
        block.save(update_fields=["by_bureau", "reason"])
    note(CodeEvent.BLOCKED, subject, actor=actor, now=now, details={"reason": reason.strip()})
    return block


@transaction.atomic
def unblock_codes(*, actor: Actor, now: datetime, subject: Subject) -> None:
    """Lift a block. Raises Forbidden, `codes.blocked_by_bureau` for a holder whom the bureau blocked."""
    require(actor, right_of(actor), subject)
    block = Block.objects.select_for_update().filter(subject=subject).first()
    if block is None:
        return
    rules.check_unblock(by_bureau=block.by_bureau, own=is_own(actor))
    block.delete()
    note(CodeEvent.UNBLOCKED, subject, actor=actor, now=now)


def right_of(actor: Actor) -> CodePermission:
    """A holder blocks what it may show, an officer needs a right of its own."""
    return CodePermission.SHOW if is_own(actor) else CodePermission.HOLDER_BLOCK


def is_own(actor: Actor) -> bool:
    """Whether a resident acts, who can be reached by the right for themselves alone."""
    return actor.kind == ActorKind.RESIDENT
