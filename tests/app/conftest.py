"""The app on a data folder of its own: the real workbench, the demo cluster or a dropped snapshot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from proxbalance_core.services.workbench import Workbench
from proxbalance_core.ui import registry, state
from tests.app.sample import document

MAIN = Path(registry.__file__).with_name("main.py")
SECONDS = 60


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo cluster and its first assessment, made once."""
    folder = tmp_path_factory.mktemp("demo")
    with Workbench.open(folder) as bench:
        bench.ensure_demo()
        bench.regenerate("demo")
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder that the app works on; closed after the test."""
    monkeypatch.setenv("PROXBALANCE_DATA", str(tmp_path / "data"))
    st.cache_data.clear()
    st.cache_resource.clear()
    yield tmp_path / "data"
    if state._opened.cache_info().currsize:
        state.workbench().__exit__(None, None, None)
    state._opened.cache_clear()


@pytest.fixture
def demo(folder: Path, demo_folder: Path) -> Path:
    """The data folder with the demo cluster in it."""
    shutil.copytree(demo_folder, folder)
    return folder


@pytest.fixture
def hostile(folder: Path) -> str:
    """A cluster whose guests carry hostile names, opened from a snapshot; its title, which stands in the URL."""
    return imported(document())


def imported(snapshot: dict[str, object]) -> str:
    """Open a snapshot as a cluster; its title."""
    bench = state.workbench()
    return bench.connection(bench.import_snapshot("lab.json", json.dumps(snapshot).encode())).title


def opened(key: str = "overview", **query: str) -> AppTest:
    """The app on one page, run once."""
    app = AppTest.from_file(MAIN, default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if key != "overview":
        app.switch_page(f"../../pages/{key}.py").run()
    return app


def texts(app: AppTest) -> list[str]:
    """What is shown as plain text."""
    return [element.value for element in app.text]


def marked(app: AppTest) -> str:
    """Everything that the browser reads as Markdown."""
    shown = [element.value for kind in (app.markdown, app.caption, app.subheader, app.header) for element in kind]
    return "\n".join(shown)
