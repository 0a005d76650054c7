"""The door of the file store."""

from __future__ import annotations

from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.services import Chunked, path_of, store
from quanshu.shared.files.types import ALLOWED, FileNotFound
from quanshu.shared.files.uses import in_column, register_use, used_by

__all__ = [
    "ALLOWED",
    "Chunked",
    "FileNotFound",
    "StoredFile",
    "in_column",
    "path_of",
    "register_use",
    "store",
    "used_by",
]
