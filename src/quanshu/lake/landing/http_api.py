"""HTTP APIs that answer JSON in pages: by page number, by offset, by cursor, or by the address of the next page."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from quanshu.kernel.errors import Invalid, Unavailable
from quanshu.lake.landing.network import Reach, check_host
from quanshu.lake.landing.records import SAMPLE, Numbered, columns_of, parse, record_items, record_text
from quanshu.lake.landing.types import EmptySource, TextRows, check_header

MOST_BYTES = 64 * 1024 * 1024
RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
PAGINGS = ("none", "page", "offset", "cursor", "next")


@dataclass(frozen=True, slots=True)
class HttpSpec:
    """How an API is asked.

    `rows_path` and `next_path` are names joined by dots; an empty `rows_path` means that the answer
    itself is the list. `next_path` leads to the next cursor or address. `token` travels in the header
    `token_header`, after "Bearer " when that is Authorization.
    """

    url: str
    rows_path: str = ""
    paging: str = "none"
    page_param: str = "page"
    size_param: str = ""
    page_size: int = 1000
    first_page: int = 1
    next_path: str = ""
    token: str = ""
    token_header: str = "Authorization"  # noqa: S105 - a header's name
    params: Mapping[str, str] = field(default_factory=dict)
    most_pages: int = 100_000
    most_rows: int = 50_000_000
    timeout: float = 30
    attempts: int = 4


class BadAddress(Invalid):
    """Not an address of an API."""

    code = "lake.bad_address"
    message = "The address of the API is not understood."
    remedy = "Give it in full, beginning with https:// or http://, without account or password."


class ApiFailed(Unavailable):
    """The API did not answer as it should; carries no token."""

    code = "lake.api_failed"
    message = "The API at %(host)s did not answer page %(page)s: %(fault)s"
    remedy = "Check the address, the token and the API's own state, then run again."


class BadAnswer(Invalid):
    """The answer is JSON of another form than expected."""

    code = "lake.bad_answer"
    message = "The answer of %(host)s (page %(page)s) has no list of rows at “%(path)s”."
    remedy = "Look at an answer of the API and correct the path of the rows."


class TooMuch(Invalid):
    """The API goes on beyond the limit."""

    code = "lake.too_much"
    message = "The API at %(host)s gave more than %(most)s pages or rows, so reading was stopped."
    remedy = "Check the paging: an API that ignores the page gives the first one for ever. Else raise the limit."


def read_http(spec: HttpSpec, reach: Reach, *, sleep: Callable[[float], None] = time.sleep) -> TextRows:
    """Read every page. Rows are numbered over all pages.

    Raises `lake.bad_address`, what `check_host` raises, `lake.api_failed`, `lake.bad_answer`,
    `lake.too_much`, `lake.empty_source`.
    """
    rows = _numbered(_pages(spec, reach, sleep), spec)
    sample = list(islice(rows, SAMPLE))
    names = columns_of(record for _number, record in sample)
    if not names:
        raise EmptySource(source=host_of(spec.url)[0])
    columns = check_header(host_of(spec.url)[0], names)
    return TextRows(columns, record_items(chain(sample, rows), columns))


def host_of(url: str) -> tuple[str, int]:
    """Host and port of an address. Raises `lake.bad_address`."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}[parts.scheme]
    except (ValueError, KeyError):
        raise BadAddress from None
    if not parts.hostname or parts.username or parts.password:
        raise BadAddress
    return parts.hostname, port


def _numbered(pages: Iterator[list[Any]], spec: HttpSpec) -> Iterator[Numbered]:
    number = 0
    for page in pages:
        for record in page:
            number += 1
            if number > spec.most_rows:
                raise TooMuch(host=host_of(spec.url)[0], most=spec.most_rows)
            yield number, record


