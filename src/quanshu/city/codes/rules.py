"""Decisions of codes. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.city.codes.events import CodeEvent
from quanshu.city.codes.permissions import CodePermission
from quanshu.city.codes.types import (
    AccountField,
    Basis,
    BlockedByBureau,
    KeyWaiting,
    NotChosen,
    Proof,
    Read,
    SceneData,
    SceneOff,
    SceneState,
    Source,
    TooManyGuesses,
    VerifierState,
    WrongHolder,
    WrongStep,
    WrongVerifier,
)
from quanshu.kernel.codes import LONGEST, SKEW_OFFLINE
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.shared.workflow.api import Machine, Transition

P, E, S, V = CodePermission, CodeEvent, SceneState, VerifierState
REVIEW_DAYS = 5
MOST_PROOFS = 8
# Of 10^12 digits a device may try so many wrongly in this time; typing errors stay far below it.
MOST_GUESSES, GUESSING = 20, timedelta(minutes=5)
# A device has the list anew within a day: a key that it must know is published for longer before it signs.
PUBLISHED_AHEAD = timedelta(hours=25)
OLDEST_UPLOAD = timedelta(days=7)
# What a key signed last ends within minutes, and is handed in by devices without a network within the week.
TAKEN_AFTER = OLDEST_UPLOAD + timedelta(seconds=LONGEST + SKEW_OFFLINE)
MOST_READS = 20
HOUR = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
# In the form of a citizen ID and of a credit code, and nobody's: they tell which parameter takes which.
NO_PERSON, NO_FIRM = "370102190001010010", "91370100MA0000000X"

# What the account's fields are called, in both languages: a scene keeps the titles it was approved with.
ACCOUNT_TITLES = {
    AccountField.NAME: ("姓名或名称", "Name"),
    AccountField.NUMBER: ("证件号码（部分遮蔽）", "Number, partly starred"),
    AccountField.AGENT: ("经办人", "Who shows it for the enterprise"),
    AccountField.AGE: ("年满{least}周岁", "Aged {least} or over"),
}

SCENES = Machine(
    name="codes.scene",
    states=SceneState,
    transitions=(
        Transition("submit", frozenset({S.DRAFT}), S.SUBMITTED, P.SCENE_EDIT, E.SCENE_SUBMITTED, label=N_("Submit")),
        Transition(
            "return", frozenset({S.SUBMITTED}), S.DRAFT, P.SCENE_APPROVE, E.SCENE_RETURNED, label=N_("To be completed")
        ),
        Transition(
            "approve",
            frozenset({S.SUBMITTED}),
            S.APPROVED,
            P.SCENE_APPROVE,
            E.SCENE_APPROVED,
            label=N_("Approve the scene"),
        ),
        Transition(
            "start",
            frozenset({S.APPROVED}),
            S.IN_FORCE,
            P.SCENE_EDIT,
            E.SCENE_STARTED,
            label=N_("Put the scene in force"),
        ),
        Transition(
            "suspend", frozenset({S.IN_FORCE}), S.SUSPENDED, P.SCENE_EDIT, E.SCENE_SUSPENDED, label=N_("Suspend")
        ),
        Transition("resume", frozenset({S.SUSPENDED}), S.IN_FORCE, P.SCENE_EDIT, E.SCENE_RESUMED, label=N_("Resume")),
        Transition(
            "end",
            frozenset({S.DRAFT, S.APPROVED, S.IN_FORCE, S.SUSPENDED}),
            S.ENDED,
            P.SCENE_EDIT,
            E.SCENE_ENDED,
            label=N_("End"),
        ),
    ),
)
VERIFIERS = Machine(
    name="codes.verifier",
    states=VerifierState,
    transitions=(
        Transition(
            "suspend", frozenset({V.ACTIVE}), V.SUSPENDED, P.VERIFIER_MANAGE, E.VERIFIER_SUSPENDED, label=N_("Suspend")
        ),
        Transition(
            "resume", frozenset({V.SUSPENDED}), V.ACTIVE, P.VERIFIER_MANAGE, E.VERIFIER_RESUMED, label=N_("Resume")
        ),
        Transition(
            "end", frozenset({V.ACTIVE, V.SUSPENDED}), V.ENDED, P.VERIFIER_MANAGE, E.VERIFIER_ENDED, label=N_("End")
        ),
    ),
)


def check_step(machine: Machine, state: str, step: str) -> Transition:
    """The transition a step takes. Raises `codes.wrong_state`."""
    for transition in machine.transitions:
        if transition.name == step and state in transition.sources:
            return transition
    raise WrongStep


def permission_of(machine: Machine, step: str) -> str:
    """Who may take a step, whatever the state."""
    return next(transition.permission for transition in machine.transitions if transition.name == step)


def check_editable(state: str) -> None:
    """A scene is changed only as a draft. Raises `codes.wrong_state`."""
    check_step(SCENES, state, "submit")


def check_scene(data: SceneData, *, offered: Collection[tuple[str, str, str]]) -> None:
    """A scene is stated whole and reads only what can be read.

    `offered` are the fields that can be read beyond the account: (application, service, field) of services that the
    unit's applications hold grants for, ("", type, claim) of certificates.
    Raises FieldErrors.
    """
    faults = [
        FieldError(name, N_("This must not be empty."), N_("Fill it in."))
        for name, text in (("name", data.name), ("purpose", data.purpose))
        if len(text.strip()) < 2
    ]
    if not data.holders or not set(data.holders) <= set(SubjectKind):
        faults.append(FieldError("holders", N_("It says nothing of who shows the code."), N_("Choose at least one.")))
    if data.basis not in set(Basis):
        faults.append(FieldError("basis", N_("The basis is missing."), N_("Choose consent or law.")))
    if data.basis == Basis.LAW and len(data.law.strip()) < 4:
        faults.append(FieldError("law", N_("The law is not named."), N_("Name law and article.")))
    faults += hour_faults(data.opens, data.closes)
    faults += read_faults(data, offered)
    if faults:
        raise FieldErrors(errors=tuple(faults))


def hour_faults(opens: str, closes: str) -> list[FieldError]:
    """What is wrong with a scene's hours."""
    faults = []
    if bool(opens) != bool(closes):
        missing = "closes" if opens else "opens"
        faults.append(FieldError(missing, N_("One of the hours is missing."), N_("Fill in both, or neither.")))
    for name, text in (("opens", opens), ("closes", closes)):
        if text and HOUR.fullmatch(text) is None:
            faults.append(FieldError(name, N_("This is no time of day."), N_("Write it like 08:30.")))
    return faults


