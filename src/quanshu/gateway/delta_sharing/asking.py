"""What a reader asks, read from addresses, queries and bodies; faults name the parameter."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from quanshu.gateway.delta_sharing.faults import BadRequest

T = TypeVar("T")
MOST_RESULTS = 500
MOST_NUMBER = 2**62


@dataclass(frozen=True, slots=True)
class Query:
    """A read of a table: as of a version or a moment, or everything since a version."""

    limit: int | None = None
    version: int | None = None
    at_ms: int | None = None
    starting: int | None = None
    ending: int | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A range of versions, both ends included; moments in epoch milliseconds where no version is named."""

    starting: int | None = None
    starting_ms: int | None = None
    ending: int | None = None
    ending_ms: int | None = None


def whole(name: str, value: Any) -> int | None:
    """A whole number of 0 or more, from text or JSON; None when it is left out."""
    if value is None or value == "":
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and int(text[:20]) < MOST_NUMBER):
        raise BadRequest(name=name, fault="须为不小于 0 的整数", fault_en="must be a whole number of 0 or more")
    return int(text)


def moment(name: str, value: Any) -> int | None:
    """Epoch milliseconds of an ISO 8601 time with its zone; None when it is left out."""
    if value is None or value == "":
        return None
    try:
        found = datetime.fromisoformat(str(value))
        if found.tzinfo is None:
            raise ValueError
        return int(found.timestamp() * 1000)
    except (ValueError, OverflowError) as fault:
        raise BadRequest(
            name=name,
            fault="须为带时区的时间，如 2027-01-01T00:00:00Z",
            fault_en="must be a time with its zone, such as 2027-01-01T00:00:00Z",
        ) from fault


def read_query(raw: bytes) -> Query:
    """The body of a query. Hints of predicates are taken and not used, as the protocol allows."""
    try:
        body = json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError) as fault:
        raise BadRequest(name="body", fault="不是 JSON 对象", fault_en="is not a JSON object") from fault
    if not isinstance(body, dict):
        raise BadRequest(name="body", fault="不是 JSON 对象", fault_en="is not a JSON object")
    query = Query(
        limit=whole("limitHint", body.get("limitHint")),
        version=whole("version", body.get("version")),
        at_ms=moment("timestamp", body.get("timestamp")),
        starting=whole("startingVersion", body.get("startingVersion")),
        ending=whole("endingVersion", body.get("endingVersion")),
    )
    if sum(part is not None for part in (query.version, query.at_ms, query.starting)) > 1:
        raise BadRequest(
            name="version",
            fault="version、timestamp、startingVersion 只能给出一个",
            fault_en="give one of version, timestamp and startingVersion",
        )
    return query


def read_window(given: Mapping[str, str]) -> Window:
    """The range of a read of changes: a start, by version or time, and maybe an end."""
    window = Window(
        starting=whole("startingVersion", given.get("startingVersion")),
        starting_ms=moment("startingTimestamp", given.get("startingTimestamp")),
        ending=whole("endingVersion", given.get("endingVersion")),
        ending_ms=moment("endingTimestamp", given.get("endingTimestamp")),
    )
    if (window.starting is None) == (window.starting_ms is None):
        raise BadRequest(
            name="startingVersion",
            fault="须且只须给出 startingVersion 或 startingTimestamp 之一",
            fault_en="give either startingVersion or startingTimestamp",
        )
    if window.ending is not None and window.ending_ms is not None:
        raise BadRequest(
            name="endingVersion",
            fault="endingVersion 与 endingTimestamp 只能给出一个",
            fault_en="give endingVersion or endingTimestamp, not both",
        )
    return window


def page(items: Sequence[T], given: Mapping[str, str], *, name_of: Callable[[T], str]) -> tuple[list[T], str]:
    """A page of a sorted list and the token of the next, empty at the end. A token holds the last name shown."""
    most = whole("maxResults", given.get("maxResults"))
    after = read_page_token(given["pageToken"]) if given.get("pageToken") else None
    rest = [item for item in items if after is None or name_of(item) > after]
    shown = rest[: min(MOST_RESULTS if most is None else most, MOST_RESULTS)]
    if len(shown) == len(rest):
        return shown, ""
    return shown, page_token(name_of(shown[-1]) if shown else after or "")


def page_token(last: str) -> str:
    """A token that goes on after a name."""
    return base64.urlsafe_b64encode(f"1:{last}".encode()).decode()


def read_page_token(token: str) -> str:
    """The name a token goes on after."""
    try:
        text = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True).decode()
    except ValueError as fault:
        raise BadRequest(name="pageToken", fault="无效", fault_en="is not valid") from fault
    if not text.startswith("1:"):
        raise BadRequest(name="pageToken", fault="无效", fault_en="is not valid")
    return text[2:]