def _pages(spec: HttpSpec, reach: Reach, sleep: Callable[[float], None]) -> Iterator[list[Any]]:
    """The rows of one page after another, until the paging says that there are no more."""
    url, params, seen = spec.url, _first_params(spec), set[str]()
    host = host_of(spec.url)[0]
    given = 0
    for page in range(1, spec.most_pages + 1):
        body = _ask(spec, reach, url, params, page, sleep)
        rows = _at(body, spec.rows_path)
        if not isinstance(rows, list):
            raise BadAnswer(host=host, page=page, path=spec.rows_path)
        yield rows
        given += len(rows)
        if spec.paging == "none" or (spec.paging in {"page", "offset"} and not rows):
            return
        if spec.paging == "page":
            params[spec.page_param] = str(spec.first_page + page)
        elif spec.paging == "offset":
            params[spec.page_param] = str(given)
        else:
            mark = record_text(_at(body, spec.next_path)) or ""
            if not mark or mark in seen:
                return
            seen.add(mark)
            if spec.paging == "cursor":
                params[spec.page_param] = mark
            else:
                url, params = _next_address(spec, url, mark), {}
    raise TooMuch(host=host, most=spec.most_pages)


def _first_params(spec: HttpSpec) -> dict[str, str]:
    """The parameters of the first page."""
    params = dict(spec.params)
    if spec.size_param:
        params[spec.size_param] = str(spec.page_size)
    if spec.paging == "page":
        params[spec.page_param] = str(spec.first_page)
    elif spec.paging == "offset":
        params[spec.page_param] = "0"
    return params


def _next_address(spec: HttpSpec, url: str, mark: str) -> str:
    """The next page's address; it stays with the same host, for the token goes along."""
    found = urljoin(url, mark)
    if host_of(found) != host_of(spec.url) or urlsplit(found).scheme != urlsplit(spec.url).scheme:
        raise BadAnswer(host=host_of(spec.url)[0], page=0, path=spec.next_path)
    return found


def _at(body: Any, path: str) -> Any:
    """The part of an answer that a path leads to; None when it leads nowhere."""
    for name in filter(None, path.split(".")):
        if isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        elif isinstance(body, Mapping):
            body = body.get(name)
        else:
            return None
    return body


def _ask(
    spec: HttpSpec, reach: Reach, url: str, params: Mapping[str, str], page: int, sleep: Callable[[float], None]
) -> Any:
    """One page's JSON, asked again with growing pauses while the fault may pass."""
    host, port = host_of(url)
    fault = ""
    for attempt in range(spec.attempts):
        if attempt:
            sleep(min(2.0**attempt, 30))
        try:
            status, text = _fetch(spec, reach, url, params, host, port)
        except httpx.HTTPError as error:
            fault = type(error).__name__
            continue
        if status == 200:
            try:
                return parse(text.decode())
            except (ValueError, RecursionError) as error:
                raise ApiFailed(host=host, page=page, fault="the answer is not JSON") from error
        fault = f"HTTP {status}"
        if status not in RETRIED:
            break
    raise ApiFailed(host=host, page=page, fault=fault)


def _fetch(
    spec: HttpSpec, reach: Reach, url: str, params: Mapping[str, str], host: str, port: int
) -> tuple[int, bytes]:
    """One exchange, with the address that was checked; redirects are not followed."""
    address = check_host(host, port, reach)
    shown = f"[{address}]" if ":" in address else address
    parts = urlsplit(url)
    target = parts._replace(netloc=f"{shown}:{port}").geturl()
    headers = {"Host": parts.netloc, "Accept": "application/json"}
    if spec.token:
        bearer = spec.token_header.lower() == "authorization" and " " not in spec.token
        headers[spec.token_header] = f"Bearer {spec.token}" if bearer else spec.token
    with httpx.Client(timeout=spec.timeout, trust_env=False, follow_redirects=False) as client:
        request = client.build_request("GET", target, params=_merged(parts.query, params), headers=headers)
        request.extensions["sni_hostname"] = host
        response = client.send(request, stream=True)
        try:
            data = bytearray()
            for chunk in response.iter_bytes():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise TooMuch(host=host, most=MOST_BYTES)
            return response.status_code, bytes(data)
        finally:
            response.close()


def _merged(query: str, params: Mapping[str, str]) -> httpx.QueryParams:
    return httpx.QueryParams(query).merge(dict(params))
