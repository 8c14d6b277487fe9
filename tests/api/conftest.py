"""The API as the app serves it, over a data folder of its own with the demo cluster in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.api.patience import Patience
from proxbalance_core.services.access import add_token
from proxbalance_core.services.workbench import Workbench

HOSTS = ("127.0.0.1", "localhost")
BASE = "http://127.0.0.1:8501"


@dataclass
class Api:
    """A client with a token, the workbench behind it, and the time that refusals waited [s]."""

    client: TestClient
    bench: Workbench
    token: str
    waited: list[float] = field(default_factory=list)

    def ask(self, method: str, path: str, token: str | None = "", **more: Any) -> Any:
        """An answer of ``/api/v1``; ``token`` None sends none."""
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token}"
        return self.client.request(
            method, path if path.startswith("/api") else f"/api/v1{path}", headers=headers, **more
        )

    def get(self, path: str, **more: Any) -> Any:
        """The document at a path, which must be there."""
        answer = self.ask("GET", path, params=more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, **more: Any) -> tuple[int, str, str | None]:
        """Status, sentence and field of a refusal."""
        answer = self.ask(method, path, **more)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        told = answer.json()
        assert told["status"] == answer.status_code >= 400
        assert told["detail"].endswith((".", "?")) and "\n" not in told["detail"]
        return answer.status_code, told["detail"], told["field"]


def served(bench_of: Callable[[], Workbench | None], waited: list[float]) -> TestClient:
    """A client of the app as ``app.py`` makes it, without the pages."""

    class Told(Patience):
        def wait_s(self, client: str) -> float:
            waited.append(super().wait_s(client))
            return 0.0

    app = Starlette(routes=routes(bench_of, Told()), middleware=guards(lambda: HOSTS))
    return TestClient(app, base_url=BASE)


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo cluster and two assessments, made once."""
    folder = tmp_path_factory.mktemp("demo")
    with Workbench.open(folder) as bench:
        bench.ensure_demo()
        bench.regenerate("demo")
        bench.regenerate("demo")
    return folder


@pytest.fixture
def folder(tmp_path: Path, demo_folder: Path) -> Path:
    shutil.copytree(demo_folder, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def api(folder: Path) -> Iterator[Api]:
    """A client that may read and write."""
    with Workbench.open(folder) as bench:
        waited: list[float] = []
        _, secret = add_token(bench, "test", ("read", "write"))
        yield Api(client=served(lambda: bench, waited), bench=bench, token=secret, waited=waited)
