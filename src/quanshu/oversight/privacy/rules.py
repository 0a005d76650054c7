"""Decisions of privacy. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.oversight.privacy.events import PrivacyEvent as E
from quanshu.oversight.privacy.permissions import PrivacyPermission as P
from quanshu.oversight.privacy.types import (
    Held,
    HoldData,
    HoldKept,
    HoldLifted,
    NotAssessed,
    NotSensitive,
    Outdated,
    OwnProposal,
    RecordData,
    RecordState,
    RecordUnderWay,
    RiskLevel,
    RuleData,
    RuleState,
    RuleThere,
    RunState,
    Standing,
    Subject,
    UnmaskState,
    WrongStep,
)
from quanshu.shared.workflow.api import Machine, Transition

R, U, A, N = RuleState, RunState, RecordState, UnmaskState
MOST_DAYS = 36_500
# PIPL article 56: the report and the record of its handling are kept for at least three years.
RECORD_YEARS = 3
REVIEW_DAYS = 5
UNMASK_DAYS = 30
# Grades from which personal data count as sensitive here: what GB/T 43697 puts at general level 3 and above.
SENSITIVE_GRADES = frozenset({"general-3", "general-4", "important", "core"})

RULE_MACHINE = Machine(
    name="privacy.rule",
    states=RuleState,
    transitions=(
        Transition("approve", frozenset({R.PROPOSED}), R.IN_FORCE, P.RULE_DECIDE, E.RULE_APPROVED, label=N_("Approve")),
        Transition("refuse", frozenset({R.PROPOSED}), R.REFUSED, P.RULE_DECIDE, E.RULE_REFUSED, label=N_("Refuse")),
        Transition("end", frozenset({R.IN_FORCE}), R.ENDED, P.RULE_DECIDE, E.RULE_ENDED, label=N_("End the rule")),
    ),
)
RUN_MACHINE = Machine(
    name="privacy.run",
    states=RunState,
    transitions=(
        Transition("certify", frozenset({U.RUNNING}), U.DONE, P.RUN, E.CERTIFIED, label=N_("Certify")),
        Transition("stop", frozenset({U.RUNNING}), U.STOPPED, P.RUN, E.RUN_STOPPED, label=N_("Stopped by a hold")),
        Transition("resume", frozenset({U.STOPPED}), U.RUNNING, P.RUN, E.RUN_STARTED, label=N_("Go on")),
    ),
)
RECORD_MACHINE = Machine(
    name="privacy.record",
    states=RecordState,
    transitions=(
        Transition("submit", frozenset({A.DRAFT}), A.REVIEW, P.RECORD_DRAFT, E.SUBMITTED, label=N_("Submit")),
        Transition("approve", frozenset({A.REVIEW}), A.APPROVED, P.RECORD_REVIEW, E.APPROVED, label=N_("Approve")),
        Transition("return", frozenset({A.REVIEW}), A.DRAFT, P.RECORD_REVIEW, E.RETURNED, label=N_("Give back")),
        Transition("withdraw", frozenset({A.DRAFT}), A.WITHDRAWN, P.RECORD_DRAFT, E.WITHDRAWN, label=N_("Take back")),
        Transition("replace", frozenset({A.APPROVED}), A.REPLACED, P.RECORD_REVIEW, E.REPLACED, label=N_("Replaced")),
    ),
)
UNMASK_MACHINE = Machine(
    name="privacy.unmask",
    states=UnmaskState,
    transitions=(
        Transition("grant", frozenset({N.ASKED}), N.GRANTED, P.UNMASK_DECIDE, E.UNMASK_GRANTED, label=N_("Allow")),
        Transition("refuse", frozenset({N.ASKED}), N.REFUSED, P.UNMASK_DECIDE, E.UNMASK_REFUSED, label=N_("Refuse")),
        Transition("end", frozenset({N.GRANTED}), N.ENDED, P.UNMASK_DECIDE, E.UNMASK_ENDED, label=N_("End")),
    ),
)


def check_step(machine: Machine, state: str, step: str) -> StrEnum:
    """The state a step leads to. Raises `privacy.wrong_state`."""
    for transition in machine.transitions:
        if transition.name == step and state in transition.sources:
            return transition.target
    raise WrongStep


def missing(texts: Mapping[str, str], *, least: int = 4) -> list[FieldError]:
    """A fault for each text that is not there."""
    return [
        FieldError(name, N_("The statement is missing."), N_("State it in a sentence or more."))
        for name, text in texts.items()
        if len(text.strip()) < least
    ]


def raise_all(faults: Sequence[FieldError]) -> None:
    """Raise FieldErrors when there are any."""
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_rule(data: RuleData, *, known: Mapping[str, int], by_unit: bool, of_unit: bool) -> None:
    """A known holding, a time not shorter than it allows, a basis; of one unit only where rows have one.

    `known` gives the least days of each holding. Raises FieldErrors.
    """
    faults = missing({"basis": data.basis})
    if data.holding not in known:
        faults.append(FieldError("holding", N_("No room keeps this holding."), N_("Choose one from the list.")))
    else:
        least = known[data.holding]
        if not least <= data.keep_days <= MOST_DAYS:
            fault, remedy = N_("This holding is kept for %(least)s days at least."), N_("Name at least %(least)s days.")
            faults.append(FieldError("keep_days", fault, remedy, {"least": least}))
        if of_unit and not by_unit:
            fault = N_("What is kept here belongs to no unit.")
            faults.append(FieldError("unit_uid", fault, N_("Have the rule made for the whole node.")))
    raise_all(faults)


def check_only_rule(*, there: bool) -> None:
    """Raises `privacy.rule_there`."""
    if there:
        raise RuleThere


def check_decider(*, proposed_by: str, actor: str) -> None:
    """Whoever proposes does not decide. Raises `privacy.own_proposal`."""
    if proposed_by == actor:
        raise OwnProposal


def check_reason(reason: str) -> None:
    """Raises FieldErrors."""
    raise_all(missing({"reason": reason}, least=1))


def check_hold(data: HoldData, *, known: Collection[str], now: datetime) -> None:
    """An order with its number, authority and reason; an end, if named, to come. Raises FieldErrors."""
    texts = {"order_number": data.order_number, "authority": data.authority, "reason": data.reason}
    faults = missing(texts, least=2)
    if data.holding and data.holding not in known:
        faults.append(FieldError("holding", N_("No room keeps this holding."), N_("Choose one from the list.")))
    if data.until is not None and data.until <= now:
        faults.append(FieldError("until", N_("The end has passed."), N_("Name a later day, or none.")))
    raise_all(faults)


def check_lift(*, lifted: bool, reason: str) -> None:
    """Raises `privacy.hold_lifted`, FieldErrors."""
    if lifted:
        raise HoldLifted
    check_reason(reason)


def cutoff(keep_days: int, *, now: datetime) -> datetime:
    """What is dated before this is due."""
    return now - timedelta(days=keep_days)


def stopped_by(holding: str, unit_path: str, holds: Iterable[HoldKept]) -> bool:
    """Whether a hold covers everything that a rule reaches."""
    return any(hold.holding in {"", holding} and unit_path.startswith(hold.unit_path) for hold in holds)


def spared(holding: str, unit_path: str, holds: Iterable[HoldKept], other_rules: Iterable[str]) -> tuple[str, ...]:
    """Paths of units within a rule's reach that a hold covers, or that have a rule of their own."""
    held = {hold.unit_path for hold in holds if hold.holding in {"", holding}}
    return tuple(sorted(path for path in held | set(other_rules) if path != unit_path and path.startswith(unit_path)))


