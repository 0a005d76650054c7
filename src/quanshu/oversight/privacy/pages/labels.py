"""What the pages call things."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from quanshu.oversight.privacy.types import RecordState, RiskLevel, RuleState, RunState, Standing, UnmaskState
from quanshu.shared.holdings import find_holding, holdings
from quanshu.shared.web.api import masked_lists

Badges = Mapping[str, tuple[Any, str]]
RULE_STATES: Badges = {
    RuleState.PROPOSED: (gettext_lazy("Waits for approval"), "orange"),
    RuleState.IN_FORCE: (gettext_lazy("In force"), "green"),
    RuleState.REFUSED: (gettext_lazy("Refused"), "red"),
    RuleState.ENDED: (gettext_lazy("Ended"), "secondary"),
}
RUN_STATES: Badges = {
    RunState.RUNNING: (gettext_lazy("Under way"), "blue"),
    RunState.DONE: (gettext_lazy("Certified"), "green"),
    RunState.STOPPED: (gettext_lazy("Stopped by a hold"), "orange"),
}
RECORD_STATES: Badges = {
    RecordState.DRAFT: (gettext_lazy("Draft"), "secondary"),
    RecordState.REVIEW: (gettext_lazy("Under review"), "blue"),
    RecordState.APPROVED: (gettext_lazy("Approved"), "green"),
    RecordState.REPLACED: (gettext_lazy("Replaced"), "secondary"),
    RecordState.WITHDRAWN: (gettext_lazy("Taken back"), "secondary"),
}
UNMASK_STATES: Badges = {
    UnmaskState.ASKED: (gettext_lazy("Waits for approval"), "orange"),
    UnmaskState.GRANTED: (gettext_lazy("Allowed"), "green"),
    UnmaskState.REFUSED: (gettext_lazy("Refused"), "red"),
    UnmaskState.ENDED: (gettext_lazy("Ended"), "secondary"),
}
STANDINGS: Badges = {
    Standing.IN_ORDER: (gettext_lazy("Approved record"), "green"),
    Standing.UNDER_WAY: (gettext_lazy("Record under way"), "blue"),
    Standing.OUTDATED: (gettext_lazy("To be renewed"), "orange"),
    Standing.LACKING: (gettext_lazy("No record"), "red"),
}
RISKS: Mapping[str, Any] = {
    RiskLevel.LOW: gettext_lazy("Low risk"),
    RiskLevel.MEDIUM: gettext_lazy("Medium risk"),
    RiskLevel.HIGH: gettext_lazy("High risk"),
}
# The parts of a record in the order of the law, with what is to be said in each.
PARTS: tuple[tuple[str, Any, Any], ...] = (
    ("purpose", gettext_lazy("Purpose"), gettext_lazy("For what the data are used, and on which legal basis.")),
    (
        "manner",
        gettext_lazy("Manner"),
        gettext_lazy("Who handles which data how, for how long, and who receives them."),
    ),
    (
        "necessity",
        gettext_lazy("Necessity"),
        gettext_lazy("Why the purpose cannot be reached with less data or less exposure."),
    ),
    (
        "influence",
        gettext_lazy("Influence on the person's rights"),
        gettext_lazy("What may happen to the people concerned, and how grave it is."),
    ),
    ("risks", gettext_lazy("Security risks"), gettext_lazy("How the data could leak, be changed or be misused.")),
    (
        "measures",
        gettext_lazy("Protective measures"),
        gettext_lazy("Masks, limits, consents, sign-in, records, deletion."),
    ),
    (
        "measures_fit",
        gettext_lazy("Lawful, effective and proportionate"),
        gettext_lazy("Why the measures are lawful, effective, and fit the level of risk."),
    ),
)


def badge_of(states: Badges, state: str) -> tuple[str, str]:
    """Label and tone of a state."""
    label, tone = states[state]
    return str(label), tone


def label_in(states: Badges) -> Callable[[Any], Any]:
    """A column's value: the label of a row's state."""
    return lambda row: states[row.state][0]


def tone_in(states: Badges) -> Callable[[Any], str]:
    """A column's tone."""
    return lambda row: states[row.state][1]


def choices_of(states: Badges) -> list[tuple[str, Any]]:
    """States as choices of a filter."""
    return [(str(state), label) for state, (label, _tone) in states.items()]


def holding_name(key: str) -> str:
    """What a holding is called; every holding for an empty key."""
    if not key:
        return _("Everything erasable")
    found = find_holding(key)
    return str(found.name) if found else key


def holding_choices() -> list[tuple[str, Any]]:
    """Holdings as choices."""
    return [(holding.key, holding.name) for holding in holdings()]


def unit_name(unit: Any) -> str:
    """A unit, or the whole node."""
    return str(unit) if unit else _("The whole node")


def list_name(key: str) -> str:
    """What a list with masked columns is called."""
    return str(masked_lists().get(key, key))


def tabs(current: str) -> list[tuple[Any, str, bool]]:
    """The pages of retention: (label, address, whether it is this one)."""
    pages = (
        ("rules", gettext_lazy("Rules")),
        ("holdings", gettext_lazy("Holdings")),
        ("holds", gettext_lazy("Legal holds")),
        ("runs", gettext_lazy("Certificates of deletion")),
        ("services", gettext_lazy("Impact records")),
        ("unmaskings", gettext_lazy("Exports in clear")),
    )
    return [(label, reverse(f"privacy:{name}"), name == current) for name, label in pages]
