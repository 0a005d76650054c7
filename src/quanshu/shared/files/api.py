"""The door of the file store."""

from __future__ import annotations

from quanshu.shared.files.models import StoredFile
from quanshu.shared.files.services import Chunked, path_of, read_up_to, store
from quanshu.shared.files.types import ALLOWED, FileNotFound, clean_name
from quanshu.shared.files.uses import in_column, register_use, used_by

__all__ = [
    "ALLOWED",
    "Chunked",
    "FileNotFound",
    "StoredFile",
    "clean_name",
    "in_column",
    "path_of",
    "read_up_to",
    "register_use",
    "store",
    "used_by",
]
