"""Values of landing: the states of an exception, and its refusals."""

from __future__ import annotations

from enum import StrEnum

from quanshu.kernel.errors import Conflict, NotFound


class ExceptionState(StrEnum):
    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"
    ENDED = "ended"


class ExceptionNotFound(NotFound):
    code = "landing.exception_not_found"
    message = "There is no exception from landing for “%(entry)s” that waits for an answer."
    remedy = "Open the list of exceptions to see their states."


class AlreadyDecided(Conflict):
    code = "landing.exception_decided"
    message = "This exception has its answer already."
    remedy = "Open the list of exceptions to see the answer."
