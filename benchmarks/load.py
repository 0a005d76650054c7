"""A small load generator: keep-alive connections over plain sockets, in a process of its own.

Its requests are signed beforehand, so that what is measured is the server.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import cast

from quanshu.gateway.signing import sign_headers

# Milliseconds, and so signatures, that a turn may use.
APART = 150_000
# Requests made ready for each second of a turn.
READY_A_SECOND = 30_000


@dataclass(frozen=True)
class Shot:
    """What to send, where, and for how long. With `get`, a plain GET of that address with `{id}` filled in;
    with `consents`, the header Consent of each id."""

    port: int
    path: str
    rid: str
    sid: str
    secret: str
    ids: tuple[str, ...]
    connections: int = 16
    seconds: float = 4.0
    turn: float = 0
    get: str = ""
    consents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heard:
    """Answers a second, the 99th percentile in milliseconds, and how many were not 200."""

    rate: float
    p99_ms: float
    refused: int


def requests(shot: Shot) -> Iterator[bytes]:
    """Signed requests; each signature is good once, so each has a millisecond of its own within the window, and each
    turn a stretch of its own."""
    if shot.get:
        for number in range(APART * 100):
            path = shot.get.format(id=shot.ids[number % len(shot.ids)])
            yield f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        return
    begin = time.time_ns() // 1_000_000 - 240_000 + int(shot.turn * APART)
    for number in range(APART):
        headers = sign_headers(shot.rid, shot.sid, shot.secret, begin + number)
        body = f'{{"id":"{shot.ids[number % len(shot.ids)]}"}}'
        lines = [f"POST {shot.path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if shot.consents:
            lines.append(f"Consent: {shot.consents[number % len(shot.ids)]}")
        lines += [f"Content-Length: {len(body.encode())}", "", body]
        yield "\r\n".join(lines).encode()


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request as soon as the answer is whole."""

    def __init__(self, queue: Iterator[bytes], until: float, times: list[float], refused: list[int]) -> None:
        self.queue, self.until, self.times, self.refused = queue, until, times, refused
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.ask()

    def ask(self) -> None:
        """Send the next request, or close when the time is over."""
        self.began = time.perf_counter()
        if self.began >= self.until:
            self.transport.close()
            return
        self.transport.write(next(self.queue))

    def data_received(self, data: bytes) -> None:
        self.held = self.held + data if self.held else data
        if not is_whole(self.held):
            return
        self.times.append(time.perf_counter() - self.began)
        if not self.held.startswith(b"HTTP/1.1 200"):
            self.refused.append(1)
        self.held = b""
        self.ask()

    def connection_lost(self, fault: Exception | None) -> None:
        if fault is not None:
            self.done.set_exception(fault)
        elif self.began < self.until:
            self.done.set_exception(ConnectionError("the server closed the connection"))
        else:
            self.done.set_result(None)


def is_whole(data: bytes) -> bool:
    """Whether an answer is here to its last byte."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank:
        return False
    lower = head.lower()
    place = lower.find(b"content-length:")
    if place < 0:
        return b"transfer-encoding: chunked" in lower and body.endswith(b"0\r\n\r\n")
    return len(body) >= int(lower[place + 15 :].partition(b"\r\n")[0])


async def read_rest(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """The body that follows a head in lower case."""
    if b"transfer-encoding: chunked" in head:
        return await reader.readuntil(b"\r\n0\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(length)


async def all_of(shot: Shot) -> Heard:
    """Every connection for the time given. Requests are written and signed before it begins."""
    times: list[float] = []
    refused: list[int] = []
    queue = chain(list(islice(requests(shot), int(shot.seconds * READY_A_SECOND))), requests_beyond())
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    until = began + shot.seconds

    async def one() -> None:
        _transport, connection = await loop.create_connection(
            lambda: Connection(queue, until, times, refused), "127.0.0.1", shot.port
        )
        await connection.done

    await asyncio.gather(*(one() for _ in range(shot.connections)))
    spent = time.perf_counter() - began
    return Heard(len(times) / spent, sorted(times)[int(len(times) * 0.99)] * 1000, len(refused))


def requests_beyond() -> Iterator[bytes]:
    """Where the requests made ready have run out."""
    raise SystemExit(f"the server answers more than {READY_A_SECOND} calls a second; make more requests ready")
    yield b""


def fire_here(shot: Shot, answer: multiprocessing.Queue[Heard]) -> None:
    """The process's whole work."""
    answer.put(asyncio.run(all_of(shot)))


def fire(shot: Shot) -> Heard:
    """Send from a process of its own, so that the generator's work is not the server's."""
    context = multiprocessing.get_context("spawn")
    answer: multiprocessing.Queue[Heard] = context.Queue()
    process = context.Process(target=fire_here, args=(shot, answer))
    process.start()
    heard = answer.get(timeout=shot.seconds + 60)
    process.join()
    return heard
