"""What a holder's own app calls."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from quanshu.city.codes import queries, services
from quanshu.city.codes.permissions import CodePermission as P
from quanshu.city.codes.rest.scanning import scan_row
from quanshu.city.codes.types import Shown
from quanshu.kernel.clock import now
from quanshu.shared.web.api import actor_of, page_of
from quanshu.sharing.subjects.api import own_subject

mine = Router()


class CodeBody(Schema):
    """Whose code (a uid, oneself when empty), for which scene and device (numbers, any when 0)."""

    who: str = ""
    scene: int = 0
    verifier: int = 0


def shown_row(shown: Shown) -> dict[str, Any]:
    """A code."""
    return {"code": shown.text, "lifetime": shown.lifetime, "ends_at": shown.ends}


@mine.get("/code")
def show(request: HttpRequest, who: str = "", scene: int = 0, verifier: int = 0) -> dict[str, Any]:
    """A fresh code."""
    shown = queries.show_code(
        actor=actor_of(request),
        now=now(),
        subject_uid=who,
        scene=queries.find_scene_to_show(str(scene)),
        verifier=verifier,
    )
    return shown_row(shown)


@mine.post("/typed")
def typed(request: HttpRequest, body: CodeBody) -> dict[str, Any]:
    """A fresh code, and twelve digits in its place."""
    shown, digits = services.type_code(
        actor=actor_of(request),
        now=now(),
        subject_uid=body.who,
        scene=queries.find_scene_to_show(str(body.scene)),
        verifier=body.verifier,
    )
    return {**shown_row(shown), "digits": digits}


@mine.get("/scans")
def list_scans(request: HttpRequest, limit: int = 50, offset: int = 0) -> dict[str, Any]:
    """Where one's codes were scanned."""
    actor = actor_of(request, P.SHOW)
    return page_of(queries.list_scans(actor, now=now()), limit=limit, offset=offset, serialise=scan_row)


@mine.post("/block")
def block(request: HttpRequest) -> dict[str, Any]:
    """Block one's codes."""
    actor = actor_of(request)
    services.block_codes(actor=actor, now=now(), subject=own_subject(actor))
    return {"blocked": True}


@mine.post("/unblock")
def unblock(request: HttpRequest) -> dict[str, Any]:
    """Lift one's own block."""
    actor = actor_of(request)
    services.unblock_codes(actor=actor, now=now(), subject=own_subject(actor))
    return {"blocked": False}
