"""What nobody is shown again: addresses, tokens, passwords, keys and corrected values, sealed under the node's key.

A sealed text begins with the number of its key, so that a new key can take over while old texts still open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from quanshu.shared import keys
from quanshu.shared.access.api import Actor, require
from quanshu.shared.audit import api as audit
from quanshu.shared.keys import node_key
from quanshu.supply.intake.events import IntakeEvent
from quanshu.supply.intake.models import Correction, Source
from quanshu.supply.intake.permissions import IntakePermission

FAMILY = "intake"


def key_of(number: int) -> bytes:
    """The node's intake key with this number."""
    return keys.numbered_key(FAMILY, number)


def newest_key() -> int:
    """The number of the key in use."""
    return keys.newest_key(FAMILY)


def seal_text(text: str, context: str) -> str:
    """The text encrypted under the newest key, bound to its context (a uid)."""
    return keys.seal_text(FAMILY, text, context)


def open_text(sealed: str, context: str) -> str:
    """The text of a sealed one."""
    return keys.open_text(FAMILY, sealed, context)


def secret_of(source: Source) -> dict[str, str]:
    """A source's token, password and key."""
    return dict(json.loads(open_text(source.sealed_secret, source.uid))) if source.sealed_secret else {}


def seal_secret(source: Source, secret: Mapping[str, str]) -> str:
    """The parts of a secret as the source keeps them."""
    return seal_text(json.dumps(dict(secret), ensure_ascii=False), source.uid)


def correction_context(correction: Correction) -> str:
    """What a correction's values are bound to."""
    return f"{correction.run.uid}:{correction.row_number}"


@transaction.atomic
def reseal_secrets(*, actor: Actor, now: datetime) -> int:
    """Make a new key and seal everything under it; returns how many texts. Raises Forbidden.

    The old key's file may be taken away once this has been committed.
    """
    require(actor, IntakePermission.RESEAL)
    number, count = newest_key() + 1, 0
    node_key(f"intake-{number}")
    for source in Source.objects.select_for_update().exclude(sealed_url="", sealed_secret=""):
        for name in ("sealed_url", "sealed_secret"):
            if text := getattr(source, name):
                setattr(source, name, seal_text(open_text(text, source.uid), source.uid))
                count += 1
        source.save(update_fields=["sealed_url", "sealed_secret"])
    for correction in Correction.objects.exclude(sealed="").select_related("run"):
        context = correction_context(correction)
        correction.sealed = seal_text(open_text(correction.sealed, context), context)
        correction.save(update_fields=["sealed"])
        count += 1
    audit.record(
        actor=actor,
        action=IntakeEvent.SECRETS_RESEALED,
        kind="intake.secret",
        uid=str(number),
        details={"key": number, "texts": count},
        now=now,
    )
    return count
