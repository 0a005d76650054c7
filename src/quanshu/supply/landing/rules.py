"""Decisions on exceptions from landing. Pure."""

from __future__ import annotations

from django.utils.translation import gettext_noop as N_

from quanshu.shared.workflow.api import Machine, Transition, check_reason
from quanshu.supply.catalogue.api import CataloguePermission
from quanshu.supply.landing.events import LandingEvent as E
from quanshu.supply.landing.permissions import LandingPermission as P
from quanshu.supply.landing.types import AlreadyDecided, ExceptionState

S = ExceptionState
MACHINE = Machine(
    name="landing.exception",
    states=ExceptionState,
    transitions=(
        Transition("agree", frozenset({S.ASKED}), S.AGREED, P.DECIDE, E.AGREED, label=N_("Agree")),
        Transition("refuse", frozenset({S.ASKED}), S.REFUSED, P.DECIDE, E.REFUSED, label=N_("Refuse")),
        Transition("end", frozenset({S.ASKED, S.AGREED}), S.ENDED, CataloguePermission.EDIT, E.ENDED, label=N_("End")),
    ),
)


def check_decidable(state: str) -> None:
    """Only an exception that waits gets an answer. Raises AlreadyDecided."""
    if state != ExceptionState.ASKED:
        raise AlreadyDecided()


def check_answer(*, agreed: bool, answer: str) -> None:
    """A refusal says why. Raises FieldErrors."""
    if not agreed:
        check_reason(answer)
