"""A writer that is killed in the middle of a write leaves the lake as it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from quanshu.lake import Lake

_WRITER = """
import sys
from pathlib import Path
import pyarrow as pa
from quanshu.lake import Lake

def endless():
    number = 0
    while True:
        keys = [f"{number + i:018d}" for i in range(50_000)]
        yield pa.record_batch({"id": keys, "text": [key * 8 for key in keys]})
        number += 50_000

schema = pa.schema([("id", pa.string()), ("text", pa.string())])
stream = pa.RecordBatchReader.from_batches(schema, endless())
print("writing", flush=True)
lake = Lake(Path(sys.argv[1]))
if sys.argv[2] == "upsert":
    lake.upsert("big", stream, ["id"])
else:
    getattr(lake, sys.argv[2])("big", stream)
"""


def _size(root: Path) -> int:
    total = 0
    for folder, _, names in os.walk(root):
        for name in names:
            try:
                total += (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue
    return total


@pytest.mark.parametrize("operation", ["append", "overwrite", "upsert"])
def test_a_killed_write_leaves_the_previous_version(tmp_path: Path, operation: str) -> None:
    lake = Lake(tmp_path / "lake", memory_limit="512MB")
    before = pa.table({"id": ["a", "b"], "text": ["x", "y"]})
    version = lake.append("big", before)
    size = _size(lake.root)
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(lake.root), operation], stdout=subprocess.PIPE, text=True
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "writing\n"
        # The stream has no end, so the write cannot finish; wait until it is well under way.
        _wait_until_under_way(lake.root, size, operation)
        assert writer.poll() is None
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait(timeout=10)
        writer.stdout.close() if writer.stdout else None
    assert lake.version("big") == version
    assert lake.read("big").to_pylist() == before.to_pylist()
    counts = lake.upsert("big", pa.table({"id": ["b", "c"], "text": ["z", "w"]}), ["id"])
    assert (counts.version, counts.inserted, counts.updated) == (version + 1, 1, 1)
    assert lake.count("big") == 3
    assert lake.count("big", version) == 2


def _wait_until_under_way(root: Path, size: int, operation: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if operation == "upsert":
            # Rows are gathered in the engine's spill folder before the table is touched.
            if list((root / "spill").glob("spill-*")):
                time.sleep(0.5)
                return
        elif _size(root) > size + 100_000:
            return
        time.sleep(0.02)
    pytest.fail("the write did not get under way")


def test_a_table_whose_first_write_was_killed_can_be_written(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    left = lake.root / "tables" / "big" / "_delta_log" / "_commit_left.json.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("{")
    (lake.root / "tables" / "big" / "part-00000.parquet").write_bytes(b"PAR1 half")
    assert not lake.exists("big")
    assert lake.append("big", pa.table({"id": ["a"]})) == 0
    assert lake.count("big") == 1
