"""Decisions over meetings and negotiations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Transition
from quanshu.sharing.demands import rules
from quanshu.sharing.demands.types import (
    MeetingOver,
    MeetingState,
    NoProposal,
    NotContestable,
    NotHeld,
    NotYourTurn,
    Proposal,
    Side,
    SignedAlready,
)
from quanshu.sharing.services.api import mask_faults

MOST_CONCLUSIONS = 30


def check_plan(*, planned_on: date | None, reason: str, today: date) -> None:
    """A proposed meeting: on a day to come, with its reason. Raises FieldErrors."""
    faults = []
    if planned_on is None or planned_on < today:
        faults.append(FieldError("planned_on", N_("The day lies in the past."), N_("Enter today or a later day.")))
    if not reason.strip():
        faults.append(FieldError("reason", N_("This must not be empty."), N_("Say what is to be settled.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_record(state: str) -> None:
    """Minutes are recorded once. Raises MeetingOver."""
    if state != MeetingState.PROPOSED:
        raise MeetingOver


def check_conclusions(conclusions: Iterable[str]) -> None:
    """At most thirty conclusions, none blank. Raises FieldErrors."""
    found = list(conclusions)
    if len(found) > MOST_CONCLUSIONS or any(not text.strip() for text in found):
        fault = N_("There are 1 to %(most)s conclusions, none of them blank.")
        error = FieldError("conclusions", fault, N_("Enter one a line."), {"most": MOST_CONCLUSIONS})
        raise FieldErrors(errors=(error,))


def check_sign(state: str, *, signed: bool) -> None:
    """A side signs minutes once. Raises NotHeld, SignedAlready."""
    if state == MeetingState.PROPOSED:
        raise NotHeld
    if signed:
        raise SignedAlready


def check_negotiate(state: str, refused_by: str) -> Transition:
    """A supplier's refusal can be negotiated, and a negotiation goes on. Raises WrongState, NotContestable."""
    step = "propose" if state == rules.S.NEGOTIATING else "negotiate"
    transition = rules.MACHINE.check(state, step)
    if refused_by != Side.SUPPLIER:
        raise NotContestable
    return transition


def check_turn(state: str, *, side: str, last: str | None) -> None:
    """The open proposal is answered by the other side. Raises WrongState, NoProposal, NotYourTurn."""
    rules.MACHINE.check(state, "agree")
    if last is None:
        raise NoProposal
    if last == side:
        raise NotYourTurn


def check_proposal(proposal: Proposal, *, asked: Sequence[str], least: Mapping[str, str]) -> None:
    """Some of the fields asked for, a frequency in bounds, masks that hide at least what the grades ask (`least`).

    Raises FieldErrors.
    """
    faults = list(proposal_faults(proposal, asked))
    faults += mask_faults(proposal.masks, least, proposal.fields)
    faults.extend(rules.volume_faults(rate_per_minute=proposal.rate_per_minute, volume_per_day=proposal.volume_per_day))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def proposal_faults(proposal: Proposal, asked: Sequence[str]) -> Iterator[FieldError]:
    """At least one field, none that was not asked for; terms of bearable length."""
    if not proposal.fields:
        yield FieldError("fields", N_("No field is chosen."), N_("Choose at least one."))
    extra = [name for name in proposal.fields if name not in set(asked)]
    if extra:
        yield FieldError(
            "fields",
            N_("Not asked for by the demand: %(names)s."),
            N_("Choose among the fields of the demand."),
            {"names": ", ".join(extra)},
        )
    if len(proposal.terms) > 1000:
        yield FieldError("terms", N_("This text is too long."), N_("Shorten it."))
