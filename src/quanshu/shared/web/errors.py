"""One way to answer a refusal: HTML for people, an envelope for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext

from quanshu.kernel.errors import Forbidden, NotFound, QuanshuError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    """Handler500."""
    return error_response(request, ServerFault())


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF failure view."""
    return error_response(request, FormExpired())