def read_faults(data: SceneData, offered: Collection[tuple[str, str, str]]) -> list[FieldError]:
    """What is wrong with the fields that a scene would read."""
    faults = []
    if not data.reads or len(data.reads) > MOST_READS:
        faults.append(FieldError("reads", N_("It reads no field, or too many."), N_("Choose one to twenty fields.")))
    ages = [read for read in data.reads if is_statement(read)]
    if len(ages) > MOST_PROOFS or any(not 1 <= read.least <= 120 for read in ages):
        faults.append(FieldError("age", N_("The age is out of bounds."), N_("Enter 1 to 120, eight ages at most.")))
    if ages and SubjectKind.PERSON not in data.holders:
        faults.append(FieldError("age", N_("Only a person has an age."), N_("Take it out, or let residents show it.")))
    for read in data.reads:
        if not is_offered(read, offered):
            faults.append(
                FieldError(
                    "reads",
                    N_("%(field)s cannot be read: no grant of the unit, and no certificate, tells it."),
                    N_("Ask for the service first, or take the field out."),
                    {"field": f"{read.of}.{read.field}" if read.of else read.field},
                )
            )
    return faults


def is_offered(read: Read, offered: Collection[tuple[str, str, str]]) -> bool:
    """Whether a field can be read: of the account, of a service by an application, of a certificate."""
    if read.source == Source.ACCOUNT:
        return read.field in set(AccountField)
    placed = bool(read.via) if read.source == Source.SERVICE else read.source == Source.CERTIFICATE and not read.via
    return placed and (read.via, read.of, read.field) in offered


