"""Where the lake lies whose files this gateway hands out: a folder, or a bucket as QUANSHU_LAKE_* say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from quanshu.lake.storage import Storage, open_storage

PREFIX = "QUANSHU_LAKE_"
YES = frozenset({"1", "true", "yes", "on"})


class LakeMisconfigured(SystemExit):
    """A setting names no object store, or a key file that cannot be read."""


def read_place(folder: Path, environ: Mapping[str, str] | None = None) -> Storage:
    """The storage of the node's settings; `folder` when they name no bucket. Raises LakeMisconfigured.

    Each process reads them anew, so that the store's secret is in no configuration that is handed on.
    """
    source = os.environ if environ is None else environ
    url = source.get(f"{PREFIX}URL", "").strip().rstrip("/")
    if not url:
        return open_storage("", folder, {})
    if not url.startswith("s3://") or not url.removeprefix("s3://").strip("/"):
        raise LakeMisconfigured(f"{PREFIX}URL: {url!r} is not s3://bucket/prefix.")
    key_id, secret = source.get(f"{PREFIX}KEY_ID", ""), source.get(f"{PREFIX}SECRET", "")
    file = source.get(f"{PREFIX}KEY_FILE", "")
    if file:
        try:
            key_id, secret = Path(file).read_text(encoding="utf-8").split()
        except (OSError, ValueError) as fault:
            text = f"{PREFIX}KEY_FILE: {file} cannot be read as two lines, access key id and secret."
            raise LakeMisconfigured(text) from fault
    access = {
        "endpoint": source.get(f"{PREFIX}ENDPOINT", "").rstrip("/"),
        "region": source.get(f"{PREFIX}REGION", ""),
        "key_id": key_id,
        "secret": secret,
        "allow_http": source.get(f"{PREFIX}ALLOW_HTTP", "").strip().lower() in YES,
    }
    return open_storage(url, folder, access)
