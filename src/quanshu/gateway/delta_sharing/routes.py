"""The routes under /delta-sharing/: lists, a table's version, metadata, files and changes."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from quanshu.gateway import messages
from quanshu.gateway.calls import Call
from quanshu.gateway.delta_sharing.actions import (
    CAPABILITIES,
    NDJSON,
    VERSION_HEADER,
    Line,
    Signer,
    Writer,
    ndjson,
    response_format,
)
from quanshu.gateway.delta_sharing.asking import Query, moment, page, read_query, read_window, whole
from quanshu.gateway.delta_sharing.faults import BadToken, DailyVolume, NoToken, NotShared, error_body
from quanshu.gateway.delta_sharing.files import Files
from quanshu.gateway.delta_sharing.links import LIFE_SECONDS, Link, link_url
from quanshu.gateway.delta_sharing.place import read_place
from quanshu.gateway.delta_sharing.receipts import keep
from quanshu.gateway.delta_sharing.tables import SharedTable, Tables, rows_of_change
from quanshu.gateway.delta_sharing.volume import take_rows
from quanshu.gateway.journal import JournalFailed
from quanshu.gateway.limits import day_of
from quanshu.gateway.reading import NotReady, read_body
from quanshu.gateway.snapshot import BulkSpec, BulkTokenSpec, GrantSpec
from quanshu.gateway.state import Loaded
from quanshu.kernel.clock import now_ms
from quanshu.kernel.errors import QuanshuError
from quanshu.kernel.ids import new_uid
from quanshu.lake.log import Commit, LogFile
from quanshu.lake.storage import Folder

if TYPE_CHECKING:
    from quanshu.gateway.app import Gateway

PREFIX = "/delta-sharing"
TABLE = "/shares/{share}/schemas/{schema}/tables/{table}"
T = TypeVar("T")
logger = logging.getLogger(__name__)


class Reader:
    """One request of a known reader: its token and the grants it may see now."""

    def __init__(
        self, request: Request, call: Call, token: BulkTokenSpec, specs: Sequence[BulkSpec], link_key: bytes
    ) -> None:
        self.request = request
        self.call = call
        self.token = token
        self.specs = specs
        self.link_key = link_key

    def find(self) -> BulkSpec:
        """The table in the address, names compared without case. NotShared."""
        wanted = tuple(self.request.path_params[name].lower() for name in ("share", "schema", "table"))
        for spec in self.specs:
            if (spec.share.lower(), spec.schema.lower(), spec.table.lower()) == wanted:
                self.call.sid = f"bulk:{spec.share}.{spec.schema}.{spec.table}"
                self.call.grant = GrantSpec(
                    spec.uid, spec.rid, self.call.sid, spec.fields, spec.purpose, 0, None, 0.0, 0.0
                )
                self.call.fields = spec.fields
                return spec
        raise NotShared(name=".".join(wanted))

    def schemas(self) -> list[str]:
        """Schemas of the share in the address. NotShared when there is no such share."""
        wanted = self.request.path_params["share"].lower()
        found = sorted({spec.schema for spec in self.specs if spec.share.lower() == wanted})
        if not found:
            raise NotShared(name=wanted)
        return found


Handler = Callable[[Reader], Awaitable[Response]]


class DeltaSharing:
    """The sharing server of one gateway process."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        own = gateway.config.lake_directory
        self.tables = Tables(read_place(gateway.config.lake) if own is None else Folder(own))
        self.files = Files(gateway, self.tables)

    def routes(self) -> list[Route]:
        """Every route of the protocol, and the files'."""

        def route(path: str, handler: Handler, methods: Sequence[str] = ("GET",)) -> Route:
            async def serve(request: Request) -> Response:
                return await self.serve(request, handler)

            return Route(PREFIX + path, serve, methods=list(methods))

        return [
            route("/shares", self.list_shares),
            route("/shares/{share}", self.get_share),
            route("/shares/{share}/schemas", self.list_schemas),
            route("/shares/{share}/schemas/{schema}/tables", self.list_tables),
            route("/shares/{share}/all-tables", self.list_all_tables),
            route(TABLE, self.version, ("HEAD",)),
            route(f"{TABLE}/version", self.version),
            route(f"{TABLE}/metadata", self.metadata),
            route(f"{TABLE}/query", self.query, ("POST",)),
            route(f"{TABLE}/changes", self.changes),
            Route(f"{PREFIX}/files/{{grant}}/{{path:path}}", self.files.serve, methods=["GET", "HEAD"]),
        ]

    async def serve(self, request: Request, handler: Handler) -> Response:
        """Know the reader, answer, keep the receipt; refusals in the protocol's form."""
        call = Call(new_uid(), time.perf_counter(), now_ms(), "bulk:list")
        call.parameters = [request.url.path.rpartition("/")[2][:40]]
        try:
            loaded = self.gateway.state.loaded
            if loaded is None:
                raise NotReady
            call.request_hash = hashlib.sha256(
                f"{request.method} {request.url.path}?{request.url.query}".encode()
            ).hexdigest()
            reader = self.known(request, call, loaded)
            response = await handler(reader)
            await keep(self.gateway, call, status=200, outcome="ok", answer=bytes(response.body))
            response.headers["X-Receipt-Id"] = call.receipt_id
            return response
        except QuanshuError as fault:
            return await self.refuse(call, fault.code, fault.params)
        except Exception:
            logger.exception("bulk read %s failed", call.receipt_id)
            return await self.refuse(call, "gateway.internal", {})

    async def refuse(self, call: Call, code: str, params: dict[str, Any]) -> Response:
        """A refusal; readers whose token is right get a receipt of it, others are only counted."""
        status = messages.status_of(code)
        body = error_body(code, params, call.receipt_id if call.known else "")
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        call.rows = 0
        if not call.known:
            self.gateway.unsigned += 1
        elif code != JournalFailed.code:
            try:
                await keep(self.gateway, call, status=status, outcome=code, answer=json.dumps(body).encode())
            except JournalFailed as fault:
                return await self.refuse(call, fault.code, {})
        return JSONResponse(body, status_code=status, headers=headers)

    def known(self, request: Request, call: Call, loaded: Loaded) -> Reader:
        """The reader by the bearer token, with the grants that hold now. NoToken, BadToken."""
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NoToken
        state = self.gateway.state
        found = loaded.bulk_tokens.get(hashlib.sha256(token.strip().encode(errors="replace")).hexdigest())
        seconds = call.at_ms / 1000
        if found is None or not found.not_before <= seconds < found.not_after or state.ended("bulk_token", found.uid):
            raise BadToken
        client = loaded.clients.get(found.rid)
        if client is None or not client.active or state.ended("client", found.rid):
            raise BadToken
        call.rid, call.known = found.rid, True
        held = [
            spec
            for spec in loaded.bulk.values()
            if spec.rid == found.rid
            and spec.valid_from <= seconds < spec.valid_until
            and not state.ended("bulk", spec.uid)
        ]
        specs = sorted(held, key=lambda spec: (spec.share, spec.schema, spec.table))
        return Reader(request, call, found, specs, loaded.link_key)

    # Lists

    async def list_shares(self, reader: Reader) -> Response:
        """GET /shares."""
        names = sorted({spec.share for spec in reader.specs})
        return listed(reader, [{"name": name} for name in names])

    async def get_share(self, reader: Reader) -> Response:
        """GET /shares/{share}."""
        wanted = reader.request.path_params["share"].lower()
        found = next((spec.share for spec in reader.specs if spec.share.lower() == wanted), None)
        if found is None:
            raise NotShared(name=wanted)
        return JSONResponse({"share": {"name": found}})

    async def list_schemas(self, reader: Reader) -> Response:
        """GET /shares/{share}/schemas."""
        share = reader.request.path_params["share"]
        return listed(reader, [{"name": name, "share": share} for name in reader.schemas()])

    async def list_tables(self, reader: Reader) -> Response:
        """GET /shares/{share}/schemas/{schema}/tables."""
        wanted = reader.request.path_params["schema"].lower()
        if wanted not in {name.lower() for name in reader.schemas()}:
            raise NotShared(name=wanted)
        return listed(reader, [row for row in rows_of(reader) if row["schema"].lower() == wanted])

    async def list_all_tables(self, reader: Reader) -> Response:
        """GET /shares/{share}/all-tables."""
        reader.schemas()
        return listed(reader, rows_of(reader))

    # One table

    async def version(self, reader: Reader) -> Response:
        """GET …/version: the newest version, or the first at or after a time."""
        spec = reader.find()
        table = await in_thread(self.tables.open, spec)
        at_ms = moment("startingTimestamp", reader.request.query_params.get("startingTimestamp"))
        number = table.newest if at_ms is None else table.from_moment(at_ms)
        return Response(status_code=200, headers={VERSION_HEADER: str(number)})

    async def metadata(self, reader: Reader) -> Response:
        """GET …/metadata."""
        spec = reader.find()
        table = await in_thread(self.tables.open, spec)
        asked = whole("version", reader.request.query_params.get("version"))
        state = await in_thread(table.state, asked)
        writer = self.writer(reader, spec)
        return answered(writer, writer.head(state, version=asked, feed=True), state.version)

    async def query(self, reader: Reader) -> Response:
        """POST …/query: the files of a version, or the data changes since one."""
        spec = reader.find()
        raw = await read_body(reader.request)
        reader.call.request_hash = hashlib.sha256(raw).hexdigest()
        query = read_query(raw)
        table = await in_thread(self.tables.open, spec)
        writer = self.writer(reader, spec)
        if query.starting is not None:
            commits = table.between(query.starting, query.ending)
            parts = [(kind, file, commit) for commit in commits for kind, file in moved_files(commit)]
            return await self.changed(reader, table, writer, parts, commits)
        return await self.snapshot(reader, table, writer, query)

    async def snapshot(self, reader: Reader, table: SharedTable, writer: Writer, query: Query) -> Response:
        """The files of one version."""
        version = table.at(query.at_ms) if query.at_ms is not None else query.version
        state = await in_thread(table.state, version)
        files = table.pick(state, query.limit)
        await self.count(reader, table.spec, sum(file.rows for file in files), files, state.version)
        lines = writer.head(state, version=state.version if version is not None else None)
        lines += [writer.snapshot_file(file, state, versioned=version is not None) for file in files]
        return answered(writer, lines, state.version)

    async def changes(self, reader: Reader) -> Response:
        """GET …/changes: the change feed of a range of versions."""
        spec = reader.find()
        window = read_window(reader.request.query_params)
        table = await in_thread(self.tables.open, spec)
        commits = table.window(window)
        parts = [(kind, file, commit) for commit in commits for kind, file in commit.feed]
        return await self.changed(reader, table, self.writer(reader, spec), parts, commits)

    async def changed(
        self,
        reader: Reader,
        table: SharedTable,
        writer: Writer,
        parts: Sequence[tuple[str, LogFile, Commit]],
        commits: Sequence[Commit],
    ) -> Response:
        """Files that tell of changes, with the metadata of the range's first version."""

        def rows() -> int:
            return sum(rows_of_change(self.tables, table.spec, kind, file) for kind, file, _commit in parts)

        count = await in_thread(rows)
        table.check_rows(count)
        await self.count(reader, table.spec, count, [file for _kind, file, _commit in parts], commits[-1].version)
        state = await in_thread(table.state, commits[0].version)
        lines = writer.head(state, version=state.version, feed=True)
        lines += [writer.change_file(kind, file, commit) for kind, file, commit in parts]
        return answered(writer, lines, commits[0].version)

    async def count(self, reader: Reader, spec: BulkSpec, rows: int, files: Sequence[LogFile], version: int) -> None:
        """Put rows, files and bytes into the receipt. DailyVolume when the grant's day does not allow them."""
        call = reader.call
        call.service_version = version
        call.parameters += [f"files:{len(files)}", f"bytes:{sum(file.size for file in files)}"]
        if spec.daily_rows is not None:
            folder, day, limit = self.gateway.config.directory, day_of(call.at_ms), spec.daily_rows
            used = await in_thread(lambda: take_rows(folder, spec.uid, day=day, rows=rows, limit=limit))
            if used is not None:
                raise DailyVolume(used=used, rows=rows, limit=limit)
        call.rows = rows

    def writer(self, reader: Reader, spec: BulkSpec) -> Writer:
        """The writer of an answer in the format asked for."""
        form = response_format(reader.request.headers.get(CAPABILITIES, ""))
        return Writer(form, self.signer(reader, spec))

    def signer(self, reader: Reader, spec: BulkSpec) -> Signer:
        """Addresses of files that hold for a quarter of an hour, and no longer than the grant and the token."""
        base = (self.gateway.config.public_url or str(reader.request.base_url).rstrip("/")) + PREFIX
        expires = int(min(reader.call.at_ms / 1000 + LIFE_SECONDS, spec.valid_until, reader.token.not_after))

        def sign(file: LogFile) -> tuple[str, int]:
            link = Link(spec.uid, reader.token.uid, spec.lake_table, file.path, expires)
            return link_url(reader.link_key, link, base=base), expires * 1000

        return sign


