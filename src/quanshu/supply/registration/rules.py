"""Decisions of registration. Pure."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.supply.registration.events import RegistrationEvent
from quanshu.supply.registration.permissions import RegistrationPermission
from quanshu.supply.registration.types import (
    AlreadyRegistered,
    ApplicationData,
    ApplicationKind,
    ApplicationState,
    CertificateState,
    NoPublicity,
    NotCurrent,
    NotPublishedEntry,
    ObjectionData,
    Right,
    StillPublic,
    WrongStep,
)

P, E, S = RegistrationPermission, RegistrationEvent, ApplicationState
FORMAL_DAYS, MATERIAL_DAYS, PUBLICITY_DAYS, ACCEPT_DAYS = 3, 7, 5, 5
MOST_YEARS = 10
UNDER_WAY = (S.DRAFT, S.ACCEPTING, S.FORMAL, S.MATERIAL, S.PUBLICITY)

MACHINE = Machine(
    name="registration.application",
    states=ApplicationState,
    transitions=(
        Transition("submit", frozenset({S.DRAFT}), S.FORMAL, P.APPLY, E.SUBMITTED, label=N_("Submit")),
        Transition("hand", frozenset({S.DRAFT}), S.ACCEPTING, P.APPLY, E.HANDED, label=N_("Hand to the receiver")),
        Transition("accept", frozenset({S.ACCEPTING}), S.FORMAL, P.ACCEPT, E.ACCEPTED, label=N_("Accept the transfer")),
        Transition("decline", frozenset({S.ACCEPTING}), S.DRAFT, P.ACCEPT, E.DECLINED, label=N_("Decline")),
        Transition("pass", frozenset({S.FORMAL}), S.MATERIAL, P.REVIEW, E.PASSED, label=N_("Formally complete")),
        Transition("publish", frozenset({S.MATERIAL}), S.PUBLICITY, P.REVIEW, E.PUBLISHED, label=N_("Make public")),
        Transition("conclude", frozenset({S.MATERIAL}), S.ISSUED, P.REVIEW, E.CANCELLED, label=N_("Cancel it")),
        Transition("issue", frozenset({S.PUBLICITY}), S.ISSUED, P.REVIEW, E.ISSUED, label=N_("Issue the certificate")),
        Transition(
            "return", frozenset({S.FORMAL, S.MATERIAL}), S.DRAFT, P.REVIEW, E.RETURNED, label=N_("To be completed")
        ),
        Transition(
            "refuse", frozenset({S.FORMAL, S.MATERIAL, S.PUBLICITY}), S.REFUSED, P.REVIEW, E.REFUSED, label=N_("Refuse")
        ),
        Transition("withdraw", frozenset({S.DRAFT}), S.WITHDRAWN, P.APPLY, E.WITHDRAWN, label=N_("Withdraw")),
    ),
)


def check_step(state: str, step: str) -> ApplicationState:
    """The state a step leads to. Raises `registration.wrong_state`."""
    for transition in MACHINE.transitions:
        if transition.name == step and state in transition.sources:
            return ApplicationState(transition.target)
    raise WrongStep


def check_data(data: ApplicationData) -> None:
    """The statements are there, at least one right is claimed, the years are sensible. Raises FieldErrors."""
    faults = []
    for name, text in (("source", data.source), ("legality", data.legality), ("duties", data.duties)):
        if len(text.strip()) < 4:
            faults.append(FieldError(name, N_("The statement is missing."), N_("State it in a sentence or more.")))
    if not data.rights or any(right not in set(Right) for right in data.rights):
        faults.append(FieldError("rights", N_("No right is claimed."), N_("Choose at least one of the three rights.")))
    if not 1 <= data.years <= MOST_YEARS:
        faults.append(FieldError("years", N_("The years are out of bounds."), N_("Choose one to ten years.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_objection(data: ObjectionData) -> None:
    """An objection names who files it, how to answer, and why. Raises FieldErrors."""
    faults = [
        FieldError(name, N_("This must not be empty."), N_("Fill it in."))
        for name, text in (("name", data.name), ("contact", data.contact), ("reason", data.reason))
        if not text.strip()
    ]
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_first(*, published: bool, registered: bool, under_way: bool) -> None:
    """A resource is registered once. Raises `registration.not_published`, `registration.already_registered`."""
    if not published:
        raise NotPublishedEntry
    if registered or under_way:
        raise AlreadyRegistered


def check_further(*, certificate_state: str, under_way: bool) -> None:
    """A change, transfer or cancellation is of a valid certificate, one at a time.

    Raises `registration.not_current`, `registration.already_registered`.
    """
    if certificate_state != CertificateState.VALID:
        raise NotCurrent
    if under_way:
        raise AlreadyRegistered


def check_issue(*, state: str, kind: str, until: date | None, today: date, open_objections: int) -> None:
    """A certificate is issued when publicity is over and no objection is open; a cancellation needs no publicity.

    Raises `registration.wrong_state`, `registration.still_public`.
    """
    if kind == ApplicationKind.CANCEL:
        check_step(state, "conclude")
        return
    check_step(state, "issue")
    if open_objections or until is None or today <= until:
        raise StillPublic(until=until.isoformat() if until else "")


def check_publish(*, state: str, kind: str) -> None:
    """Raises `registration.wrong_state`: a cancellation is concluded without publicity."""
    if kind == ApplicationKind.CANCEL:
        raise WrongStep
    check_step(state, "publish")


def check_public(state: str) -> None:
    """Raises `registration.no_publicity`."""
    if state != S.PUBLICITY:
        raise NoPublicity


def check_receiver(*, kind: str, holder: str, receiver: str, reason: str) -> None:
    """A transfer names another unit; what follows a certificate says why. Raises FieldErrors."""
    faults = []
    if kind == ApplicationKind.TRANSFER and (not receiver or receiver == holder):
        faults.append(FieldError("receiver", N_("A transfer goes to another unit."), N_("Choose the receiving unit.")))
    if not reason.strip():
        faults.append(FieldError("reason", N_("The reason is missing."), N_("Say why.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))
