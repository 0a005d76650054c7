"""Trace ids, log lines and the counting of several processes."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from quanshu.kernel.logs import formatter, scrub
from quanshu.kernel.metrics import Metrics, exposition, may_scrape
from quanshu.kernel.trace import current_trace, new_trace, read_traceparent, traceparent, tracing

GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@given(st.text(max_size=80))
def test_only_the_standard_s_form_is_a_trace(text: str) -> None:
    found = read_traceparent(text)
    assert found == "" or (len(found) == 32 and set(found) <= set("0123456789abcdef"))


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        GOOD.replace("00-", "ff-", 1),
        GOOD + "-x",
        GOOD[:-1],
        GOOD.upper(),
    ],
)
def test_what_breaks_the_standard_is_no_trace(header: str | None) -> None:
    assert read_traceparent(header) == ""


def test_a_trace_goes_on_under_a_span_of_our_own() -> None:
    trace = read_traceparent(GOOD)
    assert trace == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert read_traceparent(traceparent(trace)) == trace
    assert traceparent(trace) != GOOD
    with tracing(new_trace()) as held:
        assert current_trace() == held
    assert current_trace() == ""


def record(text: str, *args: object, fault: bool = False) -> logging.LogRecord:
    info = None
    if fault:
        try:
            raise ValueError("citizen 370102199001010018 is not there")
        except ValueError:
            info = sys.exc_info()
    return logging.LogRecord("quanshu.test", logging.WARNING, "f.py", 1, text, args, info)


def test_a_json_line_holds_trace_and_fault_and_no_person() -> None:
    with tracing("a" * 32):
        line = formatter("json", "gateway").format(
            record("call of %s from %s", "370102199001010018", "13812345678", fault=True)
        )
    body = json.loads(line)
    assert body["trace_id"] == "a" * 32
    assert body["process"] == "gateway"
    assert body["error"] == "ValueError"
    assert "370102199001010018" not in line
    assert "13812345678" not in line
    plain = formatter("line").format(record("broken %d", "x"))
    assert "broken %d" in plain


def test_counts_and_codes_are_not_taken_for_persons() -> None:
    assert (
        scrub("snapshot 12 after 1500000 us, jn-ga-resident-query")
        == "snapshot 12 after 1500000 us, jn-ga-resident-query"
    )


CHILD = """
import sys
from pathlib import Path
from quanshu.kernel.metrics import Metrics
metrics = Metrics(Path(sys.argv[1]))
calls = metrics.counter("test_calls", "Calls.", "sid")
took = metrics.histogram("test_seconds", "Time.", "sid")
alive = metrics.gauge("test_alive", "Alive.")
for _ in range(int(sys.argv[2])):
    calls.add("a")
    took.observe("a", seconds=0.02)
alive.set(to=1)
metrics.flush()
if len(sys.argv) > 3:
    print("ready", flush=True)
    sys.stdin.read()
"""


def values(folder: Path) -> dict[str, float]:
    families = text_string_to_metric_families(exposition(folder).decode())
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in families
        for sample in family.samples
    }


def test_several_processes_are_added_up_and_the_dead_keep_their_counts(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    subprocess.run([*command, "3"], check=True)
    with subprocess.Popen([*command, "4", "stay"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as living:
        assert living.stdout is not None
        living.stdout.readline()
        found = values(tmp_path)
        assert found["test_calls_total[('sid', 'a')]"] == 7
        assert found["test_seconds_count[('sid', 'a')]"] == 7
        assert found["test_seconds_sum[('sid', 'a')]"] == pytest.approx(0.14)
        assert found["test_seconds_bucket[('le', '0.01'), ('sid', 'a')]"] == 0
        assert found["test_seconds_bucket[('le', '0.025'), ('sid', 'a')]"] == 7
        # The gauge of the one that has ended is gone, its counts are not.
        assert found["test_alive[]"] == 1
        assert len(list(tmp_path.glob("counter_*.db"))) == 2
        living.kill()
    assert values(tmp_path)["test_calls_total[('sid', 'a')]"] == 7
    assert [path.name for path in tmp_path.glob("counter_*.db")] == ["counter_0.db"]


def test_counting_a_call_costs_microseconds(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path)
    calls, took = metrics.counter("test_calls", "Calls.", "sid", "outcome"), metrics.histogram("test_s", "Time.", "sid")
    rounds, best = 2000, 1.0
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(rounds):
            calls.add("a", "ok")
            took.observe("a", seconds=0.003)
        best = min(best, (time.perf_counter() - began) / rounds)
    assert best < 20e-6
    assert os.listdir(tmp_path) == []


def test_who_may_read_metrics() -> None:
    networks = ["127.0.0.0/8"]
    assert may_scrape("127.0.0.1", {}, token="", networks=networks)
    assert not may_scrape("10.0.0.1", {}, token="", networks=networks)
    assert not may_scrape("127.0.0.1", {"x-forwarded-for": "8.8.8.8"}, token="", networks=networks)
    assert may_scrape("10.0.0.1", {"authorization": "Bearer word"}, token="word", networks=[])
    assert not may_scrape("10.0.0.1", {"authorization": "Bearer "}, token="", networks=[])
    assert not may_scrape("nowhere", {}, token="", networks=networks)
