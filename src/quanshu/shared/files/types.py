"""Values of the file store."""

from __future__ import annotations

from pathlib import PurePosixPath

from quanshu.kernel.errors import Invalid, NotFound

# What may be uploaded: file name ending -> media type it is kept under.
ALLOWED = {
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".jsonl": "application/jsonl",
    ".ndjson": "application/jsonl",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


class FileTooLarge(Invalid):
    code = "files.too_large"
    message = "The file %(name)s is larger than %(most)s MiB."
    remedy = "Split it, or put it into a drop folder and name its path."


class FileTypeRefused(Invalid):
    code = "files.type_refused"
    message = "Files like %(name)s are not taken."
    remedy = "Use one of: %(allowed)s."


class FileEmpty(Invalid):
    code = "files.empty"
    message = "The file %(name)s is empty."
    remedy = "Choose the right file."


class FileNotFound(NotFound):
    code = "files.not_found"
    message = "The stored file %(digest)s is not there."
    remedy = "Upload it again."


def clean_name(name: str) -> str:
    """A file's name as it is kept: without folders, and without signs that hide or turn round what it says."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(sign for sign in last if sign.isprintable()).strip()[-200:]
