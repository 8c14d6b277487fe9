"""Migrations of the demo and of a Proxmox cluster, followed in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core import Settings
from proxbalance_core.domain.outcomes import Outcome
from proxbalance_core.services import outcomes
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.store import Store
from proxbalance_core.whatif.worth import worth

NOW = datetime(2026, 2, 9, 10, 30, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Workbench]:
    with Workbench.open(tmp_path / "data", clock=clock) as made:
        made.ensure_demo()
        made.regenerate("demo")
        yield made


def moved(bench: Workbench, vmid: int, target: str) -> None:
    bench.source(bench.connection("demo")).migrate(vmid, target)  # type: ignore[attr-defined]


def later(bench: Workbench, clock: Clock, **span: float) -> None:
    """Ten-minute rounds until ``span`` has passed."""
    until = clock.now + timedelta(**span)
    while clock.now < until:
        clock.now += timedelta(minutes=10)
        bench.regenerate("demo")


def recommended(bench: Workbench) -> dict[str, Any]:
    newest = bench.latest("demo")
    assert newest is not None
    return max(newest.assessment["recommendations"], key=lambda move: move["score_improvement"])  # type: ignore[no-any-return]


def only(store: Store) -> Outcome:
    (found,) = store.outcomes.records("demo")
    return found


def test_a_recommended_move_is_followed_to_its_verdict(bench: Workbench, clock: Clock) -> None:
    move = recommended(bench)
    advised_at = bench.generations("demo", limit=1)[0]
    moved(bench, move["vmid"], move["target"])
    later(bench, clock, minutes=40)
    found = only(bench.store)
    assert (found.vmid, found.source, found.target) == (move["vmid"], move["source"], move["target"])
    assert (found.recommendation, found.generation) == (move["id"], advised_at.id)
    assert (found.predicted_points, found.reason) == (move["score_improvement"], move["reason"]["primary_reason"])
    assert [check.after_s for check in found.checks] == [300, 1800] and found.verdict == "pending"
    later(bench, clock, hours=2)
    found = only(bench.store)
    assert [check.after_s for check in found.checks] == [300, 1800, 7200]
    looked = found.checks[-1]
    assert looked.fault is None and looked.at is not None and looked.at - found.at >= 2 * HOUR
    # Its figures are those of the assessment that was made then, and anyone can work them out again.
    then = next(g for g in bench.generations("demo") if g.at == looked.at)
    kept = bench.store.generations.get(then.id)
    from proxbalance_core import ClusterSnapshot

    assert kept.snapshot is not None
    again = worth(ClusterSnapshot.from_dict(kept.snapshot), Settings(), found.vmid, found.source, found.target)
    assert looked.points == again.points and looked.loads == again.moved
    nodes = {node["name"]: node for node in kept.snapshot["nodes"]}
    assert looked.loads.target_cpu_pct == nodes[found.target]["cpu"]["current_pct"]
    assert found.verdict in ("improved", "expected", "worse")
    (past,) = bench.store.outcomes.list("demo")
    assert (past.predicted_points, past.realised_points) == (found.predicted_points, found.realised_points)
    assert bench.snapshot("demo").outcomes == (past,), "confidence learns from it"


def test_a_move_that_nobody_recommended_is_followed_too(bench: Workbench, clock: Clock) -> None:
    moved(bench, 152, "pve4")
    later(bench, clock, hours=2.5)
    found = only(bench.store)
    assert (found.vmid, found.target, found.recommendation, found.reason) == (152, "pve4", None, "own_choice")
    assert found.predicted_points == found.predicted_points and found.verdict != "pending"


def test_another_move_of_its_nodes_confounds_it_but_not_one_of_the_same_plan(bench: Workbench, clock: Clock) -> None:
    newest = bench.latest("demo")
    assert newest is not None
    moves = newest.assessment["recommendations"]
    one = moves[0]
    same_plan = next(m for m in moves[1:] if {m["source"], m["target"]} & {one["source"], one["target"]})
    moved(bench, one["vmid"], one["target"])
    moved(bench, same_plan["vmid"], same_plan["target"])
    later(bench, clock, minutes=20)
    found = next(o for o in bench.store.outcomes.records("demo") if o.vmid == one["vmid"])
    assert found.checks[0].others == () and same_plan["vmid"] in found.plan
    stranger = next(
        g for g in newest.snapshot.guests
        if g.running and g.node == one["source"] and g.vmid not in {m["vmid"] for m in moves}
        and not bench.source(bench.connection("demo")).preconditions(g.vmid, one["target"]).objections  # type: ignore[attr-defined]
    )  # fmt: skip
    moved(bench, stranger.vmid, one["target"])
    later(bench, clock, minutes=40)
    found = next(o for o in bench.store.outcomes.records("demo") if o.vmid == one["vmid"])
    assert found.checks[1].others == (f"{stranger.vmid} went from {stranger.node} to {one['target']}",)


def test_looks_that_were_missed_say_so(bench: Workbench, clock: Clock) -> None:
    move = recommended(bench)
    moved(bench, move["vmid"], move["target"])
    clock.now += timedelta(minutes=10)
    bench.collect("demo")
    clock.now += timedelta(hours=26)
    bench.regenerate("demo")
    found = only(bench.store)
    assert [check.fault for check in found.checks[:3]] == [outcomes.NO_LOOK] * 3
    assert found.checks[3].fault is None and found.closed
    assert found.verdict in ("improved", "expected", "worse")


def test_a_guest_that_moved_on_ends_the_measuring(bench: Workbench, clock: Clock) -> None:
    moved(bench, 152, "pve4")
    later(bench, clock, minutes=10)
    moved(bench, 152, "pve5")
    later(bench, clock, hours=2.5)
    first = min(bench.store.outcomes.records("demo"), key=lambda outcome: outcome.at)
    assert [check.fault for check in first.checks[1:]] == ["The guest is on pve5 by then."] * 2


def test_without_an_assessment_before_it_nothing_was_predicted(tmp_path: Path, clock: Clock) -> None:
    with Workbench.open(tmp_path / "other", clock=clock) as bench:
        bench.ensure_demo()
        bench.collect("demo")
        moved(bench, 152, "pve4")
        clock.now += timedelta(minutes=10)
        bench.regenerate("demo")
        found = only(bench.store)
        assert (found.verdict, found.fault) == ("not_measured", outcomes.NO_FORECAST)
        told = outcomes.report(bench, "demo", 1).to_dict()
        assert told["outcomes"][0]["predicted_points"] is None
        assert told["accuracy"][0]["judged"] == 0 and told["accuracy"][0]["held_pct"] is None


def test_trouble_with_outcomes_is_not_the_assessment_s(
    bench: Workbench, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from proxbalance_core.errors import StoreError

    def broken(*_: object, **__: object) -> None:
        raise StoreError("The disk is full.")

    moved(bench, 152, "pve4")
    clock.now += timedelta(minutes=10)
    monkeypatch.setattr(bench.store.outcomes, "put", broken)
    assert bench.regenerate("demo").assessment["summary"]
    assert "The disk is full." in caplog.text
