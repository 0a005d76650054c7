"""Files of views, by short-lived links: whole or in ranges, from this process or handed on to a web server in front."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from quanshu.gateway import messages
from quanshu.gateway.calls import Call
from quanshu.gateway.delta_sharing.faults import BadLink, error_body
from quanshu.gateway.delta_sharing.links import Link, link_holds
from quanshu.gateway.delta_sharing.receipts import keep
from quanshu.gateway.delta_sharing.tables import Tables
from quanshu.gateway.journal import JournalFailed
from quanshu.gateway.snapshot import BulkSpec, GrantSpec
from quanshu.kernel.clock import now_ms
from quanshu.kernel.ids import new_uid

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

PARQUET = "application/vnd.apache.parquet"


class LargeChunks(FileResponse):
    """A file in pieces that keep a fast network busy."""

    chunk_size = 2 * 1024 * 1024


class Files:
    """GET and HEAD of /delta-sharing/files/{grant}/{path}."""

    def __init__(self, gateway: Gateway, tables: Tables) -> None:
        self.gateway = gateway
        self.tables = tables

    async def serve(self, request: Request) -> Response:
        """Check the link, keep a receipt, send the file."""
        call = Call(new_uid(), time.perf_counter(), now_ms(), "bulk:file")
        spec = self.admitted(request, call)
        if spec is None:
            self.gateway.unsigned += 1
            return refused(BadLink.code)
        path = request.path_params["path"]
        file = self.tables.folder(spec) / path
        if not file.is_file():
            return refused(BadLink.code)
        if request.method == "GET":
            call.parameters = ["file", f"range:{request.headers.get('range', 'whole')[:60]}"]
            try:
                await keep(self.gateway, call, status=200, outcome="ok", answer=path.encode())
            except JournalFailed as fault:
                return refused(fault.code)
        headers = {"X-Receipt-Id": call.receipt_id, "Cache-Control": "no-store"}
        prefix = self.gateway.config.accel_prefix
        if prefix:
            headers["X-Accel-Redirect"] = f"{prefix.rstrip('/')}/{spec.lake_table}/{path}"
            return Response(headers=headers, media_type=PARQUET)
        return LargeChunks(file, headers=headers, media_type=PARQUET)

    def admitted(self, request: Request, call: Call) -> BulkSpec | None:
        """The grant of a link that holds: signed by us, not over, and neither grant, token nor client ended since."""
        state, loaded = self.gateway.state, self.gateway.state.loaded
        spec = loaded.bulk.get(request.path_params["grant"]) if loaded else None
        if loaded is None or spec is None:
            return None
        given = request.query_params
        expires = given.get("expires", "")
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16):
            return None
        link = Link(spec.uid, given.get("token", ""), spec.lake_table, request.path_params["path"], int(expires))
        seconds = call.at_ms / 1000
        client = loaded.clients.get(spec.rid)
        ended = (
            state.ended("bulk", spec.uid)
            or state.ended("bulk_token", link.token)
            or state.ended("client", spec.rid)
            or client is None
            or not client.active
            or seconds >= spec.valid_until
        )
        if ended or not link_holds(loaded.link_key, link, given.get("signature", ""), now=seconds):
            return None
        call.rid, call.known = spec.rid, True
        call.sid = f"bulk:{spec.share}.{spec.schema}.{spec.table}"
        call.grant = GrantSpec(spec.uid, spec.rid, call.sid, spec.fields, spec.purpose, 0, None, 0.0, 0.0)
        call.fields = spec.fields
        return spec


def refused(code: str) -> Response:
    """A refusal without a receipt: a link names nobody who could be told one."""
    return JSONResponse(error_body(code, {}, ""), status_code=messages.status_of(code))
