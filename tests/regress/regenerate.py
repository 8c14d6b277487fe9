"""Write the reference clusters: ``python -m tests.regress.regenerate``. Each is made from a seed and never drifts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.strategies.clusters import document

HERE = Path(__file__).parent
WELL = frozenset(("windows", "traffic", "storages"))
CLUSTERS: dict[str, dict[str, Any]] = {
    "small-3x20": {"seed": 11, "nodes": 3, "guests": 20, "on": WELL, "fill": 0.4},
    "rules-5x60": {
        "seed": 5,
        "nodes": 5,
        "guests": 60,
        "on": WELL | {"tags", "rules", "special", "past"},
        "fill": 0.22,
    },
    "uneven-6x60": {
        "seed": 6,
        "nodes": 6,
        "guests": 60,
        "on": WELL | {"uneven", "trouble", "gaps", "short"},
        "fill": 0.7,
    },
    "ahead-8x120": {"seed": 8, "nodes": 8, "guests": 120, "on": WELL | {"forecast", "tags", "special"}, "fill": 0.16},
}


def snapshot_text(name: str) -> str:
    return json.dumps(document(**CLUSTERS[name]) | {"cluster": name}, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    for name in CLUSTERS:
        (HERE / f"{name}.snapshot.json").write_text(snapshot_text(name))
