"""What is said of guests that stay: figures that would be below nothing are told the other way round."""

from __future__ import annotations

import re

from proxbalance_core import Settings, assess
from tests.support.clusters import random_cluster

MINUS = re.compile(r"by -[0-9]")


def test_no_guest_would_improve_by_less_than_nothing() -> None:
    seen: set[str] = set()
    for seed in range(12):
        for skip in assess(random_cluster(seed, nodes=4, guests=20), Settings()).skipped:
            assert not MINUS.search(skip.detail), skip.detail
            if skip.strain_relief is None or skip.score_improvement is None:
                continue
            if skip.reason == "insufficient_improvement":
                worse = f"make its score {-skip.score_improvement:.2f} points worse"
                assert (worse in skip.detail) == (skip.score_improvement < 0)
                seen.add("worse" if skip.score_improvement < 0 else "better")
            if skip.reason in ("insufficient_improvement", "no_relief") and "in the mean" not in skip.detail:
                points = round(skip.strain_relief, 2)
                does = "relieve" if points >= 0 else "strain"
                assert f"{does} the cluster by {abs(points):.2f}" in skip.detail
                seen.add(does)
    assert seen == {"worse", "better", "relieve", "strain"}
