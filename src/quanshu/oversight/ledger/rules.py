"""Decisions of the ledger. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.oversight.ledger.events import LedgerEvent
from quanshu.oversight.ledger.permissions import LedgerPermission
from quanshu.oversight.ledger.types import (
    AnchorData,
    QuorumTooHigh,
    QuorumTooLow,
    WitnessData,
    WitnessState,
)
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.tlog.errors import BadKey
from quanshu.tlog.keys import COSIGNATURE, VerifierKey

# Between two checkpoints, and while one waits for witnesses.
PACE = timedelta(seconds=5)
PACE_WAITING = timedelta(seconds=60)
# What placing entries, the worker's tick and the witnesses' answers take beside.
SETTLING = timedelta(seconds=8)
# A witness that failed is asked again after this, and is told of when it has failed for so long.
RETRY = timedelta(seconds=20)
TELL_AFTER = timedelta(seconds=60)
PLACE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
S = WitnessState
E = LedgerEvent
P = LedgerPermission
MACHINE = Machine(
    "ledger.witness",
    S,
    (
        Transition("pause", frozenset({S.ACTIVE}), S.PAUSED, P.WITNESS, E.WITNESS_PAUSED, label=N_("Pause")),
        Transition(
            "resume", frozenset({S.PAUSED, S.REMOVED}), S.ACTIVE, P.WITNESS, E.WITNESS_RESUMED, label=N_("Use again")
        ),
        Transition(
            "remove", frozenset({S.ACTIVE, S.PAUSED}), S.REMOVED, P.WITNESS, E.WITNESS_REMOVED, label=N_("Remove")
        ),
    ),
)


def check_witness(data: WitnessData) -> VerifierKey:
    """The key of a witness as it may be used. Raises FieldErrors: title, vkey, url."""
    faults, key = [], None
    if not data.title.strip():
        faults.append(FieldError("title", "The body that runs it is missing.", "Write its name."))
    try:
        key = VerifierKey.parse(data.vkey)
    except BadKey as fault:
        faults.append(FieldError("vkey", fault.message, fault.remedy, fault.params))
    if key is not None and key.kind != COSIGNATURE:
        faults.append(
            FieldError(
                "vkey", "This key does not cosign checkpoints.", "Take the key that “quanshu witness init” printed."
            )
        )
    parts = urlsplit(data.url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
        faults.append(
            FieldError("url", "This is no address of a witness.", "Write it like https://witness.example:8200.")
        )
    if faults or key is None:
        raise FieldErrors(errors=tuple(faults))
    return key


def check_anchor(data: AnchorData, kinds: frozenset[str]) -> None:
    """Raises FieldErrors: title, kind, place, minutes."""
    faults = []
    if not data.title.strip():
        faults.append(FieldError("title", "The name of the chain is missing.", "Write its name."))
    if data.kind not in kinds:
        faults.append(FieldError("kind", "There is no such kind of chain.", "Choose one from the list."))
    if not PLACE.fullmatch(data.place):
        faults.append(
            FieldError("place", "This is no name of a place.", "Use small letters, digits and hyphens, at most 40.")
        )
    if not 1 <= data.minutes <= 10_080:
        faults.append(FieldError("minutes", "So many minutes cannot be used.", "Give 1 to 10,080 (a week)."))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_step(state: WitnessState, step: str) -> WitnessState:
    """The state a step leads to. Raises `workflow.wrong_state`."""
    return S(MACHINE.check(state, step).target)


def check_quorum(*, least: int, active: int) -> None:
    """Raises `ledger.quorum_too_high`."""
    if not 0 <= least <= active:
        raise QuorumTooHigh(least=least, active=active)


def check_enough_left(*, least: int, active: int) -> None:
    """Whether a policy can still be met. Raises `ledger.quorum_too_low`."""
    if active < least:
        raise QuorumTooLow(least=least, active=active)


def is_due(*, last: datetime | None, waiting: bool, now: datetime) -> bool:
    """Whether a new checkpoint is signed now; `waiting`: the last one is not published yet."""
    return last is None or now - last >= (PACE_WAITING if waiting else PACE)


def published_by(*, last: datetime | None, waiting: bool, now: datetime) -> datetime:
    """About when an entry recorded by now stands under a published checkpoint; arguments as of `is_due`."""
    due = now if last is None else max(now, last + (PACE_WAITING if waiting else PACE))
    return due + SETTLING


def ask_again(*, tried_at: datetime | None, failing: bool, now: datetime) -> bool:
    """Whether a witness is asked now."""
    return tried_at is None or not failing or now - tried_at >= RETRY


def tell_of(*, failing_since: datetime | None, now: datetime) -> bool:
    """Whether people are told that a witness fails."""
    return failing_since is not None and now - failing_since >= TELL_AFTER
