"""Lakes in a folder and in an object store: the same tests run on both."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from quanshu.lake.storage import Folder, Storage
from support_object_store import a_bucket, object_store


@pytest.fixture(scope="session")
def store_url() -> Iterator[str]:
    with object_store() as url:
        yield url


@pytest.fixture(params=["folder", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Where the tables of a test lie."""
    if request.param == "folder":
        return Folder(tmp_path / "lake")
    return a_bucket(request.getfixturevalue("store_url"))
