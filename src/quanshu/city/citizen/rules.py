"""Decisions of the resident's portal. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_noop as N_

from quanshu.city.citizen.events import CitizenEvent
from quanshu.city.citizen.permissions import CitizenPermission
from quanshu.city.citizen.types import CorrectionData, CorrectionState, CorrectionWrongState
from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.shared.workflow.api import Machine, Transition
from quanshu.sharing.subjects.api import SubjectKind
from quanshu.supply.catalogue.api import Grade, ItemData, ShareType

P, E, S = CitizenPermission, CitizenEvent, CorrectionState
UNIT_DAYS, BUREAU_DAYS = 2, 2
UNIT_CLOCK, BUREAU_CLOCK = "citizen.correction", "citizen.correction_review"
MOST_EVIDENCE = 5
LONGEST_REASON, LONGEST_VALUE = 1000, 2000
# Data of the state are nobody's own (GB/T 43697): they are not shown here, whoever a row is about.
HIDDEN_GRADES = frozenset({Grade.CORE, Grade.IMPORTANT})

MACHINE = Machine(
    name="citizen.correction",
    states=CorrectionState,
    transitions=(
        Transition("accept", frozenset({S.FILED}), S.ACCEPTED, P.HANDLE, E.ACCEPTED, label=N_("Accept")),
        Transition(
            "correct",
            frozenset({S.FILED, S.ACCEPTED}),
            S.CORRECTED,
            P.HANDLE,
            E.CORRECTED,
            stops=(UNIT_CLOCK,),
            label=N_("Corrected at the source"),
        ),
        Transition(
            "reject",
            frozenset({S.FILED, S.ACCEPTED}),
            S.REJECTED,
            P.HANDLE,
            E.REJECTED,
            stops=(UNIT_CLOCK,),
            label=N_("Reject"),
        ),
        Transition(
            "ask_review",
            frozenset({S.REJECTED}),
            S.REVIEW,
            P.FILE,
            E.REVIEW_ASKED,
            starts=(BUREAU_CLOCK,),
            label=N_("Ask for a review"),
        ),
        Transition(
            "overturn",
            frozenset({S.REVIEW}),
            S.ACCEPTED,
            P.REVIEW,
            E.OVERTURNED,
            starts=(UNIT_CLOCK,),
            stops=(BUREAU_CLOCK,),
            label=N_("The unit shall correct it"),
        ),
        Transition(
            "uphold",
            frozenset({S.REVIEW}),
            S.UPHELD,
            P.REVIEW,
            E.UPHELD,
            stops=(BUREAU_CLOCK,),
            label=N_("The value stands"),
        ),
        Transition(
            "withdraw",
            frozenset({S.FILED, S.ACCEPTED}),
            S.WITHDRAWN,
            P.FILE,
            E.WITHDRAWN,
            stops=(UNIT_CLOCK,),
            label=N_("Take back"),
        ),
        Transition(
            "reopen",
            frozenset({S.CORRECTED}),
            S.ACCEPTED,
            P.HANDLE,
            E.REOPENED,
            starts=(UNIT_CLOCK,),
            label=N_("Wrong again"),
        ),
    ),
)
OPEN_STATES = (S.FILED, S.ACCEPTED)


def check_step(state: str, step: str) -> Transition:
    """The transition of a step. Raises `citizen.correction_wrong_state`."""
    for transition in MACHINE.transitions:
        if transition.name == step and state in transition.sources:
            return transition
    raise CorrectionWrongState


def number_columns(items: Iterable[ItemData], kind: str) -> tuple[str, ...]:
    """Columns that hold the numbers of subjects of a kind: items masked as citizen IDs, or named as credit codes."""
    if kind == SubjectKind.ENTERPRISE:
        return tuple(item.name for item in items if item.name == "uscc" or item.name.endswith("_uscc"))
    return tuple(item.name for item in items if item.mask == "citizen_id")


def is_shown(*, share_type: str, exempt: bool) -> bool:
    """Whether rows of a table are shown to those they are about: not where a law keeps it from being shared."""
    return share_type != ShareType.NOT_SHARED and not exempt


def own_items(items: Sequence[ItemData], column: str) -> tuple[ItemData, ...]:
    """The items of a row that are the subject's own, who was found by `column`.

    Where a row names several people, as a marriage does, what belongs to another by its name (`wife_id`, `wife_name`)
    is left out when it is personal; and for whoever is found by such a column (`handler_id`) beside another's number of
    a plain name (`citizen_id`), everything personal but what bears the own name. Items of the grades core and important
    are nobody's own.
    """
    numbers = [item.name for item in items if item.mask == "citizen_id" or item.name.endswith("uscc")]
    own = prefix_of(column)
    others = {prefix_of(name) for name in numbers if name != column} - {own}
    plain = own and any(item.mask == "citizen_id" and not prefix_of(item.name) for item in items)

    def is_anothers(item: ItemData) -> bool:
        if item.name == column or not (item.personal or item.name in numbers):
            return False
        return belongs(item.name, others) or bool(plain and not belongs(item.name, {own}))

    return tuple(item for item in items if item.grade not in HIDDEN_GRADES and not is_anothers(item))


def prefix_of(name: str) -> str:
    """Whose number a column holds, by the first part of its name; "" for one that names nobody in particular."""
    head, _, tail = name.rpartition("_")
    return head if tail in {"id", "uscc", "no", "number"} and head not in {"citizen", ""} else ""


def belongs(name: str, prefixes: Iterable[str]) -> bool:
    """Whether a column is one of those of somebody else."""
    return any(prefix and name.startswith(f"{prefix}_") for prefix in prefixes)


def check_correction(
    data: CorrectionData, *, item: ItemData | None, held: str | None, files: int, waiting: bool
) -> None:
    """A report that a unit can act on: a field of the record, another value that the field can hold, and a reason.

    Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    if item is None or item.is_key:
        fault = N_("An error on this field cannot be reported here.")
        raise FieldErrors(errors=(FieldError("column", fault, N_("Go to the unit itself with a document.")),))
    if waiting:
        fault = N_("An error on this field has been reported and waits for its unit.")
        raise FieldErrors(errors=(FieldError("column", fault, N_("Follow it under “My corrections”.")),))
    if len(data.reason) > LONGEST_REASON:
        fault = N_("This text is too long.")
        faults.append(FieldError("reason", fault, N_("Shorten it to %(most)s characters."), {"most": LONGEST_REASON}))
    if len(data.reason.strip()) < 4:
        faults.append(FieldError("reason", N_("The reason is missing."), N_("Say what is wrong, in a sentence.")))
    if (data.proposed.strip() or None) == (held.strip() if held else None):
        fault = N_("This is the value that is held already.")
        faults.append(FieldError("proposed", fault, N_("Enter what it should be.")))
    else:
        faults += value_faults(item, data.proposed.strip())
    if not 1 <= files <= MOST_EVIDENCE:
        fault = N_("One to five proofs are needed.")
        faults.append(FieldError("evidence", fault, N_("Attach a scan or a photograph of the document.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def value_faults(item: ItemData, text: str) -> list[FieldError]:
    """Why a field cannot hold a value: its type, length, list of codes, or that it must be filled."""
    if not text:
        return [FieldError("proposed", N_("This field must be filled."), N_("Enter a value."))] if item.required else []
    if item.code_list and text not in item.code_list:
        listed = ", ".join(item.code_list[:20])
        return [FieldError("proposed", N_("This value is not in the code list."), N_("Choose one of: %(allowed)s."),
                           {"allowed": listed})]  # fmt: skip
    most = min(item.length or LONGEST_VALUE, LONGEST_VALUE)
    if len(text) > most:
        remedy = N_("Shorten it to %(most)s characters.")
        return [FieldError("proposed", N_("The value is too long."), remedy, {"most": most})]
    if not fits(item.data_type, text):
        return [FieldError("proposed", N_("The value is not of the field's kind."),
                           N_("Enter a date as 2026-01-31, a number in digits."))]  # fmt: skip
    return []


def fits(data_type: str, text: str) -> bool:
    """Whether a text can be read as a value of a type; of a type not known here it can."""
    try:
        if data_type == "date":
            return date.fromisoformat(text).isoformat() == text
        if data_type == "integer":
            return str(int(text)) == text.lstrip("+")
        if data_type in {"decimal", "number", "double"}:
            return Decimal(text).is_finite()
    except (ValueError, InvalidOperation):
        return False
    return True


def check_answer(answer: str) -> str:
    """A unit's or the bureau's reasons. Raises FieldErrors where there are none."""
    if len(answer.strip()) < 4:
        fault = FieldError("reason", N_("The reason is missing."), N_("Say it so that the resident understands it."))
        raise FieldErrors(errors=(fault,))
    if len(answer) > LONGEST_REASON:
        remedy, most = N_("Shorten it to %(most)s characters."), {"most": LONGEST_REASON}
        raise FieldErrors(errors=(FieldError("reason", N_("This text is too long."), remedy, most),))
    return answer.strip()
