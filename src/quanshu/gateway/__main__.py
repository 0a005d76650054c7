"""`python -m quanshu.gateway`: a gateway on a host of its own, configured by QUANSHU_GATEWAY_* paths."""

from __future__ import annotations

import os
from pathlib import Path

from quanshu.gateway.config import GatewayConfig
from quanshu.gateway.server import serve
from quanshu.gateway.signing.certificates import read_edge


def main() -> None:
    """Serve the folder QUANSHU_GATEWAY_DIRECTORY and the keys beside it."""
    home = Path(os.environ.get("QUANSHU_HOME", "var"))
    lake = os.environ.get("QUANSHU_GATEWAY_LAKE", "")
    serve(
        GatewayConfig(
            directory=Path(os.environ.get("QUANSHU_GATEWAY_DIRECTORY", home / "gateway")),
            serving_directory=Path(os.environ.get("QUANSHU_GATEWAY_SERVING", home / "serving")),
            public_key_file=Path(os.environ.get("QUANSHU_GATEWAY_PUBLIC_KEY", home / "keys" / "snapshot.pub")),
            seal_key_file=Path(os.environ.get("QUANSHU_GATEWAY_SEAL_KEY", home / "keys" / "gateway.seal")),
            host=os.environ.get("QUANSHU_GATEWAY_HOST", "127.0.0.1"),
            port=int(os.environ.get("QUANSHU_GATEWAY_PORT", "8100")),
            workers=int(os.environ.get("QUANSHU_GATEWAY_WORKERS", "1")),
            serving_url=os.environ.get("QUANSHU_SERVING_URL", ""),
            shared_url=os.environ.get("QUANSHU_GATEWAY_SHARED_URL", ""),
            edge=read_edge(),
            lake_directory=Path(lake) if lake else None,
            accel_prefix=os.environ.get("QUANSHU_GATEWAY_ACCEL", ""),
            public_url=os.environ.get("QUANSHU_GATEWAY_URL", "").rstrip("/"),
        )
    )


if __name__ == "__main__":
    main()
