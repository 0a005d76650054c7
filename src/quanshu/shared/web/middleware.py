"""Request ids, the content security policy, and one face for every refusal."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from quanshu.kernel.errors import QuanshuError
from quanshu.kernel.ids import new_uid
from quanshu.shared.audit.api import set_request_id
from quanshu.shared.web.errors import error_response, fault_behind

logger = logging.getLogger(__name__)
Handler = Callable[[HttpRequest], HttpResponseBase]

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)


class RequestIdMiddleware:
    """Gives each request an id of its own, sent back as X-Request-Id and written into the audit trail."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = new_uid()  # type: ignore[attr-defined]
        set_request_id(request.request_id)  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class SecurityPolicyMiddleware:
    """Sends the content security policy: scripts come from this node only, never inline."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "geolocation=(), microphone=(), payment=()")
        return response


class ErrorMiddleware:
    """Turns a QuanshuError raised anywhere in a view into a page, a fragment or a JSON envelope."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        fault = exception if isinstance(exception, QuanshuError) else fault_behind(exception)
        if fault is None:
            return None
        if fault is not exception:
            logger.error("request %s: %s", getattr(request, "request_id", ""), exception)
        return error_response(request, fault)
