"""Limits and signatures shared among hosts, through PostgreSQL.

A host takes tokens, calls and rows of a grant in blocks and spends them from its own memory, so that most calls ask
nobody. What all hosts have taken together is never more than the grant allows; a host may refuse early while
another holds the last of a block. A block of tokens lapses after two seconds, and the shared bucket is made smaller
by what may be held so long: so in any stretch of t minutes no more than burst + rate x t calls are answered, as on
one host. A signature is inserted before its call is answered; who inserts it second is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

import asyncpg  # type: ignore[import-untyped]

from quanshu.gateway import signing
from quanshu.gateway.consents import Consented
from quanshu.gateway.host import Use
from quanshu.gateway.limits import (
    CALLS,
    DAY,
    MINUTE_MS,
    ROWS,
    TOKENS,
    DailyLimit,
    DailyRows,
    RateLimited,
    Terms,
    Uses,
    day_of,
    refilled,
    until_tomorrow,
    uses_after,
    wait_of,
)
from quanshu.gateway.snapshot import GrantSpec
from quanshu.kernel.errors import QuanshuError, Unavailable

LAPSE_MS = 2000
MOST_BLOCK = 1000
# A block is this part of what is left, so that little is held elsewhere when a limit comes near.
PART = 32
UNTIL = 6
SECONDS = 5.0
KEPT = timedelta(milliseconds=2 * signing.WINDOW_MS)
CREATE = """
CREATE SCHEMA IF NOT EXISTS quanshu_gateway;
CREATE TABLE IF NOT EXISTS quanshu_gateway.seen (sign text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX IF NOT EXISTS seen_at ON quanshu_gateway.seen (at);
CREATE TABLE IF NOT EXISTS quanshu_gateway.granted (
    grant_uid text PRIMARY KEY, tokens bigint NOT NULL, refilled_ms bigint NOT NULL,
    day bigint NOT NULL, calls bigint NOT NULL, rows bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS quanshu_gateway.consented (
    uid text PRIMARY KEY, total bigint NOT NULL, day bigint NOT NULL, today bigint NOT NULL
)
"""
FIRST_USE = "INSERT INTO quanshu_gateway.consented VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING"
READ_USES = "SELECT total, day, today FROM quanshu_gateway.consented WHERE uid = $1 FOR UPDATE"
WRITE_USES = "UPDATE quanshu_gateway.consented SET total = $2, day = $3, today = $4 WHERE uid = $1"
CLAIM = "INSERT INTO quanshu_gateway.seen (sign) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1"
SWEEP = "DELETE FROM quanshu_gateway.seen WHERE at < now() - $1::interval"
FIRST = "INSERT INTO quanshu_gateway.granted VALUES ($1, -1, 0, 0, 0, 0) ON CONFLICT DO NOTHING"
READ = """
SELECT tokens, refilled_ms, day, calls, rows, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
FROM quanshu_gateway.granted WHERE grant_uid = $1 FOR UPDATE
"""
WRITE = """
UPDATE quanshu_gateway.granted SET tokens = $2, refilled_ms = $3, day = $4, calls = $5, rows = $6 WHERE grant_uid = $1
"""
Found = TypeVar("Found")


class SharingFailed(Unavailable):
    code = "gateway.sharing_failed"


@dataclass(frozen=True, slots=True)
class Granted:
    """What has been given out of a grant: tokens left in the shared bucket (1/60,000 of a call; -1: never used), and
    the day's calls and rows."""

    tokens: int = -1
    refilled_ms: int = 0
    day: int = 0
    calls: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """What a host is given: tokens until they lapse, calls and rows until the city's midnight."""

    tokens: int
    lapse_ms: int
    calls: int
    rows: int


def lapse_of(rate: int, capacity: int) -> int:
    """How long a block of tokens lives, in ms: so long as the bucket can spare what flows in meanwhile."""
    return min(LAPSE_MS, (capacity - 1) * MINUTE_MS // rate)


def block(left: int) -> int:
    """How many of what is left go to one host at a time."""
    return min(left, MOST_BLOCK, max(1, left // PART))


def lease(
    granted: Granted, grant: GrantSpec, terms: Terms, *, now_ms: int, tokens: bool, calls: bool, rows: int
) -> tuple[Granted, Lease]:
    """Give out a block of what a host lacks: of tokens, of calls, and of at least `rows` rows."""
    rate, day = grant.rate_per_minute, day_of(now_ms)
    lapse = lapse_of(rate, terms.capacity)
    capacity = max(MINUTE_MS, terms.capacity * MINUTE_MS - lapse * rate)
    if granted.day < day:
        granted = replace(granted, day=day, calls=0, rows=0)
    passed = now_ms - granted.refilled_ms
    held = (
        capacity if granted.tokens < 0 else refilled(granted.tokens, passed, rate=rate, capacity=capacity // MINUTE_MS)
    )
    held = min(held, capacity)
    share = max(1, lapse * rate // MINUTE_MS)
    given = min(held // MINUTE_MS, share) if tokens else 0
    left = MOST_BLOCK if grant.daily_limit is None else max(0, grant.daily_limit - granted.calls)
    more = block(left) if calls else 0
    rest = max(0, (grant.daily_rows or 0) - granted.rows)
    told = min(rest, max(rows, block(rest))) if rows else 0
    after = Granted(
        held - given * MINUTE_MS,
        max(now_ms, granted.refilled_ms),
        granted.day,
        granted.calls + more,
        granted.rows + told,
    )
    return after, Lease(given, lapse, more, told)


class SharedLimits:
    """The limits of grants among hosts. The words of `Use` hold here what this host has been given and not spent."""

    def __init__(self, use: Use, url: str) -> None:
        self.use, self.url = use, url
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._asking: dict[str, asyncio.Lock] = {}

    async def take(self, grant: GrantSpec, terms: Terms, *, now_ms: int, count: int = 1) -> None:
        """Count one call, or all of a batch. Raises as below, and counts nothing then."""
        for spent in range(count):
            try:
                await self._take_one(grant, terms, now_ms=now_ms)
            except QuanshuError:
                self._give_back(grant, spent, now_ms=now_ms)
                raise

    def _give_back(self, grant: GrantSpec, count: int, *, now_ms: int) -> None:
        """What was spent on a batch that is refused. Tokens lapse as they would have."""
        with self.use.lock:
            words, place = self.use.words, self.use.place(grant.uid)
            words[place + TOKENS] += count
            if grant.daily_limit is not None and words[place + DAY] == day_of(now_ms):
                words[place + CALLS] += count

    async def _take_one(self, grant: GrantSpec, terms: Terms, *, now_ms: int) -> None:
        """Count one call. Raises RateLimited, DailyLimit or DailyRows and counts nothing then; SharingFailed."""
        if self._spend(grant, now_ms):
            return
        async with self._asking.setdefault(grant.uid, asyncio.Lock()):
            if self._spend(grant, now_ms):
                return
            given, granted, moment = await self._ask(
                grant, terms, now_ms, rows=1 if grant.daily_rows is not None else 0
            )
            if self._spend(grant, now_ms):
                return
        if grant.daily_limit is not None and not given.calls and granted.calls >= grant.daily_limit:
            raise DailyLimit(limit=grant.daily_limit, retry_after=until_tomorrow(moment))
        if grant.daily_rows is not None and not given.rows and granted.rows >= grant.daily_rows:
            raise DailyRows(limit=grant.daily_rows, retry_after=until_tomorrow(moment))
        raise RateLimited(rate=grant.rate_per_minute, retry_after=wait_of(granted.tokens, grant.rate_per_minute))

    async def take_rows(self, grant: GrantSpec, terms: Terms, rows: int, *, now_ms: int) -> None:
        """Count rows found. Raises DailyRows and counts nothing when the day does not allow so many."""
        for last in (False, True):
            with self.use.lock:
                words, place = self.use.words, self.use.place(grant.uid)
                if words[place + ROWS] >= rows:
                    words[place + ROWS] -= rows
                    return
                lacking = rows - words[place + ROWS]
            if last:
                raise DailyRows(limit=grant.daily_rows, retry_after=until_tomorrow(now_ms))
            await self._ask(grant, terms, now_ms, rows=lacking)

    def _spend(self, grant: GrantSpec, now_ms: int) -> bool:
        """Spend one token and one call of what this host holds."""
        with self.use.lock:
            words, place = self.use.words, self.use.place(grant.uid)
            if words[place + DAY] != day_of(now_ms):
                words[place + DAY], words[place + CALLS], words[place + ROWS] = day_of(now_ms), 0, 0
            if words[place + UNTIL] < now_ms:
                words[place + TOKENS] = 0
            enough = words[place + TOKENS] > 0 and (grant.daily_limit is None or words[place + CALLS] > 0)
            if enough and (grant.daily_rows is None or words[place + ROWS] > 0):
                words[place + TOKENS] -= 1
                words[place + CALLS] -= 1 if grant.daily_limit is not None else 0
                return True
        return False

    async def _ask(self, grant: GrantSpec, terms: Terms, now_ms: int, *, rows: int) -> tuple[Lease, Granted, int]:
        """Ask for what is lacking, and put it into this host's hands."""
        with self.use.lock:
            words, place = self.use.words, self.use.place(grant.uid)
            tokens, calls = words[place + TOKENS] < 1, grant.daily_limit is not None and words[place + CALLS] < 1
            rows = rows if words[place + ROWS] < rows else 0

        async def change(connection: Any) -> tuple[Lease, Granted, int]:
            async with connection.transaction():
                await connection.execute(FIRST, grant.uid)
                *words, moment = await connection.fetchrow(READ, grant.uid)
                after, given = lease(
                    Granted(*words), grant, terms, now_ms=moment, tokens=tokens, calls=calls, rows=rows
                )
                values = (after.tokens, after.refilled_ms, after.day, after.calls, after.rows)
                await connection.execute(WRITE, grant.uid, *values)
            return given, after, moment

        given, after, moment = await self._within(change)
        with self.use.lock:
            place = self.use.place(grant.uid)
            # The day may have turned while the answer was on its way.
            if self.use.words[place + DAY] == after.day:
                self.use.words[place + CALLS] += given.calls
                self.use.words[place + ROWS] += given.rows
            if given.tokens:
                until = now_ms + given.lapse_ms
                # Two processes may have asked at once: both blocks lapse with the first.
                if self.use.words[place + TOKENS] > 0:
                    until = min(until, self.use.words[place + UNTIL])
                self.use.words[place + TOKENS] += given.tokens
                self.use.words[place + UNTIL] = until
        return given, after, moment

    async def count_consent(self, consent: Consented, *, now_ms: int) -> Uses:
        """Count one use of a consent among all hosts. Raises ConsentUsedUp, ConsentTooOften, SharingFailed."""

        async def change(connection: Any) -> Uses:
            async with connection.transaction():
                await connection.execute(FIRST_USE, consent.uid)
                uses = uses_after(consent, Uses(*await connection.fetchrow(READ_USES, consent.uid)), now_ms=now_ms)
                await connection.execute(WRITE_USES, consent.uid, uses.total, uses.day, uses.today)
            return uses

        found: Uses = await self._within(change)
        return found

    async def claim(self, sign: str) -> None:
        """Insert a signature. Raises Replayed when another host, or this one, has; SharingFailed."""

        async def insert(connection: Any) -> Any:
            return await connection.fetchval(CLAIM, sign)

        if await self._within(insert) is None:
            raise signing.Replayed

    async def sweep(self) -> None:
        """Forget signatures that are too old to be good again."""

        async def delete(connection: Any) -> None:
            await connection.execute(SWEEP, KEPT)

        await self._within(delete)

    async def _within(self, work: Callable[[Any], Any]) -> Any:
        try:
            pool = await self._open()
            async with pool.acquire(timeout=SECONDS) as connection:
                return await asyncio.wait_for(work(connection), SECONDS)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
            raise SharingFailed from fault

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                pool = await asyncpg.create_pool(self.url, min_size=1, max_size=8, timeout=SECONDS)
                async with pool.acquire() as connection, connection.transaction():
                    # Several hosts may come at once.
                    await connection.execute("SELECT pg_advisory_xact_lock(7226180)")
                    await connection.execute(CREATE)
                self._pool = pool
            return self._pool

    async def close(self) -> None:
        """Close the connections."""
        if self._pool is not None:
            self._pool.terminate()
