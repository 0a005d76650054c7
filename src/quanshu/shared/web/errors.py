"""One way to answer a refusal: HTML for people, an envelope for programs."""

from __future__ import annotations

import errno
import logging
import sys
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from quanshu.kernel.errors import Forbidden, NotFound, QuanshuError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


logger = logging.getLogger(__name__)


class PageNotFound(NotFound):
    code = "web.page_not_found"
    message = "There is no page at this address."
    remedy = "Check the address, or start again from the home page."


class FormExpired(Forbidden):
    code = "web.form_expired"
    message = "The form could not be trusted: its security token is missing or out of date."
    remedy = "Go back, reload the page and send the form again."


class ServerFault(Unavailable):
    code = "web.server_fault"
    status = 500
    message = "Something broke on our side while answering this request."
    remedy = "Nothing was saved. Try again; if it happens again, give the request number to the administrator."


class StorageFull(Unavailable):
    code = "web.storage_full"
    status = 507
    message = "The node's disk is full, so nothing was saved. What was there before is unharmed and can be read."
    remedy = "Tell the platform's operator to make room; then do the same again."


class DatabaseAway(Unavailable):
    code = "web.database_away"
    message = "The node's database does not answer now; nothing was saved."
    remedy = "Try again in a minute. If it goes on, tell the platform's operator."


FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
FULL_TEXTS = ("disk is full", "No space left on device")
DISK_FULL = "53100"


def fault_behind(exception: BaseException | None) -> QuanshuError | None:
    """The refusal that tells an operator's fault by its name: a full disk, a database away. None for any other."""
    while exception is not None:
        full = isinstance(exception, OSError) and exception.errno in FULL
        if isinstance(exception, DatabaseError) or type(exception).__module__.startswith(("psycopg", "sqlite3")):
            full = getattr(exception, "sqlstate", "") == DISK_FULL or any(text in str(exception) for text in FULL_TEXTS)
            if isinstance(exception, OperationalError | InterfaceError) and not full and "locked" not in str(exception):
                return DatabaseAway()
        if full:
            return StorageFull()
        exception = exception.__cause__ or exception.__context__
    return None


def wants_json(request: HttpRequest) -> bool:
    """Whether the caller is a program: an API path, or JSON preferred over HTML."""
    return request.path.startswith("/api/") or (
        request.accepts("application/json") and not request.accepts("text/html")
    )


def envelope(fault: QuanshuError, request_id: str = "") -> dict[str, Any]:
    """The JSON body of a refusal: code, message, remedy, parameters, request id."""
    body: dict[str, Any] = fault.as_dict(gettext)
    return {**body, "request_id": request_id}


def error_response(request: HttpRequest, fault: QuanshuError) -> HttpResponse:
    """Answer `fault` with its HTTP status, as JSON or as a page that says what to do next."""
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        return JsonResponse(envelope(fault, request_id), status=fault.status)
    context: Mapping[str, Any] = {
        "fault": fault.as_dict(gettext),
        "status": fault.status,
        "request_id": request_id,
    }
    template = "web/error_fragment.html" if request.headers.get("HX-Request") else "web/error.html"
    return render(request, template, dict(context), status=fault.status)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handler404."""
    return error_response(request, PageNotFound())


def server_fault(request: HttpRequest) -> HttpResponse:
    """Handler500. The page of the fault may need the database itself; then a plain sentence must do."""
    fault = fault_behind(sys.exc_info()[1]) or ServerFault()
    try:
        return error_response(request, fault)
    except Exception:
        logger.exception("the page of a fault could not be made")
        return HttpResponse(
            f"{gettext(fault.message)} {gettext(fault.remedy)}", "text/plain; charset=utf-8", fault.status
        )


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF failure view."""
    return error_response(request, FormExpired())
