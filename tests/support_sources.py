"""Source systems on this machine for tests: an HTTP API that answers in pages, and an SFTP server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncssh

TOKEN = "a-token-of-the-test"


@dataclass
class Api:
    """Rows behind an API, what it was asked, and the faults it shows before it answers."""

    rows: list[dict[str, Any]]
    port: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, query: dict[str, str]) -> Any:
        """One page by its way of paging."""
        size = int(query.get("size", "2"))
        rows = [row for row in self.rows if row["registered_on"] >= query.get("since", "")]
        if path == "/pages":
            start = (int(query["page"]) - 1) * size
            return {"data": {"items": rows[start : start + size]}}
        if path == "/offset":
            start = int(query["start"])
            return rows[start : start + size]
        start = int(query.get("cursor") or "0")
        more = start + size < len(rows)
        body: dict[str, Any] = {"items": rows[start : start + size]}
        body["next"] = (str(start + size) if path == "/cursor" else f"/next?cursor={start + size}") if more else None
        return body


@contextmanager
def api_server(rows: list[dict[str, Any]]) -> Iterator[Api]:
    """An API that wants a token and answers JSON."""
    api = Api(rows)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            api.asked.append({"path": parts.path, **query})
            status, body = 200, b""
            if api.faults:
                status = api.faults.pop(0)
            elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status = 401
            else:
                body = json.dumps(api.answer(parts.path, query), ensure_ascii=False).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://169.254.169.254/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Sftp:
    """An SFTP server over a folder: account unit, password secret, or a private key."""

    folder: Path
    port: int = 0
    key: str = ""


class Server(asyncssh.SSHServer):
    """One account."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("unit", "secret")


@contextmanager
def sftp_server(folder: Path) -> Iterator[Sftp]:
    """A server in a thread of its own, with a new host key."""
    sftp = Sftp(folder)
    loop = asyncio.new_event_loop()
    client_key = asyncssh.generate_private_key("ssh-ed25519")
    sftp.key = client_key.export_private_key("openssh").decode()
    allowed = asyncssh.import_authorized_keys(client_key.export_public_key("openssh").decode())

    async def start() -> asyncssh.SSHAcceptor:
        factory: Callable[[Any], asyncssh.SFTPServer] = lambda channel: asyncssh.SFTPServer(  # noqa: E731
            channel, chroot=str(folder).encode()
        )
        return await asyncssh.create_server(
            Server,
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
            sftp_factory=factory,
            authorized_client_keys=allowed,
        )

    acceptor = loop.run_until_complete(start())
    sftp.port = acceptor.get_port()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sftp
    finally:

        async def stop() -> None:
            acceptor.close()
            await acceptor.wait_closed()

        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