def check_not_held(*, held: bool, order: str) -> None:
    """Raises `privacy.held`."""
    if held:
        raise Held(order=order)


def chained(digest: str, ids: Sequence[str]) -> str:
    """The running SHA-256 over everything a run has erased: each portion is hashed with the digest before it."""
    return hashlib.sha256("\n".join([digest, *ids]).encode()).hexdigest()


def sensitive_items(grades: Mapping[str, tuple[bool, str]]) -> tuple[str, ...]:
    """Names of items that are sensitive personal data, of {name: (personal, grade)}."""
    return tuple(name for name, (personal, grade) in grades.items() if personal and grade in SENSITIVE_GRADES)


def check_needed(items: Collection[str]) -> None:
    """A record is made for sensitive personal data. Raises `privacy.not_sensitive`."""
    if not items:
        raise NotSensitive


def check_draftable(*, under_way: bool) -> None:
    """Raises `privacy.record_under_way`."""
    if under_way:
        raise RecordUnderWay


def check_record(data: RecordData) -> None:
    """Every part that PIPL article 56 names is stated. Raises FieldErrors."""
    texts = {
        "purpose": data.purpose,
        "manner": data.manner,
        "necessity": data.necessity,
        "influence": data.influence,
        "risks": data.risks,
        "measures": data.measures,
        "measures_fit": data.measures_fit,
    }
    faults = missing(texts)
    if data.risk_level not in set(RiskLevel):
        faults.append(FieldError("risk_level", N_("No level of risk is chosen."), N_("Choose one of the three.")))
    raise_all(faults)


def changes(then: Subject, now: Subject) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Items and purposes that have come since a record was drafted. What has gone needs no new one."""
    return (
        tuple(item for item in now.items if item not in then.items),
        tuple(purpose for purpose in now.purposes if purpose not in then.purposes),
    )


def check_record_current(then: Subject, now: Subject) -> None:
    """A record speaks of the service as it is. Raises `privacy.outdated`."""
    if any(changes(then, now)):
        raise Outdated


def standing(*, approved: Subject | None, under_way: bool, now: Subject) -> Standing:
    """How a sensitive service stands."""
    if approved is not None and not any(changes(approved, now)):
        return Standing.IN_ORDER
    if under_way:
        return Standing.UNDER_WAY
    return Standing.LACKING if approved is None else Standing.OUTDATED


def check_in_order(standing: Standing, *, items: Sequence[str], uid: str) -> None:
    """Raises `privacy.not_assessed`."""
    if standing != Standing.IN_ORDER:
        raise NotAssessed(items=", ".join(items), url=f"/privacy/services/{uid}/")


def kept_until(approved_on: date) -> date:
    """The day until which a record must be kept (PIPL article 56)."""
    try:
        return approved_on.replace(year=approved_on.year + RECORD_YEARS)
    except ValueError:
        return approved_on.replace(year=approved_on.year + RECORD_YEARS, month=3, day=1)


def check_unmask(*, listed: str, known: Collection[str], purpose: str, until: date, today: date) -> None:
    """A list that masks, a purpose, and an end within thirty days. Raises FieldErrors."""
    faults = missing({"purpose": purpose})
    if listed not in known:
        faults.append(FieldError("listed", N_("This list masks nothing."), N_("Choose one from the list.")))
    if not today <= until <= today + timedelta(days=UNMASK_DAYS):
        fault = N_("The end is not within %(days)s days from today.")
        faults.append(FieldError("until", fault, N_("Name an earlier day."), {"days": UNMASK_DAYS}))
    raise_all(faults)