def titled(read: Read, offered: Mapping[tuple[str, str, str], tuple[str, str]]) -> Read:
    """The field with its titles: the platform's own for the account's, the catalogue's for a service's."""
    if read.source == Source.ACCOUNT and read.field in ACCOUNT_TITLES:
        title, title_en = ACCOUNT_TITLES[AccountField(read.field)]
        return replace(
            read, title=title.format(least=read.least), title_en=title_en.format(least=read.least), of="", via=""
        )
    title, title_en = offered.get((read.via, read.of, read.field), (read.field, ""))
    return replace(read, title=title, title_en=title_en, least=0)


def is_statement(read: Read) -> bool:
    """Whether a field is a statement, true or false, that a code carries itself."""
    return read.source == Source.ACCOUNT and read.field == AccountField.AGE


def statements(reads: Iterable[Read]) -> list[Read]:
    """The statements of a scene, in the order of their bits."""
    return [read for read in reads if is_statement(read)][:MOST_PROOFS]


def age_on(number: str, today: date) -> int:
    """Full years on a day of who holds a citizen ID (GB 11643, whose digits 7 to 14 are the date of birth)."""
    born = CitizenId.parse(number).birth_date
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def proofs_of(reads: Iterable[Read], *, kind: str, number: str, today: date) -> int:
    """The bits of a scene's statements that hold for a person; none hold for an enterprise."""
    if kind != SubjectKind.PERSON:
        return 0
    age = age_on(number, today)
    return sum(1 << place for place, read in enumerate(statements(reads)) if age >= read.least)


def check_in_force(state: str) -> None:
    """Raises `codes.scene_off`."""
    if state != S.IN_FORCE:
        raise SceneOff


def check_verifier(state: str) -> None:
    """Raises `codes.wrong_verifier`."""
    if state != V.ACTIVE:
        raise WrongVerifier


def check_holder(*, kind: str, holders: Sequence[str]) -> None:
    """Raises `codes.wrong_holder`."""
    if kind not in holders:
        raise WrongHolder


def check_chosen(*, basis: str, scene: int) -> None:
    """Consent is given for the scene that the holder chose. Raises `codes.not_chosen`."""
    if basis == Basis.CONSENT and scene == 0:
        raise NotChosen


def check_unblock(*, by_bureau: bool, own: bool) -> None:
    """A holder lifts their own block, the bureau any. Raises `codes.blocked_by_bureau`."""
    if by_bureau and own:
        raise BlockedByBureau


def check_rotate(*, newest_signs_from: datetime | None, now: datetime) -> None:
    """One key follows another, unless the one in use must not sign a code more. Raises `codes.key_waiting`."""
    if newest_signs_from is not None and newest_signs_from > now:
        raise KeyWaiting


def check_guesses(wrong: int) -> None:
    """Raises `codes.too_many_guesses`."""
    if wrong >= MOST_GUESSES:
        raise TooManyGuesses


def check_renewable(proof: str, state: str) -> None:
    """A device in use, or suspended, that proves itself by a token has it replaced. Raises `codes.wrong_state`."""
    if proof != Proof.TOKEN or state == V.ENDED:
        raise WrongStep


def number_parameter(parameters: Sequence[dict[str, str]], kind: str) -> str:
    """The one parameter of a service that takes the holder's number, "" when there is none or more than one."""
    found = []
    for part in parameters:
        pattern = part.get("pattern") or ""
        if part.get("compare") or not pattern:
            continue
        person, firm = (re.fullmatch(pattern, number) is not None for number in (NO_PERSON, NO_FIRM))
        if (person and not firm) if kind == SubjectKind.PERSON else firm:
            found.append(part["name"])
    return found[0] if len(found) == 1 else ""


def fillable(parameters: Sequence[dict[str, str]], kind: str) -> dict[str, str]:
    """{parameter: "number" or "name"} of a call for a holder; empty when a parameter it needs cannot be filled."""
    number = number_parameter(parameters, kind)
    if not number:
        return {}
    found = {number: "number"}
    for part in parameters:
        if part.get("compare") and part["name"] in ("name", "enterprise_name"):
            found[part["name"]] = "name"
        elif part["name"] != number and (part.get("compare") or part.get("required", True)):
            return {}
    return found
