"""The whole suite: unit to acceptance on SQLite, the integration tests again on PostgreSQL, the browser tests,
and the engines compared on Spark.

    python tools/run_tests.py            finds or installs the servers, Chromium and Spark; says what it had to skip
    python tools/run_tests.py --strict   a missing server or browser is a failure (what CI asks for)
    python tools/run_tests.py --thorough runs the acceptance tests on PostgreSQL too (before a release)

PostgreSQL and MariaDB run as throw-away servers on free loopback ports. An address already given in
QUANSHU_TEST_POSTGRESQL_URL or QUANSHU_TEST_MARIADB_URL, or a browser in QUANSHU_TEST_CHROMIUM, is used instead.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Parts with an engine of their own, run by themselves.
ELSEWHERE = ("tests/browser", "tests/distributed")
# Of what passed on SQLite these run again on PostgreSQL; with --thorough the acceptance tests as well.
DATABASE_TESTS = ("tests/integration",)
THOROUGH_TESTS = ("tests/acceptance",)
# Tests that start a node wait for it most of the time; whoever has none left takes of the others.
PARALLEL = ("-n", "3", "--dist", "worksteal")
SERVER_USERS = ("postgres", "nobody")
SERVER_SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=200", "log_min_messages=fatal")


def install(*packages: str) -> bool:
    """Install Debian packages when this is a Debian machine and we are its administrator."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"installing {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wanted = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (wanted, ["apt-get", "update", "-qq"], wanted):
        if run(command, env=environment, stdout=subprocess.DEVNULL) == 0 and command is wanted:
            return True
    return False


def run(command: list[str], **options: object) -> int:
    """Run a command; its exit code."""
    done = subprocess.run(command, cwd=ROOT, check=False, **options)  # type: ignore[call-overload]
    return int(done.returncode)


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def find_chromium() -> str:
    """The browser's path, installed if need be; empty when there is none."""
    given = os.environ.get("QUANSHU_TEST_CHROMIUM", "")
    if given:
        return given

    def present() -> str:
        return next((path for name in BROWSERS if (path := shutil.which(name))), "")

    return present() or (present() if install("chromium", "fonts-noto-cjk") else "")


def find_deployment() -> bool:
    """Whether nginx and systemd's check of units are here, installed if need be."""

    def present() -> bool:
        folders = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
        return bool(shutil.which("nginx", path=folders) and shutil.which("systemd-analyze"))

    return present() or (install("nginx-light", "systemd") and present())


def find_server() -> Path | None:
    """The folder of PostgreSQL's programs, installed if need be."""

    def present() -> Path | None:
        on_path = shutil.which("initdb")
        if on_path:
            return Path(on_path).resolve().parent
        return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)

    return present() or (present() if install("postgresql") else None)


def server_user() -> str | None:
    """PostgreSQL refuses to run as root: the user to run it as, or None for the present one."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in SERVER_USERS if name in known), None)


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server for tests; empty when there is none."""
    given = os.environ.get("QUANSHU_TEST_POSTGRESQL_URL", "")
    programs = None if given else find_server()
    if given or programs is None:
        yield given
        return
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="quanshu-pg-"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    options: dict[str, object] = {"cwd": "/", "stdout": subprocess.DEVNULL}
    if user:
        options |= {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    data = folder / "data"
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "quanshu", "-A", "trust", "-E", "UTF8", "--no-locale"]
    subprocess.run(initdb, check=True, **options)  # type: ignore[call-overload]
    settings = [word for pair in SERVER_SETTINGS for word in ("-c", pair)]
    server = subprocess.Popen(  # type: ignore[call-overload]
        [str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", str(folder), "-h", "127.0.0.1", *settings],
        stderr=subprocess.DEVNULL,
        **options,
    )
    try:
        wait_for(port)
        yield f"postgresql://quanshu@127.0.0.1:{port}/postgres"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(port: int) -> None:
    """Wait until the server takes connections."""
    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="quanshu", dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("PostgreSQL did not start within 20 seconds.")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mariadb() -> Iterator[str]:
    """The address of a MariaDB server for tests; empty when there is none."""

    def present() -> str:
        return shutil.which("mariadbd") or shutil.which("mysqld") or ""

    given = os.environ.get("QUANSHU_TEST_MARIADB_URL", "")
    program = "" if given else present() or (present() if install("mariadb-server") else "")
    make = shutil.which("mariadb-install-db") or shutil.which("mysql_install_db")
    if given or not program or not make:
        yield given
        return
    folder, port = Path(tempfile.mkdtemp(prefix="quanshu-my-")), free_port()
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in ("mysql", "nobody") if name in known), "nobody") if os.geteuid() == 0 else ""
    as_user = [f"--user={user}"] if user else []
    if user:
        shutil.chown(folder, user)
    common = ["--no-defaults", f"--datadir={folder}/data", *as_user]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
    subprocess.run([make, *common, "--auth-root-authentication-method=normal"], check=True, **quiet)  # type: ignore[call-overload]
    settings = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
    server = subprocess.Popen([program, *common, *settings, "--character-set-server=utf8mb4"], **quiet)  # type: ignore[call-overload]
    try:
        wait_for_mariadb(port)
        yield f"mysql://root@127.0.0.1:{port}/quanshu_test?charset=utf8mb4"
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_mariadb(port: int) -> None:
    """Wait until the server takes connections, and give it a database."""
    import pymysql

    for _ in range(300):
        try:
            connection = pymysql.connect(host="127.0.0.1", port=port, user="root")
        except pymysql.OperationalError:
            time.sleep(0.1)
        else:
            with connection, connection.cursor() as cursor:
                cursor.execute("CREATE DATABASE IF NOT EXISTS quanshu_test CHARACTER SET utf8mb4")
            return
    raise SystemExit("MariaDB did not start within 30 seconds.")


