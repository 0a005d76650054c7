"""A small load generator: keep-alive connections over plain sockets, in a process of its own."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass

from quanshu.gateway.signing import sign_headers

# Milliseconds, and so signatures, that a turn may use.
APART = 150_000


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


async def one(shot: Shot, queue: Iterator[bytes], until: float, times: list[float], refused: list[int]) -> None:
    """One connection: the next request as soon as the answer is whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", shot.port)
    while time.perf_counter() < until:
        data = next(queue)
        began = time.perf_counter()
        writer.write(data)
        head = await reader.readuntil(b"\r\n\r\n")
        await read_rest(reader, head.lower())
        times.append(time.perf_counter() - began)
        if not head.startswith(b"HTTP/1.1 200"):
            refused.append(1)
    writer.close()


async def read_rest(reader: asyncio.StreamReader, head: bytes) -> bytes:
    """The body that follows a head in lower case."""
    if b"transfer-encoding: chunked" in head:
        return await reader.readuntil(b"\r\n0\r\n\r\n")
    length = next(int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(length)


async def all_of(shot: Shot) -> Heard:
    """Every connection for the time given."""
    times: list[float] = []
    refused: list[int] = []
    queue = requests(shot)
    began = time.perf_counter()
    await asyncio.gather(*(one(shot, queue, began + shot.seconds, times, refused) for _ in range(shot.connections)))
    spent = time.perf_counter() - began
    return Heard(len(times) / spent, sorted(times)[int(len(times) * 0.99)] * 1000, len(refused))


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
