"""Transition tables. No Django."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from quanshu.kernel.errors import Conflict, FieldError, FieldErrors, Invalid, fill


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step: from which states, to which, who may, which event it tells, which clocks it moves."""

    name: str
    sources: frozenset[StrEnum]
    target: StrEnum
    permission: str
    event: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    label: str = ""


class WrongState(Conflict):
    code = "workflow.wrong_state"
    message = "The state is %(state)s; the step “%(step)s” is not possible now."
    remedy = "Open the object to see the steps its state allows."
    # What a room calls its states and steps, by their codes.
    state_names: ClassVar[Mapping[str, str]] = {}
    step_names: ClassVar[Mapping[str, str]] = {}

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The fault with state and step by their names; the parameters keep the codes."""
        state, step = self.params["state"], self.params["step"]
        names = {"state": self.state_names.get(state, state), "step": self.step_names.get(step, step)}
        return fill(translate(self.message), {key: translate(name) for key, name in names.items()})


@dataclass(frozen=True, slots=True)
class Machine:
    """A workflow as a table. `refusal` is raised with `state` and `step` for what the table does not hold."""

    name: str
    states: type[StrEnum]
    transitions: tuple[Transition, ...]
    initial: StrEnum | None = None
    refusal: type[Conflict] = WrongState

    def check(self, state: str, step: str) -> Transition:
        """The transition `step` from `state`; raises the machine's refusal when there is none."""
        for transition in self.transitions:
            if transition.name == step and state in transition.sources:
                return transition
        raise self.refusal(state=str(state), step=step)

    def allowed(self, state: str) -> tuple[Transition, ...]:
        """Every transition that leaves `state`."""
        return tuple(transition for transition in self.transitions if state in transition.sources)

    def start(self) -> StrEnum:
        """The state an object begins in: the first of the enumeration unless said otherwise."""
        return self.initial or next(iter(self.states))

    def unreachable(self) -> Iterable[StrEnum]:
        """States no path from the start leads to."""
        reached = {self.start()}
        while True:
            more = {t.target for t in self.transitions if t.sources & reached} - reached
            if not more:
                return [state for state in self.states if state not in reached]
            reached |= more


def check_reason(reason: str) -> None:
    """A step that is answered for says why. Raises FieldErrors for a blank reason."""
    if not reason.strip():
        raise FieldErrors(errors=(FieldError("reason", "The reason is missing.", "Say why."),))


class BadYear(Invalid):
    code = "workflow.bad_year"
    message = "The calendar of %(year)s holds a day of another year: %(day)s."
    remedy = "Enter only days of that year."


class ReasonNeeded(Invalid):
    code = "workflow.reason_needed"
    message = "A clock is paused only with a reason."
    remedy = "Say what is waited for."


class NotPaused(Conflict):
    code = "workflow.not_paused"
    message = "This clock is not paused."
    remedy = "Reload the page to see its state."


class NotRunning(Conflict):
    code = "workflow.not_running"
    message = "This clock is not running."
    remedy = "Reload the page to see its state."
