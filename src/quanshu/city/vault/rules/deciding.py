"""Decisions of the vault. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_noop as N_

from quanshu.city.vault.events import VaultEvent as E
from quanshu.city.vault.permissions import VaultPermission as P
from quanshu.city.vault.types import (
    CertificateEnded,
    CertificateState,
    CertificateType,
    ClaimKind,
    ClaimsMissing,
    ClaimSpec,
    LinkExpired,
    LinkSpent,
    NotDisclosable,
    RequestOver,
    RequestState,
    WrongSubject,
)
from quanshu.kernel.clock import CITY_TZ
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.kernel.identifiers.uscc import Uscc
from quanshu.shared.workflow.api import Machine, Transition

S = CertificateState
LONGEST_MINUTES = 30
MOST_NUMBERS = 10_000
MOST_TEXT = 300
STATUS_MINUTES = 15
ANSWER_DAYS = 7

MACHINE = Machine(
    name="vault.certificate",
    states=CertificateState,
    transitions=(
        Transition("suspend", frozenset({S.VALID}), S.SUSPENDED, P.REVOKE, E.SUSPENDED, label=N_("Suspend")),
        Transition("reinstate", frozenset({S.SUSPENDED}), S.VALID, P.REVOKE, E.REINSTATED, label=N_("Reinstate")),
        Transition("revoke", frozenset({S.VALID, S.SUSPENDED}), S.REVOKED, P.REVOKE, E.REVOKED, label=N_("Revoke")),
        Transition(
            "erase", frozenset({S.VALID, S.SUSPENDED, S.REVOKED}), S.ERASED, P.HOLD, E.ERASED, label=N_("Erase")
        ),
    ),
)


def check_step(state: str, step: str) -> CertificateState:
    """The state a step leads to. Raises `workflow.wrong_state`."""
    return CertificateState(MACHINE.check(state, step).target)


def check_reason(reason: str) -> str:
    """The reason without blanks around it. Raises FieldErrors for none."""
    text = reason.strip()
    if len(text) < 2:
        raise FieldErrors(errors=(FieldError("reason", N_("The reason is missing."), N_("State it in a sentence.")),))
    return text[:500]


def check_kind(kind: CertificateType, subject_kind: str) -> None:
    """Raises `vault.wrong_subject` for a holder the type is not issued to."""
    if kind.subject != subject_kind:
        raise WrongSubject


def check_number(kind: CertificateType, number: str) -> str:
    """A holder's number in its canonical form. Raises FieldErrors naming what to compare."""
    try:
        if kind.subject == SubjectKind.PERSON:
            return CitizenId.parse(number.strip()).value
        return Uscc.parse(number.strip()).value
    except BadIdentifier as fault:
        person = kind.subject == SubjectKind.PERSON
        error = FieldError(
            "number",
            N_("This is no valid citizen ID.") if person else N_("This is no valid credit code."),
            N_("Compare it with the identity card and enter it again.")
            if person
            else N_("Compare it with the licence and enter it again."),
        )
        raise FieldErrors(errors=(error,)) from fault


def check_numbers(kind: CertificateType, text: str) -> list[str]:
    """Numbers of a batch, one a line, each once. Raises FieldErrors that count the wrong lines, without their text."""
    found: list[str] = []
    wrong: list[int] = []
    for place, line in enumerate(re.split(r"[\r\n]+", text.strip()), start=1):
        if not line.strip():
            continue
        try:
            found.append(check_number(kind, line))
        except FieldErrors:
            wrong.append(place)
    if wrong:
        lines = ", ".join(map(str, wrong[:10]))
        error = FieldError(
            "numbers", N_("Lines %(lines)s hold no valid number."), N_("Correct or remove them."), {"lines": lines}
        )
        raise FieldErrors(errors=(error,))
    if not 1 <= len(set(found)) <= MOST_NUMBERS:
        error = FieldError(
            "numbers", N_("A batch holds 1 to %(most)s numbers."), N_("Split the list."), {"most": MOST_NUMBERS}
        )
        raise FieldErrors(errors=(error,))
    return list(dict.fromkeys(found))


def claims_of_record(kind: CertificateType, record: Mapping[str, Any], *, today: date) -> dict[str, Any]:
    """The claims that a record of the issuer gives. Raises FieldErrors, by claim, for what is missing or wrong."""
    given = {claim.name: record.get(claim.column) for claim in kind.claims if claim.kind != ClaimKind.OVER}
    return check_claims(kind, given, record=record, today=today)


