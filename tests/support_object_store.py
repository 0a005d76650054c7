"""A throw-away object store that speaks S3, in a process of its own, and lakes in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from quanshu.lake.storage import Bucket

BUCKET = "lake"
REGION = "cn-north-1"
START_SECONDS = 30


@contextmanager
def object_store() -> Iterator[str]:
    """The address of a running server with an empty bucket."""
    import httpx

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOTO_ALLOW_NONEXISTENT_REGION": "true"},
    )
    url = f"http://127.0.0.1:{port}"
    signed = f"AWS4-HMAC-SHA256 Credential=k/20260101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=x"
    where = f"<CreateBucketConfiguration><LocationConstraint>{REGION}</LocationConstraint></CreateBucketConfiguration>"
    until = time.monotonic() + START_SECONDS
    try:
        while True:
            try:
                made = httpx.put(
                    f"{url}/{BUCKET}", headers={"Authorization": signed}, content=where, timeout=5, trust_env=False
                )
                made.raise_for_status()
                break
            except httpx.TransportError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        server.kill()
        server.wait()


def a_bucket(url: str, prefix: str = "") -> Bucket:
    """A storage below a prefix of its own."""
    return Bucket(
        f"s3://{BUCKET}/{prefix or uuid4().hex}",
        endpoint=url,
        region=REGION,
        key_id="k",
        secret="s",
        allow_http=True,
    )
