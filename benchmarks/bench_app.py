"""The app as it is started by hand: how soon the demo's overview is drawn, and what the process holds then."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.clusters import Shape, cluster
from benchmarks.targets import Line, record
from tests.e2e.screenshots import ARGUMENTS, CHROMIUM, PAGES, settle
from tests.e2e.test_tuning import held

ROOT = Path(__file__).parents[1]
DRAWN_S, HELD_MB = 8.0, 350.0
MAP_S = 1.5
MAP_VISITS = 3
SLIDER_MS, SLIDER_P95_MS, SLIDER_MOVES = 200.0, 400.0, 25
# What the fifth slider's place means.
LEAST_GAIN = ".st-key-tuning_sliders > :nth-child(10) [data-testid=stText]"
TIMEOUT_MS = 90_000
pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason=f"{CHROMIUM} is not installed (sudo apt install chromium)"),
]


@contextmanager
def started(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The app on an empty data folder, with its address; ended afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
    # The app's own choice of threads: conftest takes them away for the engine's measurements.
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    env = {name: value for name, value in os.environ.items() if name not in threads}
    env["PROXBALANCE_DATA"] = str(folder / "data")
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


def answering(url: str) -> None:
    """Wait until the server accepts browsers, as ``streamlit run`` opens one then."""
    until = time.monotonic() + TIMEOUT_MS / 1000
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    pytest.fail("the app did not start")


def resident_mb(pid: int) -> float:
    """Memory that a process holds [MB]."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return float(line.split()[1]) / 1024.0
    raise LookupError(pid)


def test_first_demo_start(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play, ExitStack() as until_the_end:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(TIMEOUT_MS)

        def drawn() -> tuple[subprocess.Popen[bytes], str]:
            process, url = until_the_end.enter_context(started(tmp_path))
            answering(url)
            page.goto(url)
            # The last part of the page: the second of its two charts.
            page.locator("[data-testid='stVegaLiteChart'] .marks").nth(1).wait_for()
            return process, url

        process, url = benchmark.pedantic(drawn, rounds=1)
        for key in PAGES[1:]:
            page.goto(f"{url}/{key}")
            settle(page)
        held = resident_mb(process.pid)
        browser.close()
    record(benchmark, Line("app: demo start to a drawn overview", DRAWN_S, benchmark.stats.stats.max, "s"))
    record(benchmark, Line("app: memory after all pages", HELD_MB, held, "MB"))


def server_cpu_s(pid: int) -> float:
    """CPU time that a process has taken [s]."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_map_of_a_large_cluster(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    from proxbalance_core.services.workbench import Workbench

    large = cluster(Shape(nodes=32, guests=1000, ahead=False))
    with Workbench.open(tmp_path / "data") as bench:
        bench.regenerate(bench.import_snapshot("large.json", json.dumps(large.to_dict()).encode()))
    with sync_playwright() as play, started(tmp_path) as (process, url):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(TIMEOUT_MS)
        answering(url)
        inside = page.context.new_cdp_session(page)
        inside.send("Performance.enable")
        taken: list[float] = []

        def cpu_s() -> float:
            figures = inside.send("Performance.getMetrics")["metrics"]
            return server_cpu_s(process.pid) + next(f["value"] for f in figures if f["name"] == "ProcessTime")

        def elsewhere() -> None:
            page.goto(f"{url}/diagnostics")
            settle(page)
            taken.append(-cpu_s())

        def drawn() -> None:
            page.get_by_test_id("stSidebarNav").get_by_role("link", name="Cluster map", exact=True).click()
            page.locator(".map[data-drawn]").wait_for()
            taken[-1] += cpu_s()

        benchmark.pedantic(drawn, setup=elsewhere, rounds=MAP_VISITS)
        assert page.locator("[data-kind=bubble]").count() == len(large.guests)
        browser.close()
    # The first visit works the map out, the others find it in the cache: the slowest counts. CPU time of the server
    # and of the page together is what a machine that does nothing else takes.
    record(benchmark, Line("app: map of 32 x 1,000 from click to drawn, CPU", MAP_S, max(taken), "s"))
    record(benchmark, Line("app: the same by the clock, at best", MAP_S, benchmark.stats.stats.min, "s"))


def test_slider(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """From a released slider to what it would change, drawn."""
    from playwright.sync_api import sync_playwright

    from proxbalance_core.services.workbench import Workbench

    large = cluster(Shape(nodes=32, guests=1000))
    with Workbench.open(tmp_path / "data") as bench:
        bench.regenerate(bench.import_snapshot("large.json", json.dumps(large.to_dict()).encode()))
    with sync_playwright() as play, started(tmp_path) as (_, url):
        browser = play.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(TIMEOUT_MS)
        answering(url)
        page.goto(f"{url}/tuning")
        page.get_by_text("The same recommendations as now").wait_for()
        settle(page)
        shares = iter([0.2 + 0.03 * i for i in range(SLIDER_MOVES)])
        said = page.locator(LEAST_GAIN)

        def grabbed() -> tuple[tuple[str], dict[str, object]]:
            before = said.inner_text()
            held(page, "Least gain", next(shares))
            return (before,), {}

        def released(before: str) -> None:
            page.mouse.up()
            page.wait_for_function(
                "([said, before]) => document.querySelector(said).innerText !== before &&"
                " document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'",
                arg=[LEAST_GAIN, before],
            )

        benchmark.pedantic(released, setup=grabbed, rounds=SLIDER_MOVES)
        browser.close()
    taken = sorted(benchmark.stats.stats.data)
    record(benchmark, Line("app: slider released to redrawn, median", SLIDER_MS, 1000.0 * taken[len(taken) // 2], "ms"))
    record(benchmark, Line("app: the same, p95", SLIDER_P95_MS, 1000.0 * taken[int(0.95 * len(taken))], "ms"))
