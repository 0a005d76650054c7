"""What anyone may fetch: the status lists of consents, and the key they are signed with."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from quanshu.shared.web.api import PUBLIC, Page
from quanshu.sharing.consent import queries

LISTS = 10_000


class StatusList(Page):
    """A status list as a signed JWT (Token Status List, 8.1)."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        number = max(1, min(LISTS, kwargs["number"]))
        answer = HttpResponse(queries.status_token(number, now=self.now), content_type="application/statuslist+jwt")
        answer["Cache-Control"] = f"max-age={queries.STATUS_TTL}"
        return answer


class IssuerKey(Page):
    """The public key of consents and their status lists, as a JWK Set (RFC 7517)."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse({"keys": [queries.issuer_jwk()]}, content_type="application/jwk-set+json")
