"""What a grant allows: calls a minute in a burst, calls and rows a day, hours, addresses, a case number.

A token bucket holds `burst` calls (a minute's when none is given) and gains `rate` a minute, so in any stretch of t
minutes no more than burst + rate x t calls are answered. Counts are of the city's day. Processes of a host share
them exactly (`host`); hosts share them by leases (`sharing`).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quanshu.gateway.consents import Consented
from quanshu.gateway.host import Use
from quanshu.gateway.snapshot import GrantSpec
from quanshu.kernel.errors import Forbidden, Invalid, TooMany

MINUTE_MS = 60_000
DAY_MS = 24 * 3600 * 1000
CITY_OFFSET_MS = 8 * 3600 * 1000
# The words of a grant: tokens are counted in 1/60,000 of a call, so that a millisecond adds a whole number.
TOKENS, REFILLED, DAY, CALLS, ROWS = 1, 2, 3, 4, 5
WINDOW = re.compile(r"([1-7]{1,7}) ([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class RateLimited(TooMany):
    code = "gateway.rate_limited"


class DailyLimit(TooMany):
    code = "gateway.daily_limit"


class DailyRows(TooMany):
    code = "gateway.daily_rows"


class ConsentUsedUp(Forbidden):
    code = "gateway.consent_used_up"


class ConsentTooOften(TooMany):
    code = "gateway.consent_too_often"


class OutsideHours(Forbidden):
    code = "gateway.outside_hours"


class AddressNotAllowed(Forbidden):
    code = "gateway.address_not_allowed"


class CaseRequired(Invalid):
    code = "gateway.case_required"


def day_of(at_ms: int) -> int:
    """The city's day a moment lies in, counted from the epoch."""
    return (at_ms + CITY_OFFSET_MS) // DAY_MS


def start_of_day(at_ms: int) -> int:
    """The first millisecond of that day."""
    return day_of(at_ms) * DAY_MS - CITY_OFFSET_MS


def until_tomorrow(at_ms: int) -> int:
    """Seconds to the city's midnight."""
    return (start_of_day(at_ms) + DAY_MS - at_ms + 999) // 1000


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some weekdays (1 is Monday), in minutes of the city's day; the end is not in it."""

    weekdays: frozenset[int]
    start: int
    end: int


def read_window(text: str) -> Window:
    """A window written as `12345 08:30-17:30`; the end may be 24:00. ValueError of another form."""
    found = WINDOW.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not of the form 12345 08:30-17:30")
    days, *clock = found.groups()
    start, end = int(clock[0]) * 60 + int(clock[1]), int(clock[2]) * 60 + int(clock[3])
    if not start < end <= 24 * 60:
        raise ValueError(f"{text!r} does not end after it begins")
    return Window(frozenset(map(int, days)), start, end)


def opens_in(windows: Sequence[Window], at_ms: int) -> int:
    """Seconds until a window is open; 0 while one is."""
    day, into = divmod(at_ms + CITY_OFFSET_MS, DAY_MS)
    waits = []
    for window in windows:
        for ahead in range(8):
            # 1 January 1970 was a Thursday.
            if (day + ahead + 3) % 7 + 1 not in window.weekdays:
                continue
            start, end = (ahead * DAY_MS + minute * MINUTE_MS for minute in (window.start, window.end))
            if into < end:
                waits.append(max(0, start - into))
                break
    return (min(waits) + 999) // 1000 if waits else 0


@dataclass(frozen=True, slots=True)
class Terms:
    """A grant's conditions, made ready: `capacity` is what its bucket holds."""

    capacity: int
    windows: tuple[Window, ...]
    networks: tuple[Network, ...]

    @classmethod
    def of(cls, grant: GrantSpec) -> Terms:
        """Read a grant's texts. ValueError when one has not the form."""
        return cls(
            capacity=grant.burst or grant.rate_per_minute,
            windows=tuple(map(read_window, grant.windows)),
            networks=tuple(map(ipaddress.ip_network, grant.networks)),
        )


def check_terms(grant: GrantSpec, terms: Terms, *, address: str, case_number: str, now_ms: int) -> None:
    """Hours, address and case number are as the grant says. Raises OutsideHours, AddressNotAllowed, CaseRequired."""
    if terms.windows:
        wait = opens_in(terms.windows, now_ms)
        if wait:
            raise OutsideHours(hours="；".join(grant.windows), retry_after=wait)
    if terms.networks and not within(address, terms.networks):
        raise AddressNotAllowed(address=address)
    if grant.case_required and not case_number.strip():
        raise CaseRequired


