"""Every write leaves an audit entry, and every table of transitions is whole."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.shared.workflow.api import Machine
from support_code import parsed

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src/quanshu"
# The service desk is pages and an API over the writes of `services`; it has none, and no rules, of its own.
PAGES_ALONE = {"sharing/desk"}
ROOMS = (
    "organisation",
    *sorted(
        room
        for floor in ("supply", "sharing", "city", "oversight")
        for path in PACKAGE.glob(f"{floor}/*/apps.py")
        if (room := f"{floor}/{path.parent.name}") not in PAGES_ALONE
    ),
)
# Reads and recalculations that live beside the writes, and a call that the gateway itself records.
NOT_WRITES = {"try_service"}


def calls_of(node: ast.AST) -> set[str]:
    """Names of everything a function calls."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            target = part.func
            found.add(target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", ""))
    return found


def functions_of(room: str) -> dict[str, set[str]]:
    """{function of the room's services: what it calls}."""
    place = PACKAGE / room / "services"
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    found: dict[str, set[str]] = {}
    for path in files:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, set()).update(calls_of(node))
    return found


def leads_to_audit(name: str, functions: dict[str, set[str]], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function records, itself or through another of its room."""
    calls = functions.get(name, set())
    if "record" in calls:
        return True
    return any(leads_to_audit(other, functions, seen | {name}) for other in calls - seen - {name} if other in functions)


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_write_leaves_an_audit_entry(room: str) -> None:
    module = import_module(f"quanshu.{room.replace('/', '.')}.services")
    functions = functions_of(room)
    writes = [
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if "actor" in inspect.signature(function).parameters and name in functions and not name.startswith("_")
    ]
    assert writes
    silent = [name for name in writes if name not in NOT_WRITES and not leads_to_audit(name, functions)]
    assert not silent


def machines() -> Iterator[Machine]:
    """Every table of transitions in a room's rules."""
    for room in ROOMS:
        for value in vars(import_module(f"quanshu.{room.replace('/', '.')}.rules")).values():
            if isinstance(value, Machine):
                yield value


@pytest.mark.parametrize("machine", list(machines()), ids=lambda machine: machine.name)
def test_a_workflow_is_whole(machine: Machine) -> None:
    states = set(machine.states)
    steps = machine.transitions
    assert len({(step.name, source) for step in steps for source in step.sources}) == sum(
        len(step.sources) for step in steps
    )
    for step in steps:
        assert step.sources <= states
        assert step.target in states
        assert step.permission
        assert step.event
        assert step.label
    begun = {next(iter(machine.states))}
    while True:
        more = begun | {step.target for step in steps if step.sources & begun}
        if more == begun:
            break
        begun = more
    assert begun == states, states - begun


@given(picks=st.lists(st.integers(0, 20), max_size=30))
def test_a_demand_walks_only_where_the_table_leads(picks: list[int]) -> None:
    from quanshu.sharing.demands import rules
    from quanshu.sharing.demands.types import DemandState

    state: Any = DemandState.DRAFT
    running: set[str] = set()
    for pick in picks:
        steps = [step for step in rules.MACHINE.transitions if state in step.sources]
        if not steps:
            break
        step = steps[pick % len(steps)]
        running = (running - set(step.stops)) | set(step.starts)
        state = step.target
        kind = rules.RUNNING_CLOCK.get(state)
        assert running == ({kind} if kind else set()), (state, running)
