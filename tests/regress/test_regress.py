"""The advice on the reference clusters is what was last reviewed.

A change of scoring or planning shows here line by line; ``--update-golden`` accepts it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxbalance_core import ClusterSnapshot, Settings, assess
from proxbalance_core.domain.presets import PRESETS
from tests.regress.glance import differences, glance
from tests.regress.regenerate import CLUSTERS

HERE = Path(__file__).parent


@pytest.mark.parametrize("profile", sorted(PRESETS))
@pytest.mark.parametrize("name", CLUSTERS)
def test_advice_is_what_was_reviewed(name: str, profile: str, update_golden: bool) -> None:
    snapshot = ClusterSnapshot.from_dict(json.loads((HERE / f"{name}.snapshot.json").read_text()))
    now = glance(assess(snapshot, Settings.from_dict({"profile": profile})))
    path = HERE / f"{name}.{profile}.json"
    if update_golden:
        path.write_text(json.dumps(now, indent=1) + "\n")
    assert path.exists(), f"{path.name} is missing: run pytest --update-golden and review it"
    changed = differences(json.loads(path.read_text()), now)
    assert not changed, f"{name}, {profile}: the advice differs (review, then --update-golden):\n" + "\n".join(changed)


def test_differences_are_told_line_by_line() -> None:
    before = {"strain": 4.0, "recommended": {"101": "pve1 -> pve2 balance 20.0"}}
    after = {"strain": 4.0, "recommended": {"101": "pve1 -> pve3 balance 20.0", "102": "pve1 -> pve2 balance 16.0"}}
    assert differences(before, after) == [
        "recommended.101: pve1 -> pve2 balance 20.0 -> pve1 -> pve3 balance 20.0",
        "recommended.102: None -> pve1 -> pve2 balance 16.0",
    ]
