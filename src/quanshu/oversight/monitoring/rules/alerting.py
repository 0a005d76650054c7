"""How an alert goes from seen to closed: what a look at its cause makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as N_

from quanshu.oversight.monitoring.events import MonitoringEvent as E
from quanshu.oversight.monitoring.permissions import MonitoringPermission as P
from quanshu.oversight.monitoring.types import OPEN, AlertState, Holds, Standing, WrongAlertState
from quanshu.shared.workflow.api import Machine, Transition

S = AlertState
# A cause that comes and goes must stay away twice as long each time before the alert closes, up to this many times.
MOST_DOUBLINGS = 5
# A closed alert whose cause is back within this time is the same alert.
REOPEN = timedelta(minutes=10)


def move(
    name: str, sources: Iterable[AlertState], target: AlertState, permission: str, event: str, label: str
) -> Transition:
    """One row of the table below."""
    return Transition(name, frozenset(sources), target, permission, event, label=label)


MACHINE = Machine(
    "monitoring.alert",
    AlertState,
    (
        move("fire", [S.PENDING], S.FIRING, "system", E.FIRED, N_("Fire")),
        move("acknowledge", [S.FIRING], S.ACKNOWLEDGED, P.ACKNOWLEDGE, E.ACKNOWLEDGED, N_("Acknowledge")),
        move("resolve", OPEN, S.RESOLVED, "system", E.RESOLVED, N_("Close")),
        move("reopen", [S.RESOLVED], S.FIRING, "system", E.REOPENED, N_("Fires again")),
    ),
)


def clear_time(holds: Holds, flaps: int) -> timedelta:
    """How long the cause must stay away: doubled each time it came back."""
    doubled: int = 2 ** min(flaps, MOST_DOUBLINGS)
    return holds.clear * doubled


def step(standing: Standing | None, *, breached: bool, now: datetime, holds: Holds) -> Standing | None:
    """What one look at the cause makes of the alert; None when there is no alert (any more).

    A breach is seen first and fires once it has lasted `holds.fire`; a fired alert closes once the breach has been
    gone for `holds.clear`, doubled for each time it came back meanwhile. Within ten minutes of its closing, the
    same cause opens the same alert again, at once.
    """
    if standing is None:
        return _begin(now, holds) if breached else None
    if standing.state == S.PENDING:
        return _pending(standing, breached, now, holds)
    if standing.state == S.RESOLVED:
        return _resolved(standing, breached, now, holds)
    if breached:
        if standing.clear_since is None:
            return standing
        return replace(standing, clear_since=None, flaps=standing.flaps + 1)
    if standing.clear_since is None:
        standing = replace(standing, clear_since=now)
    since = standing.clear_since or now
    if now - since >= clear_time(holds, standing.flaps):
        # A clock that was set back must not make an end that lies before the beginning.
        return replace(standing, state=S.RESOLVED, resolved_at=max(now, standing.pending_at))
    return standing


def _begin(now: datetime, holds: Holds) -> Standing:
    seen = Standing(S.PENDING, pending_at=now)
    return replace(seen, state=S.FIRING, fired_at=now) if holds.fire <= timedelta(0) else seen


def _pending(standing: Standing, breached: bool, now: datetime, holds: Holds) -> Standing | None:
    if not breached:
        return None
    if now - standing.pending_at >= holds.fire:
        return replace(standing, state=S.FIRING, fired_at=now)
    return standing


def _resolved(standing: Standing, breached: bool, now: datetime, holds: Holds) -> Standing | None:
    if not breached:
        return standing
    if standing.resolved_at is not None and now - standing.resolved_at <= REOPEN:
        return replace(standing, state=S.FIRING, clear_since=None, resolved_at=None, flaps=standing.flaps + 1)
    return _begin(now, holds)


def check_acknowledge(state: str) -> None:
    """Raises WrongAlertState unless the alert fires."""
    if state != S.FIRING:
        raise WrongAlertState(state=str(state))


def is_silenced(
    *, rule: str, stage: str, unit_path: str, cause: str, silences: Iterable[tuple[str, str, str, str]]
) -> bool:
    """Whether one of the silences (rule uid, stage, unit path, cause; "" = any) covers an alert."""
    return any(
        (not of_rule or of_rule == rule)
        and (not of_stage or of_stage == stage)
        and (not of_unit or unit_path.startswith(of_unit))
        and (not of_cause or of_cause == cause)
        for of_rule, of_stage, of_unit, of_cause in silences
    )