def within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an address lies in one of the networks; an IPv4 address written as IPv6 is what it stands for."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


def caller_address(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Whom a call came from: the peer, or, of a proxy that is trusted, the last address before those proxies."""
    if not proxies or not within(peer, proxies):
        return peer
    for text in reversed(forwarded.split(",")):
        address = text.strip()
        if address and not within(address, proxies):
            return address
    return peer


def refilled(tokens: int, passed_ms: int, *, rate: int, capacity: int) -> int:
    """What a bucket holds after some time, in 1/60,000 of a call."""
    return min(capacity * MINUTE_MS, tokens + max(0, passed_ms) * rate)


class Limits:
    """What has been used of each grant on this host."""

    def __init__(self, use: Use) -> None:
        self.use = use

    def remember(self, grant_uid: str, *, used: int, rows: int = 0, now_ms: int) -> None:
        """Take up the day's calls and rows counted before a restart; the minute starts anew."""
        with self.use.lock:
            words, place = self.use.words, self.use.place(grant_uid)
            words[place + DAY], words[place + CALLS], words[place + ROWS] = day_of(now_ms), used, rows

    def take(self, grant: GrantSpec, terms: Terms, *, now_ms: int, count: int = 1) -> None:
        """Count one call, or as many as a batch has items. Raises RateLimited or DailyLimit and counts nothing then."""
        rate, capacity = grant.rate_per_minute, terms.capacity
        with self.use.lock:
            words, place = self.use.words, self.use.place(grant.uid)
            day = day_of(now_ms)
            if words[place + DAY] != day:
                words[place + DAY], words[place + CALLS], words[place + ROWS] = day, 0, 0
            before = words[place + REFILLED]
            if before > now_ms + MINUTE_MS:
                # The clock was set back: go on from where it stands.
                before = words[place + REFILLED] = now_ms
            tokens = (
                refilled(words[place + TOKENS], now_ms - before, rate=rate, capacity=capacity)
                if before
                else capacity * MINUTE_MS
            )
            if grant.daily_limit is not None and words[place + CALLS] + count > grant.daily_limit:
                raise DailyLimit(limit=grant.daily_limit, retry_after=until_tomorrow(now_ms))
            if grant.daily_rows is not None and words[place + ROWS] >= grant.daily_rows:
                raise DailyRows(limit=grant.daily_rows, retry_after=until_tomorrow(now_ms))
            if tokens < count * MINUTE_MS:
                raise RateLimited(rate=rate, retry_after=wait_of(tokens, rate, count))
            words[place + TOKENS] = tokens - count * MINUTE_MS
            words[place + REFILLED] = max(before, now_ms)
            words[place + CALLS] += count

    def take_rows(self, grant: GrantSpec, terms: Terms, rows: int, *, now_ms: int) -> None:
        """Count rows found. Raises DailyRows and counts nothing when they would be more than the day allows."""
        with self.use.lock:
            words, place = self.use.words, self.use.place(grant.uid)
            if grant.daily_rows is not None and words[place + ROWS] + rows > grant.daily_rows:
                raise DailyRows(limit=grant.daily_rows, retry_after=until_tomorrow(now_ms))
            words[place + ROWS] += rows


class Uses(NamedTuple):
    """What has been used of a consent: in all, and on which of the city's days how often."""

    total: int = 0
    day: int = 0
    today: int = 0


def uses_after(consent: Consented, uses: Uses, *, now_ms: int) -> Uses:
    """The uses after one more, where `used` of receipts is the least there were.

    A day never comes back: a call that began before midnight, or of a host whose clock is behind, is refused once one
    of the next day was counted, for what the day before had is no longer known. Raises ConsentUsedUp, ConsentTooOften.
    """
    total, day = max(uses.total, consent.used), day_of(now_ms)
    today = uses.today if uses.day == day else 0
    if consent.most_uses is not None and total >= consent.most_uses:
        raise ConsentUsedUp(uid=consent.uid, most=consent.most_uses)
    if consent.per_day is not None and (today >= consent.per_day or day < uses.day):
        raise ConsentTooOften(uid=consent.uid, most=consent.per_day, retry_after=until_tomorrow(now_ms))
    return Uses(total + 1, max(uses.day, day), today + 1)


def wait_of(tokens: int, rate: int, count: int = 1) -> int:
    """Seconds until a bucket has so many whole tokens."""
    return max(1, -(-(count * MINUTE_MS - tokens) // (rate * 1000)))
