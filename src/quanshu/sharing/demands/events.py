"""What happens to a demand."""

from __future__ import annotations

from enum import StrEnum


class DemandEvent(StrEnum):
    CREATED = "demands.demand.created"
    CHANGED = "demands.demand.changed"
    SUBMITTED = "demands.demand.submitted"
    RETURNED = "demands.demand.returned"
    PASSED = "demands.demand.passed"
    CONFIRMED = "demands.demand.confirmed"
    REFUSED = "demands.demand.refused"
    CONTESTED = "demands.demand.contested"
    OVERRULED = "demands.demand.overruled"
    GRANTED = "demands.demand.granted"
    CLOSED = "demands.demand.closed"
    WITHDRAWN = "demands.demand.withdrawn"
    PAUSED = "demands.demand.paused"
    RESUMED = "demands.demand.resumed"
    ESCALATED = "demands.demand.escalated"
    MET = "demands.demand.met"
    BUILT = "demands.demand.built"