def check_claims(
    kind: CertificateType, given: Mapping[str, Any], *, today: date, record: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Claims as a credential carries them: every required one there, each of its kind, nothing unknown.

    Derived claims are worked out from the day they rest on. Raises FieldErrors.
    """
    faults, found = [], {}
    derived = {claim.name for claim in kind.claims if claim.kind == ClaimKind.OVER}
    for name in set(given) - {claim.name for claim in kind.claims} | set(given) & derived:
        faults.append(
            FieldError(f"claims.{name[:40]}", N_("The type has no such claim to be given."), N_("Remove it."))
        )
    for claim in kind.claims:
        if claim.kind == ClaimKind.OVER:
            continue
        value = given.get(claim.name)
        if value is None or value == "":
            if claim.required:
                error = FieldError(f"claims.{claim.name}", N_("The claim is missing."), N_("Complete the record."))
                faults.append(error)
            continue
        try:
            found[claim.name] = plain_value(claim, value)
        except ValueError:
            error = FieldError(f"claims.{claim.name}", N_("The value is not of its kind."), N_("Correct the record."))
            faults.append(error)
    if faults:
        raise FieldErrors(errors=tuple(faults))
    rest = dict(record or {}) | found
    for claim in kind.claims:
        born = rest.get(claim.column) if claim.kind == ClaimKind.OVER else None
        if born:
            found[claim.name] = age_on(as_day(born), today) >= claim.years
    return found


def check_holder(kind: CertificateType, claims: Mapping[str, Any], number: str) -> str:
    """The holder's name in the claims. Raises FieldErrors when they are about somebody else."""
    for column, name in kind.holders:
        if str(claims.get(column, "")).upper() == number:
            return str(claims.get(name, ""))
    error = FieldError("number", N_("The claims are about another holder."), N_("Give the number that they name."))
    raise FieldErrors(errors=(error,))


def plain_value(claim: ClaimSpec, value: Any) -> Any:
    """A value as JSON carries it; a code becomes what it stands for.

    Raises ValueError when it is not of the claim's kind.
    """
    if claim.kind == ClaimKind.DAY:
        return as_day(value).isoformat()
    if claim.kind == ClaimKind.NUMBER:
        number = float(value)
        return int(number) if number.is_integer() else number
    if claim.kind == ClaimKind.FLAG:
        if str(value).lower() not in {"true", "false", "0", "1"}:
            raise ValueError(claim.name)
        return str(value).lower() in {"true", "1"}
    text = str(value).strip()
    if claim.kind == ClaimKind.CODE:
        if text not in claim.codes and text not in claim.codes.values():
            raise ValueError(claim.name)
        return claim.codes.get(text, text)
    if not text or len(text) > MOST_TEXT or not text.isprintable():
        raise ValueError(claim.name)
    return text


def as_day(value: Any) -> date:
    """A day from a date, a moment or an ISO text. Raises ValueError."""
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def age_on(born: date, today: date) -> int:
    """Full years of life on a day."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def years_after(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes the 28th where the year has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def valid_until(kind: CertificateType, claims: Mapping[str, Any], *, issued_on: date) -> date | None:
    """The last day of validity; None for a certificate without end.

    An identity card lasts 5 years below the age of 16, 10 to 25, 20 to 45, and long term from 46 on
    (居民身份证法, 第五条).
    """
    if kind.validity == "none":
        return None
    if kind.validity == "id_card":
        age = age_on(as_day(claims[kind.birth]), issued_on)
        years = 5 if age < 16 else 10 if age <= 25 else 20 if age <= 45 else 0
        return years_after(issued_on, years) if years else None
    return years_after(issued_on, int(kind.validity.removeprefix("years:")))


def state_on(state: str, until: date | None, now: datetime) -> str:
    """The state a reader is told: valid, expired, suspended, revoked or erased."""
    if state == S.VALID and until is not None and until < now.astimezone(CITY_TZ).date():
        return "expired"
    return str(state)


def check_presentable(state: str, until: date | None, now: datetime) -> None:
    """Only a valid certificate is presented. Raises `vault.ended`."""
    if state_on(state, until, now) != S.VALID:
        raise CertificateEnded


def check_choice(kind: CertificateType, chosen: Iterable[str], *, there: Collection[str]) -> list[str]:
    """The claims to show that may be kept back, in the type's order.

    Raises `vault.not_disclosable` for one the certificate does not hold.
    """
    wanted = set(chosen)
    for name in sorted(wanted):
        if kind.claim(name) is None or name not in there:
            raise NotDisclosable(claim=name[:40])
    return [claim.name for claim in kind.claims if claim.name in wanted and claim.hidden]


def check_minutes(minutes: int) -> int:
    """How long a link lives. Raises FieldErrors."""
    if not 1 <= minutes <= LONGEST_MINUTES:
        error = FieldError(
            "minutes", N_("A link lives 1 to %(most)s minutes."), N_("Choose fewer."), {"most": LONGEST_MINUTES}
        )
        raise FieldErrors(errors=(error,))
    return minutes


def check_link(*, opened: bool, expires_at: datetime, now: datetime) -> None:
    """A link opens once and within its time. Raises `vault.link_spent`, `vault.link_expired`."""
    if opened:
        raise LinkSpent
    if now >= expires_at:
        raise LinkExpired


def check_request(kind: CertificateType, *, needed: Sequence[str], wished: Sequence[str], purpose: str) -> None:
    """What a verifier asks for: claims of the type, and why. Raises FieldErrors."""
    faults = []
    unknown = [name for name in (*needed, *wished) if kind.claim(name) is None]
    if unknown or not needed:
        faults.append(FieldError("needed", N_("Name claims of the type."), N_("Choose at least one of those listed.")))
    if len(purpose.strip()) < 4:
        faults.append(FieldError("purpose", N_("The purpose is missing."), N_("Say in a sentence what it is for.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_open(state: str, expires_at: datetime, now: datetime) -> None:
    """Raises `vault.request_over`."""
    if state != RequestState.OPEN or now >= expires_at:
        raise RequestOver


def check_answer(kind: CertificateType, *, needed: Sequence[str], chosen: Collection[str]) -> None:
    """Every claim that is needed is shown. Raises `vault.claims_missing`."""
    lacking = [name for name in needed if name not in chosen and (spec := kind.claim(name)) and spec.hidden]
    if lacking:
        raise ClaimsMissing(claims=", ".join(lacking))