def rows_of(reader: Reader) -> list[dict[str, str]]:
    """The tables of the share in the address."""
    wanted = reader.request.path_params["share"].lower()
    return [
        {"name": spec.table, "schema": spec.schema, "share": spec.share, "shareId": spec.share, "id": spec.uid}
        for spec in reader.specs
        if spec.share.lower() == wanted
    ]


def moved_files(commit: Commit) -> list[tuple[str, LogFile]]:
    """Data files that a version added and removed; none for one that only moved rows between files."""
    if not commit.data_change:
        return []
    return [*(("add", file) for file in commit.added), *(("remove", file) for file in commit.removed)]


def listed(reader: Reader, items: list[dict[str, str]]) -> Response:
    """A page of a list."""
    shown, token = page(items, reader.request.query_params, name_of=full_name)
    return JSONResponse({"items": shown, **({"nextPageToken": token} if token else {})})


def full_name(item: dict[str, str]) -> str:
    """What a list is sorted by."""
    return f"{item.get('schema', '')}\n{item['name']}"


def answered(writer: Writer, lines: Sequence[Line], version: int) -> Response:
    """Lines as the answer."""
    headers = {VERSION_HEADER: str(version), CAPABILITIES: f"responseformat={writer.form}"}
    return Response(ndjson(lines), headers=headers, media_type=NDJSON)


async def in_thread(function: Callable[..., T], *given: Any) -> T:
    """Work on files, off the loop that answers look-ups."""
    return await asyncio.get_running_loop().run_in_executor(None, function, *given)
