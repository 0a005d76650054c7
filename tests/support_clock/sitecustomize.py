"""Makes the processes of a node read their clock from a file: the seconds it is off by. For tests of a wrong clock."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

OFFSET = Path(os.environ.get("QUANSHU_TEST_CLOCK", "/nonexistent"))

if OFFSET.exists():
    from quanshu.kernel import clock

    def now() -> datetime:
        """The present moment by the node's wrong clock."""
        return datetime.now(UTC) + timedelta(seconds=float(OFFSET.read_text() or 0))

    def now_ms() -> int:
        """The same in epoch milliseconds."""
        return int(now().timestamp() * 1000)

    clock.now, clock.now_ms = now, now_ms
