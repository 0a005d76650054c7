"""States of the ledger in the reader's words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from quanshu.oversight.ledger.models import Witness
from quanshu.oversight.ledger.types import CheckpointState, WitnessState

WITNESS_STATES: dict[str, Any] = {
    WitnessState.ACTIVE: _("in use"),
    WitnessState.PAUSED: _("paused"),
    WitnessState.REMOVED: _("removed"),
}
CHECKPOINT_STATES: dict[str, Any] = {
    CheckpointState.SIGNED: _("waits for witnesses"),
    CheckpointState.PUBLISHED: _("published"),
}
CHECKPOINT_TONES = {CheckpointState.SIGNED: "orange", CheckpointState.PUBLISHED: "green"}


def witness_badge(witness: Witness) -> tuple[Any, str]:
    """(text, tone): how a witness is."""
    if witness.state != WitnessState.ACTIVE:
        return WITNESS_STATES[witness.state], "secondary"
    if witness.failing_since is not None:
        return _("does not sign"), "red"
    return (_("signs"), "green") if witness.seen_at else (_("not asked yet"), "blue")
