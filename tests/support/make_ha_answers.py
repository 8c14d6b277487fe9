"""Write down what the API answers on the demo cluster, for the tests of the Home Assistant integration.

They run in an environment of their own, where the app can't. ``python -m tests.support.make_ha_answers`` writes them;
``tests/api/test_ha_answers.py`` holds them against what the API says of itself.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.testclient import TestClient

from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.api.patience import Patience
from proxbalance_core.services.access import add_token
from proxbalance_core.services.workbench import Workbench

ANSWERS = Path(__file__).parents[2] / "tests_ha" / "answers"
GIB = 1024**3
# By file: method, path with its query and (None: none) body. {vmid} and {node} are of the first recommendation.
ASKED: dict[str, tuple[str, str, dict[str, Any] | None]] = {
    "info": ("GET", "/info", None),
    "quantities": ("GET", "/quantities?limit=500", None),
    "recommendations": ("GET", "/recommendations?sort=gain&limit=500", None),
    "skipped": ("GET", "/recommendations/skipped?limit=1", None),
    "events": ("GET", "/events?limit=1000", None),
    "options": ("GET", "/guests/{vmid}/options", None),
    "place": ("POST", "/place", {"guest": {"cpu_cores": 2.0, "mem_bytes": 4.0 * GIB}}),
    "simulate": ("POST", "/simulate", {"settings": {"min_score_improvement": 5}}),
    "drain": ("POST", "/drain", {"nodes": ["{node}"]}),
    "generate": ("POST", "/generate", None),
    "collect": ("POST", "/collect", None),
    "mute": ("POST", "/guests/{vmid}/mute", {"until": "2026-02-09T10:30:00+00:00"}),
}


def recorded() -> Iterator[tuple[str, Any]]:
    """Name and answer of each question, asked of a new demo cluster."""
    with tempfile.TemporaryDirectory() as folder, Workbench.open(Path(folder)) as bench:
        bench.ensure_demo()
        bench.regenerate("demo")
        _, secret = add_token(bench, "Home Assistant", ("read", "write"))
        app = Starlette(routes=routes(lambda: bench, Patience()), middleware=guards(lambda: ("127.0.0.1",)))
        client = TestClient(app, base_url="http://127.0.0.1", headers={"Authorization": f"Bearer {secret}"})
        first = client.get("/api/v1/recommendations?sort=gain&limit=1").json()["items"][0]
        for name, (method, path, body) in ASKED.items():
            asked = json.dumps(body).replace("{node}", first["source"]) if body is not None else None
            headers = {"Content-Type": "application/json"} if asked else {}
            where = f"/api/v1{path.format(vmid=first['vmid'])}"
            answer = client.request(method, where, content=asked, headers=headers)
            answer.raise_for_status()
            yield name, answer.json()


def main() -> None:
    """Write every answer into its file."""
    ANSWERS.mkdir(parents=True, exist_ok=True)
    for name, answer in recorded():
        path = ANSWERS / f"{name}.json"
        path.write_text(json.dumps(answer, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
