"""Decisions on subjects. Pure."""

from __future__ import annotations

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.kernel.identifiers.base import BadIdentifier
from quanshu.kernel.identifiers.citizen_id import CitizenId
from quanshu.kernel.identifiers.subject import SubjectKind
from quanshu.kernel.identifiers.uscc import Uscc


def check_number(*, kind: str, number: str) -> str:
    """The number in its canonical form.

    Raises FieldErrors for one that is no citizen ID (GB 11643) or USCC (GB 32100).
    """
    try:
        return CitizenId.parse(number).value if kind == SubjectKind.PERSON else Uscc.parse(number).value
    except BadIdentifier as fault:
        wrong = (
            FieldError(
                "number", "This is no valid citizen ID.", "Compare it with the identity card and enter it again."
            )
            if kind == SubjectKind.PERSON
            else FieldError(
                "number", "This is no valid credit code.", "Compare it with the licence and enter it again."
            )
        )
        raise FieldErrors(errors=(wrong,)) from fault
