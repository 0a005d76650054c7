"""The door of the file store."""

from __future__ import annotations

from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.services import Chunked, path_of, read_up_to, store
from quanshu.shared.files.types import ALLOWED, FileNotFound, clean_name

__all__ = ["ALLOWED", "Chunked", "FileNotFound", "StoredFile", "clean_name", "path_of", "read_up_to", "store"]
