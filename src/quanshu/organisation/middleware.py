"""Puts the actor on each request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject

from quanshu.organisation.models import Account
from quanshu.organisation.queries import actor_for
from quanshu.shared.access.api import ANONYMOUS, Actor

Handler = Callable[[HttpRequest], HttpResponseBase]
FREE = ("/me/", "/sign-out/", "/static/", "/i18n/")


_sources: list[Callable[[HttpRequest], Actor | None]] = []


def register_actor_source(source: Callable[[HttpRequest], Actor | None]) -> None:
    """Let a room name the actor of requests that no account of ours signed in for, as a resident's session."""
    if source not in _sources:
        _sources.append(source)


def find_actor(request: HttpRequest) -> object:
    """The signed-in account's actor, else the one that another room names, else the anonymous one."""
    user = request.user
    if isinstance(user, Account):
        return actor_for(user)
    return next((actor for source in _sources if (actor := source(request)) is not None), ANONYMOUS)


class ActorMiddleware:
    """Sets `request.actor`, worked out once when first asked for; sends a forced password change first."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.actor = SimpleLazyObject(lambda: find_actor(request))  # type: ignore[attr-defined]
        user = request.user
        if isinstance(user, Account) and user.must_change_password and not request.path.startswith((*FREE, "/api/")):
            return HttpResponseRedirect("/me/password/")
        return self.get_response(request)
