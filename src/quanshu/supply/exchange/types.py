"""Values of the exchange: how far an import is, what it makes of an entry, and its refusals."""

from __future__ import annotations

from enum import StrEnum

from quanshu.kernel.errors import Conflict, Invalid, NotFound


class ImportState(StrEnum):
    READING = "reading"
    CHECKED = "checked"
    KEEPING = "keeping"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


class Outcome(StrEnum):
    """What an import makes of one entry of its file."""

    NEW = "new"
    CHANGE = "change"
    SAME = "same"
    REFUSED = "refused"


class ImportNotFound(NotFound):
    code = "exchange.import_not_found"
    message = "There is no import “%(uid)s” that you may see."
    remedy = "Open the list of imports and choose one."


class ImportNotReady(Conflict):
    code = "exchange.import_not_ready"
    message = "This import cannot take that step now."
    remedy = "Reload its page: it shows how far the import is and what can be done."


class BadFormat(NotFound):
    code = "exchange.bad_format"
    message = "The catalogue is not to be had as “%(format)s”."
    remedy = "Ask for ttl, rdf or jsonld."


class TableTooLarge(Invalid):
    code = "exchange.table_too_large"
    message = "The list has %(rows)s entries; a table holds at most %(most)s."
    remedy = "Narrow the list with search or facets and export again."
