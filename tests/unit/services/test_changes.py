"""The change log: what came, went and moved between any two generations, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from proxbalance_core import Settings
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.services.changes import compare
from proxbalance_core.services.workbench import Workbench
from tests.support.clusters import random_cluster
from tests.unit.services.test_happenings import assessment, move, skip


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        (58.0, 67.0, "pve1 CPU rose from 58 % to 67 %, crossing the threshold of 60 %"),
        (67.0, 58.0, "pve1 CPU fell from 67 % to 58 %, back under the threshold of 60 %"),
        (59.9, 60.0, "pve1 CPU rose from 59.9 % to 60.0 %, crossing the threshold of 60 %"),
        (30.0, 41.0, "pve1 CPU rose from 30 % to 41 %"),
        (30.0, 34.9, None),
        (None, 90.0, None),
    ],
)
def test_a_nodes_level_is_told_when_it_crosses_or_moves_far(
    was: float | None, now: float, sentence: str | None
) -> None:
    found = compare(assessment(cpu=was), assessment(cpu=now))
    assert [str(change) for change in found.nodes] == ([] if sentence is None else [sentence])


def test_a_recommendation_came_or_went_with_what_its_node_crossed() -> None:
    low = assessment(cpu=58.0, skipped=[skip(100, "Relieves nobody.")])
    high = assessment(move(100), cpu=67.0)
    (new,) = compare(low, high).new
    assert new.cause.endswith(
        "before: relieves nobody; pve1 CPU rose from 58 % to 67 %, crossing the threshold of 60 %"
    )
    (gone,) = compare(high, low).removed
    assert gone.cause == "relieves nobody; pve1 CPU fell from 67 % to 58 %, back under the threshold of 60 %"
    (steady,) = compare(assessment(cpu=67.0), high).new
    assert "threshold" not in steady.cause


def test_a_changed_setting_is_told_and_no_level_is_said_to_have_risen() -> None:
    before = assessment(cpu=58.0)
    after = assessment(cpu=58.0, settings=Settings(cpu_threshold=55.0).to_dict())
    found = compare(before, after)
    assert [str(change) for change in found.settings] == ["cpu_threshold was changed from 60.0 to 55.0"]
    assert found.nodes == ()


def test_what_is_no_longer_kept_is_not_made_up() -> None:
    brief = assessment(skipped=[], summary={"urgency": "none", "advice": "", "skip_reasons": {"no_relief": 1}})
    (gone,) = compare(assessment(move(100)), brief).removed
    assert gone.cause == "why is no longer kept"
    whole = assessment(skipped=[skip(101, "Relieves nobody.")])
    (gone,) = compare(assessment(move(100)), whole).removed
    assert gone.cause == "it is no longer in the cluster"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench.open(tmp_path / "d") as opened:
        yield opened


def imported(bench: Workbench, name: str, seed: int) -> str:
    return bench.import_snapshot(f"{name}.json", json.dumps(random_cluster(seed).to_dict()).encode())


def test_any_two_generations_of_a_cluster_can_be_compared(bench: Workbench) -> None:
    cid, other = imported(bench, "lab", 3), imported(bench, "other", 4)
    first = bench.regenerate(cid).id
    bench.save_settings(cid, Settings(cpu_threshold=45.0), "tester")
    bench.regenerate(cid)
    last = bench.regenerate(cid).id
    found = bench.changes_between(first, last)
    assert [(change.key, change.before, change.after) for change in found.settings] == [("cpu_threshold", 60.0, 45.0)]
    assert found.previous_at == bench.generation(first).at
    back = bench.changes_between(last, first)
    assert [row.vmid for row in back.new] == [row.vmid for row in found.removed]
    json.dumps(found.to_dict())
    bench.store.generations.prune(cid, bench.clock() + timedelta(hours=50))
    oldest = bench.generations(cid)[-1]
    assert oldest.recommendation_count and not oldest.in_full
    assert len(bench.changes_between(oldest.id, oldest.id).unchanged) == oldest.recommendation_count
    with pytest.raises(SnapshotNotFound, match="different clusters"):
        bench.changes_between(oldest.id, bench.generations(other)[0].id)
    with pytest.raises(SnapshotNotFound):
        bench.changes_between(oldest.id, 10**6)
