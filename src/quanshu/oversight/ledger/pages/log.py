"""The published log as static files (c2sp.org/tlog-tiles), and the policy to check it by."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from quanshu.oversight.ledger import queries
from quanshu.shared.web.api import PUBLIC, Page
from quanshu.tlog.errors import BadTile
from quanshu.tlog.store import CHECKPOINT
from quanshu.tlog.tiles import TileName

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_GOOD = "public, max-age=31536000, immutable"
FOR_SECONDS = "public, max-age=2"


class LogFile(Page):
    """The checkpoint, a tile or an entry bundle. Tiles never change; the checkpoint does."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        name = kwargs["name"]
        if name != CHECKPOINT:
            try:
                TileName.parse(name)
            except BadTile:
                return HttpResponse("no such file in this log\n", content_type=TEXT, status=404)
        raw = queries.store().read(name)
        if raw is None:
            return HttpResponse("no such file in this log\n", content_type=TEXT, status=404)
        if name == CHECKPOINT:
            return HttpResponse(raw, content_type=TEXT, headers={"Cache-Control": FOR_SECONDS})
        return HttpResponse(raw, content_type=BYTES, headers={"Cache-Control": FOR_GOOD})


class PolicyFile(Page):
    """The node's keys and witnesses as a policy file (c2sp.org/tlog-policy); the SM2 key stands as a comment."""

    permission = PUBLIC

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        sm2 = next((key for key in queries.own_policy().logs if key.kind[:1] == b"\xff"), None)
        text = f"{queries.own_policy(with_sm2=False)}" + (f"# SM2: log {sm2}\n" if sm2 else "")
        headers = {"Cache-Control": FOR_SECONDS, "Content-Disposition": 'inline; filename="quanshu.policy"'}
        return HttpResponse(text, content_type=TEXT, headers=headers)
