"""A real Home Assistant, started as a user starts it, with the integration in it, against the running app."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).parents[1]
STREAMLIT, PYTHON = ROOT / ".venv" / "bin" / "streamlit", ROOT / ".venv" / "bin" / "python"
HASS = Path(sys.executable).parent / "hass"
START_S = 120.0
Told = TypeVar("Told")
CONFIGURATION = """
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
config:
onboarding:
diagnostics:
repairs:
automation:
persistent_notification:
logger:
  default: warning
"""

pytestmark = [
    pytest.mark.headless,
    pytest.mark.skipif(not STREAMLIT.exists(), reason="the app isn't installed: 'make test' or 'make run' does that"),
]


@pytest.fixture(autouse=True)
def auto_enable_custom_integrations() -> None:
    """Nothing is mocked here."""


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """There is no Home Assistant in this process."""


@pytest.fixture(autouse=True)
def real_sockets(socket_enabled: None) -> None:
    """On loopback."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def ask(
    url: str, body: Any = None, token: str | None = None, form: str | None = None, method: str | None = None
) -> Any:
    """An answer as JSON."""
    data = form.encode() if form is not None else None if body is None else json.dumps(body).encode()
    kind = "application/x-www-form-urlencoded" if form is not None else "application/json"
    request = urllib.request.Request(url, data, {"Content-Type": kind}, method=method)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or "null")


def until(seconds: float, look: Callable[[], Told | None], log: Path) -> Told:
    """What ``look`` finds, as soon as it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            found = look()
            if found:
                return found
        time.sleep(0.5)
    raise AssertionError(log.read_text(encoding="utf-8")[-4000:])


@contextlib.contextmanager
def running(command: list[str], log: Path, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("COV_CORE")}
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out, env={**own, **env})
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headless")


@pytest.fixture
def app(folder: Path) -> Iterator[tuple[str, str]]:
    """The running app's address on the demo cluster, and a token for it."""
    data, port, log = folder / "data", free_port(), folder / "app.log"
    env = {"PROXBALANCE_DATA": str(data)}
    made = subprocess.run(
        [PYTHON, "-m", "proxbalance_core", "demo", "--json"], cwd=ROOT, env={**os.environ, **env}, capture_output=True
    )
    assert made.returncode == 0, made.stderr
    told = subprocess.run(
        [PYTHON, "-m", "proxbalance_core", "tokens", "add", "Home Assistant", "--scope", "read", "--scope", "write",
         "--json"],
        cwd=ROOT, env={**os.environ, **env}, capture_output=True, check=True,
    )  # fmt: skip
    command = [str(STREAMLIT), "run", "app.py", "--server.port", str(port), "--server.address", "127.0.0.1",
               "--server.headless", "true", "--browser.gatherUsageStats", "false"]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with running(command, log, **env):
        until(START_S, lambda: ask(f"{url}/api/v1/health")["status"] == "ok", log)
        yield url, json.loads(told.stdout)["token"]


@pytest.fixture
def home(folder: Path) -> Iterator[tuple[str, Path]]:
    """A Home Assistant's address and folder, with the integration put in as its docs say."""
    config, port, log = folder / "config", free_port(), folder / "hass.log"
    shutil.copytree(ROOT / "custom_components" / "proxbalance", config / "custom_components" / "proxbalance")
    (config / "configuration.yaml").write_text(CONFIGURATION.format(port=port), encoding="utf-8")
    with running([str(HASS), "-c", str(config), "--skip-pip"], log):
        url = f"http://127.0.0.1:{port}"
        until(START_S, lambda: ask(f"{url}/api/onboarding"), log)
        yield url, log


def onboarded(url: str) -> str:
    """A token of the first user. The step that would start integrations of the internet is left alone."""
    user = {"client_id": f"{url}/", "name": "T", "username": "t", "password": "testing-123", "language": "en"}
    code = ask(f"{url}/api/onboarding/users", user)["auth_code"]
    form = f"grant_type=authorization_code&code={code}&client_id={url}/"
    return str(ask(f"{url}/auth/token", form=form)["access_token"])


def test_home_assistant_shows_the_demo_cluster(app: tuple[str, str], home: tuple[str, Path]) -> None:
    (app_url, app_token), (url, log) = app, home
    token = onboarded(url)
    flow = ask(f"{url}/api/config/config_entries/flow", {"handler": "proxbalance"}, token)
    assert flow["step_id"] == "user"
    wrong = {"url": app_url, "token": "pxb_wrong", "verify_ssl": True}
    again = ask(f"{url}/api/config/config_entries/flow/{flow['flow_id']}", wrong, token)
    assert again["errors"] == {"token": "invalid_auth"}
    done = ask(f"{url}/api/config/config_entries/flow/{flow['flow_id']}", {**wrong, "token": app_token}, token)
    assert (done["type"], done["title"]) == ("create_entry", "Demo cluster")
    entry = done["result"]["entry_id"]

    def loaded() -> dict[str, Any] | None:
        states = {one["entity_id"]: one for one in ask(f"{url}/api/states", token=token)}
        return states if "sensor.demo_cluster_health" in states else None

    states = until(60, loaded, log)
    said = ask(f"{app_url}/api/v1/quantities?limit=500", token=app_token)["items"]
    values = {row["id"]: row["value"] for row in said}
    assert float(states["sensor.demo_cluster_health"]["state"]) == pytest.approx(values["cluster/health"])
    assert states["sensor.demo_cluster_health"]["attributes"]["unit_of_measurement"] == "of 100"
    for node in ("pve1", "pve5"):
        suitability = float(states[f"sensor.{node}_suitability"]["state"])
        assert suitability == pytest.approx(values[f"cluster/node/{node}/suitability"])
        assert states[f"binary_sensor.{node}_online"]["state"] == "on"
    assert float(states["sensor.demo_cluster_recommendations"]["state"]) == values["cluster/recommendations"]

    call = f"{url}/api/services/proxbalance/best_node?return_response"
    best = ask(call, {"config_entry_id": entry, "cores": 4, "memory_gib": 8}, token)["service_response"]
    guest = {"guest": {"cpu_cores": 4.0, "mem_bytes": 8.0 * 1024**3}}
    assert best["node"] == ask(f"{app_url}/api/v1/place", guest, app_token)["best"] is not None

    before = states["sensor.demo_cluster_last_assessment"]["state"]
    ask(f"{url}/api/services/button/press", {"entity_id": "button.demo_cluster_assess_now"}, token)

    def looked_again() -> bool:
        now = ask(f"{url}/api/states/sensor.demo_cluster_last_assessment", token=token)
        return bool(now["state"] > before)

    assert until(60, looked_again, log)
    told = ask(f"{url}/api/diagnostics/config_entry/{entry}", token=token)
    assert told["data"]["data"]["state"]["title"] == "Demo cluster"
    assert app_token not in json.dumps(told)
    lines = log.read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "proxbalance" in line and ("ERROR" in line or "Traceback" in line)]
    assert not [line for line in lines if app_token in line]
