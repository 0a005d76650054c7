"""The process that runs a query nobody vouches for. It is started by `parent` and reads its job from a pipe.

It opens one database file, which holds only what its caller may see, and then gives up what else a process has:
files, network, privileges, more memory, more time. It imports nothing of the platform.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
from typing import Any

import duckdb

CLONE_NEWNET = 0x40000000
CLONE_NEWIPC = 0x08000000
NOBODY = 65_534
# What Python, the engine and the stacks of its threads take before any query.
BASE_MIB = 700
BATCH = 500


def lock_down(job: dict[str, Any]) -> list[str]:
    """Give up rights, the strongest first; returns those this system would not let go of."""
    kept = []
    folder = job["folder"]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | CLONE_NEWIPC) != 0:
        kept.append("network namespace")
    if os.geteuid() == 0:
        os.chroot(folder)
        os.chdir("/")
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    else:
        kept.append("root folder")
    libc.prctl(38, 1, 0, 0, 0)
    limits = {
        resource.RLIMIT_CPU: job["seconds"] * job["threads"] + 1,
        resource.RLIMIT_DATA: (BASE_MIB + job["memory_mib"]) * 1024 * 1024,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 32,
    }
    for what, limit in limits.items():
        resource.setrlimit(what, (limit, limit))
    return kept


def open_engine(job: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    """The engine over the one file, with its settings locked and every way outside closed."""
    connection = duckdb.connect(
        job["database"],
        read_only=True,
        config={
            "memory_limit": f"{job['memory_mib']}MB",
            "threads": job["threads"],
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET TimeZone = 'Asia/Shanghai'")
    connection.execute("SET temp_directory = ''")
    # Code that the engine or Python loads on first use is loaded while there are still files.
    connection.execute(
        "SELECT count(*), sum(i), string_agg(i::VARCHAR, ','), '2020-01-01'::DATE::VARCHAR FROM range(9) t(i)"
    )
    connection.fetchall()
    json.dumps({"warm": "泉"}, ensure_ascii=False, default=str)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def answer(connection: duckdb.DuckDBPyConnection, job: dict[str, Any]) -> None:
    """Run the query and write its rows, one JSON text a line, within the limits of rows and bytes."""
    out = sys.stdout
    cursor = connection.execute(job["sql"])
    columns = [[str(name), str(kind)] for name, kind, *_ in cursor.description or ()]
    out.write(json.dumps({"columns": columns}, ensure_ascii=False) + "\n")
    rows = size = 0
    while batch := cursor.fetchmany(BATCH):
        for row in batch:
            line = json.dumps(row, ensure_ascii=False, default=str)
            size += len(line)
            if rows == job["rows"] or size > job["bytes"]:
                out.write(json.dumps({"truncated": True}) + "\n")
                return
            out.write(line + "\n")
            rows += 1


def main() -> int:
    """Read the job, lock down, answer. A fault is one line with its kind and text."""
    job = json.loads(sys.stdin.readline())
    last: dict[str, Any]
    try:
        connection = open_engine(job)
        kept = lock_down(job)
        sys.stdout.write(json.dumps({"ready": True, "kept": kept}) + "\n")
        answer(connection, job)
    except MemoryError:
        last = {"fault": "memory", "text": "out of memory"}
    except duckdb.OutOfMemoryException as error:
        last = {"fault": "memory", "text": str(error)}
    except duckdb.Error as error:
        last = {"fault": "query", "text": str(error)}
    else:
        last = {"done": True}
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(last, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    # Without the engine's own leave-taking: it would look for files that are out of reach.
    os._exit(0)


if __name__ == "__main__":
    main()
