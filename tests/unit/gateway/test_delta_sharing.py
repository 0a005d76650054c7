"""Links, requests and answers of the sharing server, for any input."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quanshu.gateway.delta_sharing.actions import response_format
from quanshu.gateway.delta_sharing.asking import Query, Window, page, read_page_token, read_query, read_window
from quanshu.gateway.delta_sharing.faults import BadRequest
from quanshu.gateway.delta_sharing.links import Link, link_holds, link_key, sign_link
from quanshu.gateway.snapshot import Snapshot, decode, encode

KEY = link_key(b"k" * 32)
LINK = Link("g", "t", "bulk.g1_1", "part-00000-a.snappy.parquet", 1000)
TEXTS = st.text(max_size=20)
NAMES = st.lists(st.text(alphabet="abcdef_0123456789", min_size=1, max_size=6), max_size=30, unique=True)


def outcome(function: Callable[[Any], Any], given_: Any) -> Any:
    """What a function answers, or its refusal; anything else it raises fails the test."""
    try:
        return function(given_)
    except BadRequest as fault:
        return fault


@given(grant=TEXTS, token=TEXTS, path=TEXTS, expires=st.integers(0, 2**40))
def test_a_signature_is_good_for_its_own_link_alone(grant: str, token: str, path: str, expires: int) -> None:
    other = Link(grant, token, "bulk.g1_1", path, expires)
    signature = sign_link(KEY, LINK)
    assert link_holds(KEY, LINK, signature, now=999.9)
    assert not link_holds(KEY, LINK, signature, now=1000)
    assert link_holds(KEY, other, signature, now=0) == (other == LINK)
    assert not link_holds(link_key(b"x" * 32), LINK, signature, now=0)


@given(text=st.text(max_size=60))
def test_no_other_text_is_a_signature(text: str) -> None:
    assert link_holds(KEY, LINK, text, now=0) == (text == sign_link(KEY, LINK))


@pytest.mark.parametrize("path", ["../x.parquet", "/etc/passwd", "a/b.parquet", "_delta_log/0.json", "x.parquet\n"])
def test_a_signed_path_outside_the_view_is_refused_all_the_same(path: str) -> None:
    link = Link("g", "t", "bulk.g1_1", path, 1000)
    assert not link_holds(KEY, link, sign_link(KEY, link), now=0)


@given(raw=st.binary(max_size=200))
def test_any_body_is_read_or_refused(raw: bytes) -> None:
    found = outcome(read_query, raw)
    assert isinstance(found, Query) or found.params["name"]


@given(
    body=st.dictionaries(
        st.sampled_from(["limitHint", "version", "timestamp", "startingVersion", "endingVersion", "predicateHints"]),
        st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=10), st.booleans(), st.lists(st.integers())),
    )
)
def test_any_json_body_is_read_or_refused(body: dict[str, object]) -> None:
    found = outcome(read_query, json.dumps(body).encode())
    if isinstance(found, Query):
        assert all(part is None or part >= 0 for part in (found.limit, found.version, found.starting, found.ending))
    else:
        assert found.params["name"] in {*body, "version"}


@given(query=st.dictionaries(st.sampled_from(["startingVersion", "startingTimestamp", "endingVersion"]), TEXTS))
def test_any_range_is_read_or_refused(query: dict[str, str]) -> None:
    found = outcome(read_window, query)
    if isinstance(found, Window):
        assert (found.starting is None) != (found.starting_ms is None)
    else:
        assert found.params["fault_en"]


@given(names=NAMES, size=st.integers(1, 7))
def test_pages_show_each_name_once_and_all_of_them(names: list[str], size: int) -> None:
    names, seen, token = sorted(names), [], ""
    while True:
        given_ = {"maxResults": str(size), **({"pageToken": token} if token else {})}
        shown, token = page(names, given_, name_of=str)
        seen += shown
        if not token:
            break
    assert seen == names


@given(token=TEXTS)
def test_any_page_token_is_read_or_refused(token: str) -> None:
    found = outcome(read_page_token, token)
    assert isinstance(found, str) or found.params["name"] == "pageToken"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", "parquet"),
        ("responseformat=delta;readerfeatures=deletionvectors", "delta"),
        ("ResponseFormat=Delta,Parquet", "parquet"),
        ("readerfeatures=x", "parquet"),
    ],
)
def test_the_format_is_the_plainest_that_the_reader_takes(header: str, form: str) -> None:
    assert response_format(header) == form


def test_a_snapshot_of_before_bulk_sharing_is_taken() -> None:
    body = json.loads(encode(Snapshot(1, "t", "n")))
    del body["bulk"], body["bulk_tokens"]
    assert decode(json.dumps(body).encode()).bulk == ()
