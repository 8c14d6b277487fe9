"""``import proxbalance_core`` and ``assess`` need neither pandas nor Streamlit.

Scripts, the command line and other programs start with them; frames and pages are loaded by those
who use them.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.architecture.source_tree import ROOT

HEAVY = ("pandas", "streamlit", "altair", "pyarrow", "pandera", "sqlalchemy")

NODE = {
    "status": "online",
    "cpu_cores": 8,
    "mem_bytes": 2**35,
    "cpu": {"current_pct": 20.0},
    "mem": {"current_pct": 30.0},
}
GUEST = {"vmid": 100, "name": "web", "type": "vm", "node": "a", "status": "running", "cpu_cores": 2}
SNAPSHOT = {
    "format": "proxbalance.snapshot/1",
    "cluster": "lab",
    "taken_at": "2026-02-08T10:30:00Z",
    "nodes": [{"name": "a", **NODE, "cpu": {"current_pct": 85.0}}, {"name": "b", **NODE}],
    "guests": [
        {
            **GUEST,
            "mem_bytes": 2**32,
            "cpu_used_cores": {"current": 2.0},
            "mem_used_bytes": {"current": 2**31},
        }
    ],
}


def loaded_after(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after running ``code``."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{m.partition('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


def test_import_loads_nothing_heavy() -> None:
    loaded = loaded_after("import proxbalance_core")
    assert "proxbalance_core" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))


def test_assess_loads_nothing_heavy() -> None:
    import proxbalance_core

    if not hasattr(proxbalance_core, "assess"):
        pytest.skip("proxbalance_core.assess is not there yet")
    loaded = loaded_after(
        f"import proxbalance_core as p\np.assess(p.ClusterSnapshot.from_dict({SNAPSHOT!r}), p.Settings())"
    )
    assert "numpy" in loaded
    assert loaded.isdisjoint(HEAVY), sorted(loaded.intersection(HEAVY))


def test_the_check_would_see_a_heavy_import() -> None:
    assert "pandas" in loaded_after("import pandas")