def find_spark() -> bool:
    """Whether Spark can be run here; its package and Java are installed if need be."""
    if importlib.util.find_spec("pyspark") is None:
        say("installing Spark's package of its lock")
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--require-hashes"]
        if run([*uv, "--python", sys.executable, "-r", "requirements-spark.lock"]):
            return False
    return bool(shutil.which("java")) or (install("openjdk-17-jre-headless") and bool(shutil.which("java")))


def suite(strict: bool, thorough: bool, extra: list[str]) -> list[str]:
    """Run the parts; returns what failed or, when strict, was missing."""
    faults: list[str] = []
    # Spark brings Java, on which an example of the documentation is run too: before the first part.
    spark = find_spark()
    skipped = [] if find_deployment() else ["the tests of deploy/: no nginx or no systemd, and none could be installed"]
    pytest = [sys.executable, "-m", "pytest", "-q", *extra]
    environment = dict(os.environ)
    with postgresql() as server, mariadb() as other:
        for name, address in (("POSTGRESQL", server), ("MARIADB", other)):
            environment |= {f"QUANSHU_TEST_{name}_URL": address} if address else {}
            skipped += [] if address else [f"the tests on {name}: no server here, and none could be installed"]
        say("everything but the browser, on SQLite")
        if run([*pytest, *PARALLEL, *(f"--ignore={path}" for path in ELSEWHERE), "tests"], env=environment):
            faults.append("tests on SQLite")
        if server:
            say("database tests on PostgreSQL")
            on_server = {**environment, "QUANSHU_DATABASE_URL": server}
            again = (*DATABASE_TESTS, *(THOROUGH_TESTS if thorough else ()))
            if run([*pytest, *PARALLEL, *again], env=on_server):
                faults.append("tests on PostgreSQL")
        chromium = find_chromium()
        if chromium:
            say("journeys in a browser")
            if run([*pytest, "tests/browser"], env={**environment, "QUANSHU_TEST_CHROMIUM": chromium}):
                faults.append("tests in a browser")
        else:
            skipped.append("the browser tests: no Chromium here, and none could be installed")
    if spark:
        say("the same queries on Spark, two workers")
        if run([*pytest, "tests/distributed"], env={**environment, "QUANSHU_TEST_SPARK": "1"}):
            faults.append("tests on Spark")
    else:
        skipped.append("the tests on Spark: no package or no Java here, and none could be installed")
    for text in skipped:
        say(f"SKIPPED: {text}")
    return faults + (skipped if strict else [])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--strict", action="store_true", help="fail when a server or browser is missing")
    parser.add_argument("--thorough", action="store_true", help="the acceptance tests on PostgreSQL too")
    options, extra = parser.parse_known_args()
    faults = suite(options.strict, options.thorough, extra)
    say("all passed" if not faults else "FAILED: " + "; ".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
