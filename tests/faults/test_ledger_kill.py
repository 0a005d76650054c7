"""A worker killed while it publishes the ledger: what is shown always holds, and the next worker ends the work."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from quanshu.tlog.monitor import Monitor
from quanshu.tlog.policies import threshold_policy
from quanshu.tlog.store import CHECKPOINT, FolderSource

ROUNDS = 4
PREPARE = """
from django.core.management import call_command
call_command("migrate", interactive=False, verbosity=0)
from quanshu.oversight.ledger.api import verifier_keys
print(verifier_keys()[0])
"""
# Writes acts, places them and publishes, without end.
WORK = """
from quanshu.kernel.clock import now
from quanshu.oversight.ledger.api import publish
from quanshu.shared.access.api import SYSTEM
from quanshu.shared.audit import api as audit
print("working", flush=True)
while True:
    for number in range(150):
        audit.record(actor=SYSTEM, action="test.done", uid=str(number), now=now())
    audit.integrate(now())
    publish(now(), hurry=True)
"""
CHECK = """
from quanshu.kernel.clock import now
from quanshu.oversight.ledger.api import compare_published, publish
from quanshu.shared.audit.api import integrate, integrity_report, tree_head
while integrate(now()):
    pass
publish(now(), hurry=True)
found, report = compare_published(), integrity_report()
assert report.sound, report
assert found.sound and found.size == tree_head().size, found
print(found.size)
"""
HEAD = "import django\ndjango.setup()\n"


def run(home: Path, code: str) -> str:
    """A piece of work in a process of its own; what it printed last."""
    done = subprocess.run(
        [sys.executable, "-c", HEAD + code], env=environment(home), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def environment(home: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name != "QUANSHU_DATABASE_URL"}
    return {**own, "QUANSHU_HOME": str(home), "DJANGO_SETTINGS_MODULE": "quanshu.config.settings"}


def test_a_killed_publication_is_never_seen_half_done(tmp_path: Path) -> None:
    from quanshu.tlog.keys import VerifierKey

    key = VerifierKey.parse(run(tmp_path, PREPARE))
    monitor = Monitor(FolderSource(tmp_path / "ledger/log"), threshold_policy([key], [], 0))
    dice = random.Random(20261126)
    for _ in range(ROUNDS):
        worker = subprocess.Popen(
            [sys.executable, "-c", HEAD + WORK], env=environment(tmp_path), stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"working\n"
        time.sleep(0.5 + dice.random())
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
        if (tmp_path / "ledger/log" / CHECKPOINT).exists():
            # An outsider who reads at this moment sees a whole log that continues what was seen before.
            monitor.audit()
    size = int(run(tmp_path, CHECK))
    assert size > 0
    assert monitor.audit().size == size
