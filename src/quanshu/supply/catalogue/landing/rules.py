"""Decisions on exceptions from landing. Pure."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import Conflict, FieldError, FieldErrors, NotFound
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.catalogue.events import CatalogueEvent as E
from quanshu.supply.catalogue.permissions import CataloguePermission as P


class ExceptionState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    ENDED = "ended"


S = ExceptionState
MACHINE = Machine(
    name="catalogue.exception",
    states=ExceptionState,
    transitions=(
        Transition("agree", frozenset({S.ASKED}), S.AGREED, P.EXEMPT, E.EXEMPTED, label=N_("Agree")),
        Transition("refuse", frozenset({S.ASKED}), S.REFUSED, P.EXEMPT, E.EXEMPTION_REFUSED, label=N_("Refuse")),
        Transition("end", frozenset({S.ASKED, S.AGREED}), S.ENDED, P.EDIT, E.EXEMPTION_ENDED, label=N_("End")),
    ),
)


class ExceptionNotFound(NotFound):
    code = "catalogue.exception_not_found"
    message = "There is no exception from landing for “%(entry)s” that waits for an answer."
    remedy = "Open the list of exceptions to see their states."


class AlreadyDecided(Conflict):
    code = "catalogue.exception_decided"
    message = "This exception has its answer already."
    remedy = "Open the list of exceptions to see the answer."


def check_decidable(state: str) -> None:
    """Only an exception that waits gets an answer. Raises AlreadyDecided."""
    if state != ExceptionState.ASKED:
        raise AlreadyDecided()


def check_answer(*, agreed: bool, answer: str) -> None:
    """A refusal says why. Raises FieldErrors."""
    if not agreed and not answer.strip():
        raise FieldErrors(errors=(FieldError("reason", N_("This must not be empty."), N_("Say why.")),))
