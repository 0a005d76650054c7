"""A city with services, for tests of their pages and API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from support_services import City, a_city, use_folders


@pytest.fixture
def city(db: None, settings: Any, tmp_path: Path) -> City:
    use_folders(settings, tmp_path)
    return a_city()


@pytest.fixture
def sign_in(city: City) -> Any:
    """A browser signed in as one of the city's accounts, reading English unless told otherwise."""

    def browser(who: str, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(city.accounts[who])
        return client

    return browser
