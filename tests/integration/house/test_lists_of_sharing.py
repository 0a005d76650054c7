"""Each list of the sharing rooms and of monitoring: search, filters, sort, exports, and an empty state that helps."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from quanshu.kernel.clock import now
from quanshu.organisation.api import create_first_administrator
from quanshu.shared.web.api import ListPage

ROOMS = ("quanshu.sharing.", "quanshu.oversight.monitoring.")


def pages(patterns: list[Any]) -> list[tuple[str, type[ListPage]]]:
    """(view name, page) of every list of these rooms whose address has no parts."""
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = pages(pattern.url_patterns)
            found += [(f"{pattern.namespace}:{name}" if pattern.namespace else name, page) for name, page in inner]
        elif isinstance(pattern, URLPattern):
            page = getattr(pattern.callback, "view_class", None)
            plain = "<" not in str(pattern.pattern)
            if page and issubclass(page, ListPage) and page.__module__.startswith(ROOMS) and plain:
                found.append((str(pattern.name), page))
    return found


LISTS = dict(pages(get_resolver().url_patterns))


@pytest.fixture
def officer(client: Client, db: None) -> Client:
    """An administrator who reads English, on an empty node."""
    client.force_login(create_first_administrator(username="a", password="correct-horse-7", name="管理员", now=now()))
    client.cookies["django_language"] = "en"
    return client


def test_the_lists_are_there() -> None:
    assert {"services:services", "demands:list", "services:grants", "bulk:grants", "delivery:deliveries"} <= set(LISTS)
    assert {"emergency:emergencies", "monitoring:alerts"} <= set(LISTS)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_has_what_people_expect_of_one(name: str) -> None:
    page = LISTS[name]
    assert page.search, "nothing to search in"
    assert page.search_hint
    assert page.filters or page.__name__.startswith("Choose"), "nothing to filter by"
    assert page.order
    assert page.empty_title
    assert page.empty_hint, "an empty list does not say what to do"
    columns = page.columns if isinstance(page.columns, tuple) else ()
    assert not columns or any(column.sort for column in columns), "nothing to sort by"


@pytest.mark.parametrize("name", ["services:services", "demands:list", "services:grants", "bulk:grants"])
def test_an_empty_list_says_what_to_do_next(officer: Client, name: str) -> None:
    page = officer.get(reverse(name)).content.decode()
    assert str(LISTS[name].empty_title) in page
    assert 'class="empty"' in page
    narrowed = officer.get(reverse(name), {"q": "nowhere"}).content.decode()
    assert f'<a class="btn" href="{reverse(name)}">' in narrowed
