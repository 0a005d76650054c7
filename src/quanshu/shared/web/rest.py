"""Helpers for `rest/` routers: who calls, and one shape for paged lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from quanshu.kernel.errors import Invalid
from quanshu.shared.access.api import Actor, require

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

MAX_LIMIT = 200


class BadPage(Invalid):
    code = "web.bad_page"
    message = "limit must be 1 to %(most)s and offset 0 or more."
    remedy = "Correct the query parameters limit and offset."


def actor_of(request: HttpRequest, permission: str = "") -> Actor:
    """Who calls. With a permission: NotAllowed (403) for whoever has it nowhere."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if permission:
        require(actor, permission)
    return actor


def check_page(limit: int, offset: int) -> None:
    """Raises BadPage when limit or offset is out of range."""
    if not 1 <= limit <= MAX_LIMIT or offset < 0:
        raise BadPage(most=MAX_LIMIT)


def page_of(
    rows: QuerySet[Any], *, limit: int, offset: int, serialise: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """One page of `rows` as {"total", "limit", "offset", "items"}.

    Raises BadPage when limit or offset is out of range.
    """
    check_page(limit, offset)
    items = [serialise(row) for row in rows[offset : offset + limit]]
    return {"total": rows.count(), "limit": limit, "offset": offset, "items": items}
