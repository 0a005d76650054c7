"""A bounded run of each fuzzing target; a longer one is made by hand (see `targets.py`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUNS, SECONDS = 20_000, 3
TARGETS = Path(__file__).with_name("targets.py")
NAMES = ("structured", "signature", "digest", "convention", "request", "snapshot", "keys")
WRITE_SEEDS = """
import runpy, sys
from pathlib import Path
for name, seeds in runpy.run_path(sys.argv[1])["SEEDS"].items():
    folder = Path(sys.argv[2]) / name
    folder.mkdir(parents=True)
    for number, seed in enumerate(seeds):
        (folder / str(number)).write_bytes(seed)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seeds as files, which is how the fuzzer takes them."""
    folder = tmp_path_factory.mktemp("fuzz")
    subprocess.run([sys.executable, "-c", WRITE_SEEDS, str(TARGETS), str(folder)], check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_no_input_gets_more_than_a_coded_refusal(corpus: Path, name: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            str(TARGETS),
            name,
            str(corpus / name),
            f"-runs={RUNS}",
            f"-max_total_time={SECONDS}",
            "-max_len=2048",
            f"-artifact_prefix={corpus}/",
        ],
        capture_output=True,
        timeout=120,
        check=False,
    )
    told = done.stderr.decode(errors="replace")
    assert done.returncode == 0, told[-3000:]
    assert "Done" in told, told[-500:]
