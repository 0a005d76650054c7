"""The door of the file store."""

from __future__ import annotations

from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.services import Chunked, path_of, store
from quanshu.shared.files.types import ALLOWED, FileNotFound

__all__ = ["ALLOWED", "Chunked", "FileNotFound", "StoredFile", "path_of", "store"]
