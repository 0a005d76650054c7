"""What a report of a wrong value must say. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_noop as N_

from quanshu.kernel.errors import FieldError, FieldErrors
from quanshu.supply.assurance.types import NotReported, ReportData

LONGEST = 2000


def check_report(
    data: ReportData, *, keys: Sequence[str], columns: Sequence[str], answered: Sequence[str] | None
) -> None:
    """A report names the row by its whole key, one field, and what is wrong with it.

    `answered` are the fields the call or service can have answered with; None where no call is named.
    Raises FieldErrors naming every field at fault.
    """
    faults: list[FieldError] = []
    empty = [name for name in keys if not str(data.key.get(name, "")).strip()]
    extra = [name for name in data.key if name not in keys]
    if not keys:
        faults.append(
            FieldError("key", N_("The table has no key, so no row of it can be named."), N_("Ask its unit directly."))
        )
    elif empty or extra:
        faults.append(
            FieldError(
                "key",
                N_("The key has the fields %(fields)s."),
                N_("Give a value for each of them, and no other."),
                {"fields": ", ".join(keys)},
            )
        )
    if data.column not in columns:
        faults.append(
            FieldError(
                "column", N_("The table has no column %(column)s."), N_("Choose a field."), {"column": data.column}
            )
        )
    elif answered is not None and data.column not in answered:
        faults.append(
            FieldError("column", N_("The call did not answer with this field."), N_("Choose a field it answered with."))
        )
    if not data.fault.strip() or len(data.fault) > LONGEST:
        faults.append(
            FieldError(
                "fault", N_("Between 1 and 2,000 characters are needed."), N_("Say what is wrong with the value.")
            )
        )
    if len(data.evidence) > LONGEST:
        faults.append(FieldError("evidence", N_("At most 2,000 characters are kept."), N_("Shorten it.")))
    if faults:
        raise FieldErrors(errors=tuple(faults))


def check_reported(waiting: int) -> None:
    """Only what a consumer has reported is answered."""
    if not waiting:
        raise NotReported
