"""The API of the app as it is started by hand: every example of docs/api.md, and the pages behind the same guards."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, serving
from tests.support.make_docs import DOCS

PAGE = DOCS / "api.md"
# A command may go on after a backslash; each begins with curl.
EXAMPLES = [
    command
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    for command in re.split(r"\n(?=curl )", block.strip())
]
START_SECONDS = 60


def asked(url: str, token: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an answer."""
    sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=sent), timeout=30) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as refused:
        return refused.code, dict(refused.headers), refused.read()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The app on an empty data folder once it has assessed the demo cluster, and a token made beside it."""
    folder = tmp_path_factory.mktemp("api")
    with serving(folder) as url:
        command = [sys.executable, "-m", "proxbalance_core", "tokens", "add", "docs", "--scope", "write"]
        made = subprocess.run(
            [*command, "--data-dir", str(folder / "data")], cwd=ROOT, capture_output=True, text=True, check=True
        )
        token, until = made.stdout.strip(), time.monotonic() + START_SECONDS
        while asked(f"{url}/api/v1/nodes", token)[0] != 200:
            assert time.monotonic() < until, asked(f"{url}/api/v1/info", token)
            time.sleep(0.5)
        yield url, token
        log = (folder / "server.log").read_text("utf-8", "replace")
    assert "an API request was refused" in log
    assert token.split("_", 2)[2] not in log
    assert "hunter2" not in log


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed (sudo apt install curl)")
@pytest.mark.parametrize("command", EXAMPLES, ids=lambda text: text.split("$URL")[1].split('"')[0])
def test_every_example_of_the_documentation_works(running: tuple[str, str], command: str, tmp_path: Path) -> None:
    url, token = running
    done = subprocess.run(
        ["bash", "-euc", command], cwd=tmp_path, env={**os.environ, "URL": url, "TOKEN": token},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if "-o advice.csv" in command:
        assert (tmp_path / "advice.csv").read_text().startswith("VMID,Name,")
    elif "-o scores.csv" in command:
        assert (tmp_path / "scores.csv").read_text().startswith("Time,Node,Penalty,")
    elif "/metrics" in command:
        assert "proxbalance_cluster_health{" in done.stdout
    else:
        assert isinstance(json.loads(done.stdout), dict)


def test_the_examples_are_found() -> None:
    assert len(EXAMPLES) >= 15
    assert all(command.startswith("curl -fsS ") for command in EXAMPLES)


@pytest.mark.e2e
def test_pages_and_api_stand_behind_the_same_guards(running: tuple[str, str]) -> None:
    url, _ = running
    for path in ("/", "/api/v1/health", "/api/v1/nothing"):
        _, headers, _ = asked(url + path)
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert asked(url + path, Host="evil.example")[0] == 421
    status, headers, body = asked(f"{url}/api/unknown")
    assert (status, headers["content-type"]) == (404, "application/problem+json")
    assert b"openapi.json" in body


@pytest.mark.e2e
def test_a_wrong_token_waits_while_others_do_not(running: tuple[str, str]) -> None:
    url, _ = running
    began = time.monotonic()
    assert asked(f"{url}/api/v1/info", "hunter2")[0] == 401
    assert time.monotonic() - began >= 0.25
    began = time.monotonic()
    assert asked(f"{url}/api/v1/health")[0] == 200
    assert time.monotonic() - began < 2.0


def test_under_a_path_of_a_proxy_everything_is_there(tmp_path: Path) -> None:
    with serving(tmp_path, under="tools/balance") as url:
        root = url.removesuffix("/tools/balance")
        assert asked(f"{url}/api/v1/health")[0] == 200
        assert asked(f"{url}/metrics")[0] == 401
        assert asked(f"{url}/")[0] == 200
        assert json.loads(asked(f"{root}/tools/balance/api/v1/nothing")[2])["status"] == 404
        for beside in ("/api/v1/health", "/metrics"):
            status, headers, _ = asked(root + beside)
            assert status == 404 and "content-security-policy" in {name.lower() for name in headers}
