"""Decisions of the census. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.access.api import region_prefix
from quanshu.shared.workflow.api import Machine, Transition, check_reason
from quanshu.supply.census.events import CensusEvent
from quanshu.supply.census.permissions import CensusPermission
from quanshu.supply.census.types import (
    AlreadyDrafted,
    Answered,
    CampaignData,
    CampaignState,
    Coverage,
    ExtensionState,
    FilingState,
    FindingData,
    NobodyAsked,
    NotComplete,
    NothingToFollow,
    NotYet,
    Question,
    QuestionKind,
    Unfinished,
    Verdict,
    WrongStep,
)

P, E, C, S = CensusPermission, CensusEvent, CampaignState, FilingState
SIGN_DAYS, REVIEW_DAYS, CORRECT_DAYS = 3, 5, 3
# Working days before the last at which a unit that has not submitted is reminded.
REMIND_AT = (5, 1)
MOST_QUESTIONS = 8
OPEN_STATES = (S.NOT_STARTED, S.FILLING, S.RETURNED)
UPDATE_CYCLES = ("real-time", "daily", "weekly", "monthly", "quarterly", "yearly", "other")

CAMPAIGN = Machine(
    name="census.campaign",
    states=CampaignState,
    refusal=WrongStep,
    transitions=(
        Transition("open", frozenset({C.DRAFT}), C.OPEN, P.DECLARE, E.OPENED, label=N_("Open the census")),
        Transition("close", frozenset({C.OPEN}), C.CLOSED, P.DECLARE, E.CLOSED, label=N_("Close the census")),
        Transition("cancel", frozenset({C.DRAFT}), C.CANCELLED, P.DECLARE, E.CANCELLED, label=N_("Discard")),
    ),
)
FILING = Machine(
    name="census.filing",
    states=FilingState,
    refusal=WrongStep,
    transitions=(
        Transition("start", frozenset({S.NOT_STARTED}), S.FILLING, P.FILL, E.STARTED, label=N_("Start filling")),
        Transition("submit", frozenset({S.FILLING, S.RETURNED}), S.SUBMITTED, P.FILL, E.SUBMITTED, label=N_("Submit")),
        Transition("send_back", frozenset({S.SUBMITTED}), S.RETURNED, P.SIGN, E.SENT_BACK, label=N_("Send back")),
        Transition("sign", frozenset({S.SUBMITTED}), S.SIGNED, P.SIGN, E.SIGNED, label=N_("Sign off")),
        Transition("reject", frozenset({S.SIGNED}), S.RETURNED, P.REVIEW, E.REJECTED, label=N_("Return")),
        Transition("accept", frozenset({S.SIGNED}), S.ACCEPTED, P.REVIEW, E.ACCEPTED, label=N_("Accept the filing")),
    ),
)


def check_campaign_step(state: str, step: str) -> CampaignState:
    """The state a step of a campaign leads to. Raises `census.wrong_state`."""
    return CampaignState(CAMPAIGN.check(state, step).target)


def check_step(state: str, step: str, *, campaign_state: str = C.OPEN) -> FilingState:
    """The state a step of a filing leads to; nothing moves once its campaign is closed. Raises `census.wrong_state`."""
    if campaign_state != C.OPEN:
        raise WrongStep
    return FilingState(FILING.check(state, step).target)


def check_fillable(state: str, *, campaign_state: str) -> None:
    """A filing is filled in before it is submitted, and again when it was returned. Raises `census.wrong_state`."""
    if state not in OPEN_STATES or campaign_state != C.OPEN:
        raise WrongStep


def check_campaign(data: CampaignData, *, kinds: Sequence[str], today: date) -> None:
    """Title, purpose, dates in order, known kinds, usable questions. Raises FieldErrors."""
    faults = []
    for name, text, least, most in (("title", data.title, 2, 100), ("purpose", data.purpose, 4, 2000)):
        if not least <= len(text.strip()) <= most:
            faults.append(FieldError(name, N_("This text is too short or too long."), N_("State it in a sentence.")))
    if data.ends_on <= data.starts_on:
        faults.append(FieldError("ends_on", N_("The last day is not after the first."), N_("Correct the dates.")))
    if data.ends_on <= today:
        faults.append(FieldError("ends_on", N_("The last day has passed."), N_("Choose a day to come.")))
    if set(data.coverage.kinds) - set(kinds):
        faults.append(FieldError("kinds", N_("This kind of unit is not known."), N_("Choose one from the list.")))
    if len(data.questions) > MOST_QUESTIONS:
        faults.append(FieldError("questions", N_("There are too many questions."), N_("Ask eight at most.")))
    for number, question in enumerate(data.questions, start=1):
        faults += question_faults(question, f"question_{number}")
    if faults:
        raise FieldErrors(errors=tuple(faults))


def question_faults(question: Question, field: str) -> list[FieldError]:
    """What is wrong with one question."""
    if not question.text.strip() or len(question.text) > 200:
        return [FieldError(field, N_("The question is empty or too long."), N_("Write it in 200 characters at most."))]
    if question.kind not in set(QuestionKind):
        return [FieldError(field, N_("This kind of answer is not known."), N_("Choose one from the list."))]
    if question.kind == QuestionKind.CHOICE and len(set(question.choices)) < 2:
        return [FieldError(field, N_("A choice needs two answers at least."), N_("List them, one after the other."))]
    return []


def in_coverage(coverage: Coverage, *, unit_uid: str, kind: str, region_code: str) -> bool:
    """Whether a unit is asked: named, or of the kinds and regions chosen; everything empty asks everybody."""
    if unit_uid in coverage.units:
        return True
    if not coverage.kinds and not coverage.regions:
        return not coverage.units
    of_kind = not coverage.kinds or kind in coverage.kinds
    inside = not coverage.regions or any(region_code.startswith(region_prefix(code)) for code in coverage.regions)
    return of_kind and inside


def check_open(*, state: str, starts_on: date, ends_on: date, today: date, units: int) -> None:
    """A campaign opens on its first day or later, before its last, and asks somebody.

    Raises `census.wrong_state`, `census.not_yet`, `census.nobody_asked`, FieldErrors.
    """
    check_campaign_step(state, "open")
    if today < starts_on:
        raise NotYet(day=starts_on.isoformat())
    if today >= ends_on:
        error = FieldError("ends_on", N_("The last day has passed."), N_("Choose a day to come."))
        raise FieldErrors(errors=(error,))
    if not units:
        raise NobodyAsked


def check_close(*, state: str, ends_on: date, today: date, unfinished: int, reason: str) -> None:
    """Before the last day a campaign closes only when all is accepted; after it, with a reason for what is missing.

    Raises `census.wrong_state`, `census.unfinished`, FieldErrors.
    """
    check_campaign_step(state, "close")
    if unfinished and today <= ends_on:
        raise Unfinished(left=unfinished, day=ends_on.isoformat())
    if unfinished:
        check_reason(reason)


def check_verdicts(verdicts: Mapping[str, Answered], *, names: Mapping[str, str]) -> None:
    """Known entries ({uid: name}) and verdicts; a change or an end of use is explained. Raises FieldErrors."""
    faults = []
    for uid, answer in verdicts.items():
        if uid not in names:
            fault = N_("This entry is not part of the filing.")
            faults.append(FieldError(uid, fault, N_("Use an entry that is listed.")))
            continue
        if answer.verdict not in set(Verdict):
            faults.append(FieldError(names[uid], N_("This answer is not known."), N_("Choose one of the three.")))
        elif answer.verdict != Verdict.TRUE and len(answer.note.strip()) < 2:
            fault = N_("An entry that changed or is obsolete needs a note.")
            faults.append(FieldError(names[uid], fault, N_("Say what changed, or why it is obsolete.")))
        elif len(answer.note) > 500:
            faults.append(FieldError(names[uid], N_("The note is too long."), N_("Use 500 characters at most.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_finding(data: FindingData, *, classes: Sequence[str]) -> None:
    """A data set not catalogued yet: every statement is there, cycle and class are of the lists. Raises FieldErrors."""
    faults = []
    limits = (("name", data.name, 100), ("system", data.system, 100), ("volume", data.volume, 100))
    for name, text, most in (*limits, ("reason", data.reason, 500)):
        if not text.strip():
            faults.append(FieldError(name, N_("This must not be empty."), N_("Enter a text.")))
        elif len(text) > most or "\x00" in text:
            fault = N_("This text is longer than %(most)s characters, or holds one that cannot be kept.")
            faults.append(FieldError(name, fault, N_("Shorten it."), {"most": most}))
    if data.update_cycle not in UPDATE_CYCLES:
        faults.append(FieldError("update_cycle", N_("This update cycle is not known."), N_("Choose one.")))
    if data.classification_code and data.classification_code not in classes:
        fault = N_("This class is not in the standard.")
        faults.append(FieldError("classification_code", fault, N_("Choose one.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_answers(questions: Sequence[Question], answers: Mapping[str, str]) -> None:
    """Answers by question number ("1", "2", …) fit their kinds; an empty one is left open. Raises FieldErrors."""
    faults = []
    for number, question in enumerate(questions, start=1):
        text = answers.get(str(number), "").strip()
        fault = answer_fault(question, text) if text else None
        if fault:
            faults.append(FieldError(f"answer_{number}", fault, N_("Correct the answer.")))
    if set(answers) - {str(number) for number in range(1, len(questions) + 1)}:
        faults.append(FieldError("answers", N_("There is no such question."), N_("Answer the questions listed.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def answer_fault(question: Question, text: str) -> str | None:
    """Why an answer does not fit its question, or None."""
    if len(text) > 1000 or "\x00" in text:
        return N_("The answer is too long.")
    if question.kind == QuestionKind.NUMBER:
        try:
            fits = Decimal(text).is_finite()
        except InvalidOperation:
            fits = False
        return None if fits else N_("The answer is not a number.")
    if question.kind == QuestionKind.YES_NO and text not in {"yes", "no"}:
        return N_("The answer is yes or no.")
    if question.kind == QuestionKind.CHOICE and text not in question.choices:
        return N_("The answer is none of the choices.")
    return None


def open_questions(questions: Sequence[Question], answers: Mapping[str, str]) -> int:
    """Required questions without an answer."""
    numbered = enumerate(questions, start=1)
    return sum(question.required and not answers.get(str(number), "").strip() for number, question in numbered)


def check_submit(*, state: str, campaign_state: str, entries_left: int, questions_left: int) -> None:
    """A filing is whole before it is submitted. Raises `census.wrong_state`, `census.not_complete`."""
    step_from = S.FILLING if state == S.NOT_STARTED else state
    check_step(step_from, "submit", campaign_state=campaign_state)
    if entries_left or questions_left:
        raise NotComplete(entries=entries_left, questions=questions_left)


def check_extension(
    *, state: str, campaign_state: str, until: date, due_on: date, today: date, reason: str, asked: bool
) -> None:
    """More time is asked for while the filing is open, once at a time, with a later day and a reason.

    Raises `census.wrong_state`, FieldErrors.
    """
    check_fillable(state, campaign_state=campaign_state)
    if asked:
        raise WrongStep
    if until <= max(due_on, today):
        fault = N_("The day is not after the one that holds now.")
        raise FieldErrors(errors=(FieldError("until", fault, N_("Choose a later day.")),))
    check_reason(reason)


def check_extension_open(state: str) -> None:
    """Raises `census.wrong_state` for a request that was decided."""
    if state != ExtensionState.ASKED:
        raise WrongStep


def check_follow(*, filing_state: str, verdict: str, followed: bool) -> None:
    """What an accepted filing found changed or obsolete is followed up once. Raises `census.nothing_to_follow`."""
    if filing_state != S.ACCEPTED or verdict not in {Verdict.CHANGED, Verdict.OBSOLETE} or followed:
        raise NothingToFollow


def check_draft(*, filing_state: str, drafted: bool) -> None:
    """A finding becomes a draft entry once, when its filing is accepted.

    Raises `census.wrong_state`, `census.already_drafted`.
    """
    if filing_state != S.ACCEPTED:
        raise WrongStep
    if drafted:
        raise AlreadyDrafted
