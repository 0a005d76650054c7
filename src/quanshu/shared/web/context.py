"""What the page shell needs on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from quanshu.shared.access.api import allows
from quanshu.shared.notify.api import unread_count
from quanshu.shared.web import navigation
from quanshu.shared.workflow.api import todos_for

if TYPE_CHECKING:
    from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """Node name, actor, menu, and the counts beside the bell and the to-do list (asked for lazily)."""
    actor = getattr(request, "actor", None)
    context: dict[str, Any] = {"node_name": settings.QUANSHU_NODE_NAME, "actor": actor}
    if actor is None or not actor.uid:
        return context
    context["menu"] = SimpleLazyObject(
        lambda: navigation.menu(request, allows=lambda permission: allows(actor, permission))
    )
    context["todo_count"] = SimpleLazyObject(lambda: todos_for(actor).count())
    context["notice_count"] = SimpleLazyObject(lambda: unread_count(actor))
    return context
