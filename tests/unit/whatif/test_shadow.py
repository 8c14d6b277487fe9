"""A second profile in the shadow: both sides counted over rounds, by hand and on a real assessment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from proxbalance_core import Settings, assess
from proxbalance_core.domain.presets import changed
from proxbalance_core.domain.shadows import Advised, ShadowRound
from proxbalance_core.whatif.shadow import compared, observed
from tests.support.clusters import random_cluster

BEGAN = datetime(2026, 2, 1, tzinfo=UTC)


def side(gigabytes: float = 0.0, health: float | None = 80.0, **moves: str) -> Advised:
    where = {int(vmid[1:]): target for vmid, target in moves.items()}
    return Advised(moves=where, gigabytes=gigabytes, health=70.0, predicted_health=health)


def rounds(*pairs: tuple[Advised, Advised]) -> list[ShadowRound]:
    return [ShadowRound(at=BEGAN + timedelta(hours=12 * i), ours=a, theirs=b) for i, (a, b) in enumerate(pairs)]


def test_counts_by_hand() -> None:
    """Ours: 1 to a in all three rounds, 2 to b in the last. Theirs: 1 to a once, 3 to c in the last two."""
    found = compared(
        "lab", "night",
        rounds(
            (side(4.0, v1="a"), side(2.0, v1="a")), (side(4.0, v1="a"), side(6.0, None, v3="c")),
            (side(10.0, v1="a", v2="b"), side(6.0, 90.0, v3="c")),
        ),
    )  # fmt: skip
    assert (found.rounds, found.begins, found.ends) == (3, BEGAN, BEGAN + timedelta(days=1))
    assert (found.ours.name, found.ours.advised, found.ours.per_round) == ("in force", 2, 1.33)
    assert (found.theirs.name, found.theirs.advised, found.theirs.per_round) == ("night", 2, 1.0)
    assert (found.ours.appeared_per_day, found.theirs.appeared_per_day) == (1.0, 1.0)
    assert (found.ours.gigabytes_per_round, found.theirs.gigabytes_per_round) == (6.0, 4.67)
    assert (found.ours.predicted_health, found.theirs.predicted_health) == (80.0, 85.0)
    assert found.agreement_pct == 33.3
    assert [(m.vmid, m.target, m.ours, m.theirs) for m in found.moves] == [
        (1, "a", 3, 1), (3, "c", 0, 2), (2, "b", 1, 0),
    ]  # fmt: skip
    assert "'night' advised 2 different moves, the settings in force 2" in found.summary


def test_without_rounds_or_moves_it_says_so() -> None:
    nothing = compared("lab", "night", [])
    assert (nothing.agreement_pct, nothing.begins, nothing.moves) == (None, None, ())
    assert nothing.summary.startswith("There is nothing to compare yet")
    quiet = compared("lab", "night", rounds((side(), side())))
    assert quiet.summary == "In 1 assessment neither side advised a move."


def test_a_round_is_what_both_say_of_the_same_snapshot() -> None:
    snapshot, other = random_cluster(3), changed(Settings(), {"cpu_threshold": 45.0})
    found = observed(BEGAN, snapshot, assess(snapshot), other)
    assert found.ours.moves == {move.vmid: move.target for move in assess(snapshot).recommendations}
    assert found.theirs.moves == {move.vmid: move.target for move in assess(snapshot, other).recommendations}
    assert found.theirs.gigabytes == assess(snapshot, other).plan.curve[-1].gigabytes
