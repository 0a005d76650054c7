"""Names of codes in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanshu.kernel.errors import fill
from quanshu.sharing.composition.types import CompositionState, Fault

STATES = {
    CompositionState.DRAFT: _("Draft"),
    CompositionState.PUBLISHED: _("Published"),
    CompositionState.WITHDRAWN: _("Withdrawn"),
}
TONES = {CompositionState.DRAFT: "secondary", CompositionState.PUBLISHED: "green", CompositionState.WITHDRAWN: "red"}
MERGES = {"first": _("First with a value"), "all": _("All values as a list")}
TITLES = {"call": _("The call"), "answer": _("The answer")}


def fault_line(fault: Fault) -> str:
    """Fault and remedy as one line."""
    return " ".join(fill(gettext(text), fault.params) for text in (fault.text, fault.advice))


def kept_faults(rows: Sequence[dict[str, Any]]) -> list[Fault]:
    """Faults as they were kept."""
    return [Fault(**row) for row in rows]


def state_of(row: Any) -> tuple[str, str]:
    """State and tone; one that fails says so."""
    if row.faults and row.state == CompositionState.PUBLISHED:
        return gettext("Fails"), "red"
    return str(STATES[row.state]), TONES[row.state]
