"""A PostgreSQL for tests: the server that the environment names, else a throw-away one from the installed binaries."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

VARIABLE = "PROXBALANCE_TEST_PG_URL"
REQUIRED = "PROXBALANCE_REQUIRE_POSTGRES"
ABSENT = f"PostgreSQL is not installed (sudo apt install postgresql), and {VARIABLE} names no server"
START_SECONDS = 30
_numbers = count(1)


def binaries() -> Path | None:
    """The folder of the newest server that is installed (Debian keeps them off the PATH)."""
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin/initdb") if path.parent.parent.name.isdigit()]
    if debian:
        return max(debian, key=lambda path: int(path.parent.parent.name)).parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


@contextmanager
def server() -> Iterator[URL | None]:
    """The URL of a server on which databases may be made; None where there is none."""
    named, folder = os.environ.get(VARIABLE), binaries()
    if named:
        yield make_url(named).set(drivername="postgresql+psycopg")
    elif folder is None:
        yield None
    else:
        with _throw_away(folder) as url:
            yield url


@contextmanager
def _throw_away(folder: Path) -> Iterator[URL]:
    """A server on a new cluster, reached through a socket in a folder of its own: no port, no password."""
    owner = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="proxbalance-pg-"))
    try:
        if owner is not None:
            shutil.chown(home, owner)
        cluster = home / "cluster"
        made = [folder / "initdb", "-D", cluster, "-U", "tester", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
        subprocess.run(made, user=owner, cwd=home, check=True, capture_output=True)
        with (home / "log").open("wb") as log:
            # -F: what a crash of the machine would lose is of no interest here.
            command = [folder / "postgres", "-D", cluster, "-k", home, "-h", "", "-F"]
            process = subprocess.Popen(command, user=owner, cwd=home, stdout=log, stderr=log)
        url = URL.create("postgresql+psycopg", username="tester", database="postgres", query={"host": str(home)})
        try:
            _await(url, process, home / "log")
            yield url
        finally:
            process.send_signal(signal.SIGINT)  # fast: SIGTERM waits for connections that a failed test left open
            process.wait(START_SECONDS)
    finally:
        shutil.rmtree(home)


def _unprivileged() -> str | None:
    """Whom to run the server as: it refuses root."""
    if os.getuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _await(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    engine = create_engine(url)
    while True:
        try:
            engine.connect().close()
            engine.dispose()
            return
        except OperationalError:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("PostgreSQL did not start:\n" + log.read_text(errors="replace")[-3000:]) from None
            time.sleep(0.05)


@contextmanager
def database(at: URL) -> Iterator[str]:
    """A new, empty database; its URL. Dropped afterwards."""
    name = f"proxbalance_test_{os.getpid()}_{next(_numbers)}"
    engine = create_engine(at, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as db:
            db.execute(text(f'CREATE DATABASE "{name}"'))
        try:
            yield at.set(database=name).render_as_string(hide_password=False)
        finally:
            with engine.connect() as db:
                db.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    finally:
        engine.dispose()
