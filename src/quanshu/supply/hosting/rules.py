"""Decisions of hosting. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.lake.landing import Reason
from quanshu.lake.masking import Mask
from quanshu.shared.workflow.api import Machine, Transition, check_reason
from quanshu.supply.catalogue.api import GRADE_ORDER, Grade, ItemData
from quanshu.supply.hosting.events import HostingEvent
from quanshu.supply.hosting.permissions import HostingPermission
from quanshu.supply.hosting.types import (
    AgreementData,
    AgreementState,
    AlreadyHosted,
    CannotUndo,
    ChangeKind,
    ChangeState,
    ChangeWaits,
    HasSources,
    NotEditor,
    NothingChanged,
    NotHostable,
    OwnChange,
    Row,
    RowChanged,
    RowExists,
    RowGone,
    StillInForce,
    Values,
    Work,
    WrongStep,
)

P, E, S = HostingPermission, HostingEvent, AgreementState
ACCEPT_DAYS, CONFIRM_DAYS = 5, 10
# Days before the end of the term at which the unit is told; not working days, whose next year may be unknown yet.
TERM_NOTICE = 30
MOST_MONTHS, MOST_CHARACTERS = 120, 10_000
WORKBOOKS, TEXTS = frozenset({".xlsx", ".xls"}), frozenset({".csv", ".txt"})
HELD = (S.DRAFT, S.PROPOSED, S.ACTIVE, S.RETURNING)

MACHINE = Machine(
    name="hosting.agreement",
    states=AgreementState,
    refusal=WrongStep,
    transitions=(
        Transition("propose", frozenset({S.DRAFT}), S.PROPOSED, P.DRAFT, E.PROPOSED, label=N_("Propose")),
        Transition("withdraw", frozenset({S.DRAFT}), S.WITHDRAWN, P.DRAFT, E.WITHDRAWN, label=N_("Withdraw the draft")),
        Transition("return", frozenset({S.PROPOSED}), S.DRAFT, P.ACCEPT, E.RETURNED, label=N_("Return")),
        Transition("accept", frozenset({S.PROPOSED}), S.ACTIVE, P.ACCEPT, E.ACCEPTED, label=N_("Accept the table")),
        Transition("end", frozenset({S.ACTIVE}), S.RETURNING, P.END, E.ENDING, label=N_("End")),
        Transition("confirm", frozenset({S.RETURNING}), S.ENDED, P.TAKE_BACK, E.ENDED, label=N_("Confirm the return")),
    ),
)
REMEDIES: Mapping[Reason, str] = {
    Reason.MISSING_VALUE: N_("Fill it in."),
    Reason.NOT_INTEGER: N_("Enter digits only."),
    Reason.NOT_DECIMAL: N_("Enter digits with at most one decimal point."),
    Reason.NOT_BOOLEAN: N_("Choose yes or no."),
    Reason.NOT_DATE: N_("Enter the day as 2026-03-31."),
    Reason.NOT_DATETIME: N_("Enter the time as 2026-03-31 08:30."),
    Reason.OUT_OF_RANGE: N_("Enter a smaller number."),
    Reason.TOO_LONG: N_("Shorten it."),
    Reason.TOO_MANY_DIGITS: N_("Enter a smaller number."),
    Reason.TOO_MANY_DECIMALS: N_("Round it to fewer decimal places."),
}


def check_step(state: str, step: str) -> AgreementState:
    """The state a step leads to. Raises `hosting.wrong_state`."""
    return AgreementState(MACHINE.check(state, step).target)


def check_hostable(*, published: bool, keys: Sequence[str], held: bool) -> None:
    """A published entry with a key, hosted once. Raises `hosting.not_hostable`, `hosting.already_hosted`."""
    if not published or not keys:
        raise NotHostable
    if held:
        raise AlreadyHosted


def check_data(data: AgreementData, *, today: date, people: Sequence[str]) -> None:
    """Reason, work, term and editors are usable; `people` are the unit's account uids. Raises FieldErrors."""
    faults = []
    if not 4 <= len(data.reason.strip()) <= 2000:
        faults.append(FieldError("reason", N_("The statement is missing."), N_("State it in a sentence or more.")))
    if not data.works or set(data.works) - set(Work):
        faults.append(FieldError("works", N_("Nothing is asked of the platform."), N_("Choose one thing at least.")))
    if data.term_until <= today:
        faults.append(FieldError("term_until", N_("The day has passed."), N_("Choose a day to come.")))
    if not 0 <= data.keep_months <= MOST_MONTHS:
        faults.append(FieldError("keep_months", N_("The months are out of bounds."), N_("Choose 0 to 120 months.")))
    if set(data.editors) - set(people):
        faults.append(FieldError("editors", N_("An editor is not of the unit."), N_("Choose people of the unit.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_accept(*, state: str, sources: Sequence[str]) -> None:
    """Nothing else may load the table once it is edited here. Raises `hosting.wrong_state`, `hosting.has_sources`."""
    check_step(state, "accept")
    if sources:
        raise HasSources(sources="、".join(sources))


def check_renew(*, state: str, until: date, term_until: date, reason: str) -> None:
    """An agreement in force is prolonged to a later day, with a reason. Raises `hosting.wrong_state`, FieldErrors."""
    if state != S.ACTIVE:
        raise WrongStep
    if until <= term_until:
        fault = N_("The day is not after the present end of the term.")
        raise FieldErrors(errors=(FieldError("until", fault, N_("Choose a later day.")),))
    check_reason(reason)


def check_delete_data(*, in_force: bool) -> None:
    """The platform's copy goes only when nothing answers from it. Raises `hosting.still_in_force`."""
    if in_force:
        raise StillInForce


def may_edit(*, actor_uid: str, of_unit: bool, editors: Sequence[str], works: Sequence[str]) -> bool:
    """Whom the agreement lets edit: those it names, the whole unit when it names nobody, the platform for cleaning."""
    if of_unit:
        return not editors or actor_uid in editors
    return Work.CLEANING in works


def check_editor(*, state: str, actor_uid: str, of_unit: bool, editors: Sequence[str], works: Sequence[str]) -> None:
    """Rows are edited while the agreement is in force. Raises `hosting.wrong_state`, `hosting.not_editor`."""
    if state != S.ACTIVE:
        raise WrongStep
    if not may_edit(actor_uid=actor_uid, of_unit=of_unit, editors=editors, works=works):
        raise NotEditor


def check_values(items: Sequence[ItemData], values: Values) -> None:
    """What the contract of types does not say: known columns, codes of the list, characters that can be kept.

    Raises FieldErrors. Types, lengths and required values are held by landing itself.
    """
    faults = []
    known = {item.name: item for item in items}
    for name, value in values.items():
        text = (value or "").strip(" \t\r\n\u00a0\u3000")
        item = known.get(name)
        if item is None:
            faults.append(FieldError(name, N_("The contract has no such column."), N_("Use a column of the entry.")))
        elif "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
            faults.append(FieldError(name, N_("This text holds a character that cannot be kept."), N_("Remove it.")))
        elif len(text) > MOST_CHARACTERS:
            faults.append(FieldError(name, N_("The text is longer than the contract allows."), N_("Shorten it.")))
        elif text and item.code_list and text not in item.code_list:
            fault = N_("This value is not in the code list.")
            faults.append(FieldError(name, fault, N_("Choose one.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def landing_faults(faults: Sequence[tuple[str, str]]) -> FieldErrors:
    """What landing refused, as (column, reason) pairs, in the words of a form."""
    return FieldErrors(
        errors=tuple(
            FieldError(column, Reason(reason).message, REMEDIES.get(Reason(reason), N_("Correct it.")))
            for column, reason in faults
        )
    )


def check_base(*, kind: str, now: Row | None, base: str, keys: Sequence[str], waits: bool) -> None:
    """A row to add is not there; one to edit or delete is as it was when it was read; no change of it waits.

    Raises `hosting.change_waits`, `hosting.row_exists`, `hosting.row_gone`, `hosting.row_changed`.
    """
    if waits:
        raise ChangeWaits
    if kind == ChangeKind.ADD:
        if now is not None:
            raise RowExists(keys=", ".join(keys))
    elif now is None:
        raise RowGone
    elif now.base != base:
        raise RowChanged


def check_upload(name: str, mode: str) -> None:
    """A CSV file or a workbook, to replace the table or to change it by key. Raises FieldErrors."""
    ending = f".{name.rpartition('.')[2].lower()}"
    if ending not in WORKBOOKS | TEXTS:
        fault = N_("Only CSV files and Excel workbooks are loaded.")
        raise FieldErrors(errors=(FieldError("file", fault, N_("Save the table as CSV or Excel.")),))
    if mode not in {"full", "upsert"}:
        raise FieldErrors(errors=(FieldError("mode", N_("This way of loading is not known."), N_("Choose one.")),))


def changed_fields(before: Values | None, after: Values | None) -> list[str]:
    """Names of the columns that differ; all of them for a row that comes or goes."""
    old, new = before or {}, after or {}
    return [name for name in {**old, **new} if old.get(name) != new.get(name)]


def check_differs(kind: str, fields: Sequence[str]) -> None:
    """Raises `hosting.nothing_changed`."""
    if kind == ChangeKind.EDIT and not fields:
        raise NothingChanged


def check_decide(*, state: str, proposer_uid: str, actor_uid: str) -> None:
    """A second person decides a change that waits. Raises `hosting.wrong_state`, `hosting.own_change`."""
    if state != ChangeState.PENDING:
        raise WrongStep
    if proposer_uid == actor_uid:
        raise OwnChange


def check_undo(*, kind: str, state: str, latest: bool) -> None:
    """The last written change of a row can be undone. Raises `hosting.cannot_undo`."""
    if kind == ChangeKind.UPLOAD or state != ChangeState.APPLIED or not latest:
        raise CannotUndo


UNDOING: Mapping[str, ChangeKind] = {
    ChangeKind.ADD: ChangeKind.DELETE,
    ChangeKind.EDIT: ChangeKind.EDIT,
    ChangeKind.DELETE: ChangeKind.ADD,
}


def mask_of(item: ItemData) -> Mask:
    """What those without the right to edit see: the item's mask, and nothing of a personal or graded value without one.

    Grades of GB/T 43697: from general level 3 on a value is not shown in clear.
    """
    mask = Mask(item.mask or Mask.NONE)
    guarded = item.personal or GRADE_ORDER.get(item.grade, 0) >= GRADE_ORDER[Grade.GENERAL_3]
    return Mask.FULL if mask is Mask.NONE and guarded else mask
