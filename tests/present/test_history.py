"""The history's charts, gaps and windows, and events in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from proxbalance_core.domain.records import ClusterMark, Event, ScoreMark
from proxbalance_core.present import events, history, timeline
from proxbalance_core.present.chart_files import png
from proxbalance_core.services import happenings

T0 = datetime(2026, 3, 28, 20, 0, tzinfo=UTC)
H = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def mark(hour: float, node: str = "pve1", suitability: float = 80.0, score: float = 20.0) -> ScoreMark:
    return ScoreMark(
        at=T0 + hour * H, node=node, generations=1, score=score, suitability=suitability,
        lowest_suitability=suitability, cpu_pct=40.0, mem_pct=50.0, iowait_pct=1.0, guest_count=5,
    )  # fmt: skip


def whole(hour: float, health: float = 90.0) -> ClusterMark:
    return ClusterMark(
        at=T0 + hour * H, generations=2, cluster_health=health, lowest_health=health - 5, imbalance=0.2,
        recommendation_count=1,
    )  # fmt: skip


def test_a_gap_is_longer_than_old_assessments_are_apart() -> None:
    times = [T0 + h * H for h in (0, 1, 2, 9, 10)]
    hole = (times[2], times[3])
    assert history.gaps(times, times[-1], timedelta(minutes=10)) == (hole,)
    assert history.gaps(times, T0 + timedelta(days=20), timedelta(minutes=10)) == (), "one in six hours is kept by then"
    assert history.gaps(times, times[-1], timedelta(hours=4)) == (), "a chart of a year has wider steps"
    assert history.gaps([], T0, H) == ()


def test_a_hole_breaks_every_line_and_invents_no_value() -> None:
    marks = [mark(h, node) for h in (0, 9) for node in ("pve1", "pve2")]
    frame = history.node_frame(marks, "suitability", [(T0, T0 + 9 * H)], UTC)
    assert len(frame) == 6 and frame["value"].isna().sum() == 2
    assert set(frame.loc[frame["value"].isna(), "node"]) == {"pve1", "pve2"}
    assert frame["ts"].is_monotonic_increasing


def test_times_are_those_on_the_wall_across_summer_time() -> None:
    frame = history.node_frame([mark(0), mark(6)], "score", [], BERLIN)
    assert [f"{at:%H}" for at in frame["ts"]] == ["21", "04"], "the clock went forward in between"
    ends = [1000 * at.timestamp() for at in frame["ts"]]
    assert history.window_of({history.BRUSH: {"ts": ends}}, BERLIN) == (T0, T0 + 6 * H)


@pytest.mark.parametrize(
    "selection",
    [None, {}, {"window": {}}, {"window": {"ts": []}}, {"window": {"ts": [5, 5]}}, {"window": {"ts": ["a", "b"]}}],
)
def test_no_brush_is_no_window(selection: dict[str, object] | None) -> None:
    assert history.window_of(selection, UTC) is None


def test_a_brush_may_be_drawn_from_right_to_left() -> None:
    left, right = 1000 * T0.timestamp(), 1000 * (T0 + H).timestamp()
    assert history.window_of({"window": {"ts": [right, left]}}, UTC) == (T0, T0 + H)


def event(hour: float, kind: str, **payload: object) -> Event:
    return Event(at=T0 + hour * H, event=kind, payload=payload)


def test_signs_near_one_another_are_one_that_counts_them() -> None:
    moves = [event(0.001 * i, "migration.observed", vmid=100 + i, source="a", target="b") for i in range(5)]
    far = event(20, "migration.observed", vmid=7, source="a", target="b")
    quiet = event(1, "recommendations.generated", count=1, summary="x", urgency="low")
    found = events.signs([*moves, far, quiet], T0, T0 + 24 * H)
    assert [sign.kind for sign in found] == ["Migration", "Migration"]
    assert found[0].about == (
        "100 moved from a to b; 101 moved from a to b; 102 moved from a to b; 2 more"
    )  # fmt: skip
    assert len(events.signs([event(i / 100, "data.stale", error="x") for i in range(2400)], T0, T0 + 24 * H)) <= 61


def test_every_kind_that_is_told_has_a_sentence() -> None:
    from pathlib import Path

    source = Path(happenings.__file__).read_text() + Path(happenings.__file__).with_name("rounds.py").read_text()
    named = {word for word in source.replace("'", '"').split('"') if "." in word and word.split(".")[0] in _ROOTS}
    assert named and named <= set(events.EVENT_NAMES)
    assert set(events.KINDS) <= set(events.EVENT_NAMES)


_ROOTS = {"recommendations", "recommendation", "node", "data", "capacity", "migration", "settings"}


def test_sentences_are_made_of_the_event_s_own_facts() -> None:
    over = {
        "node": "pve1", "crossed": ["cpu"],
        "metrics": {"cpu": {"value_pct": 67.2, "threshold_pct": 60.0}, "mem": {"value_pct": 80, "threshold_pct": 70}},
    }  # fmt: skip
    told = events.sentence(event(0, "node.overloaded", **over))
    assert told == "pve1 came over a threshold: CPU 67 % (threshold 60 %)"
    changed = event(0, "settings.changed", who="<b>me</b>", changed={"cpu_threshold": 55, "a": 1, "b": 2, "c": 3})
    assert events.sentence(changed) == "<b>me</b> changed cpu_threshold, a, b and 1 more"
    moved = event(0, "recommendations.changed", new=[{}], removed=[{}, {}], changed_targets=[], unchanged_count=1)
    assert events.sentence(moved) == "Recommendations: 1 new, 2 gone"
    assert events.sentence(event(0, "something.else", a=1)) == "something.else"
    assert events.sentence(event(0, "recommendations.cleared", previous_count=1)) == "1 recommendation before, none now"


def test_the_charts_draw_within_their_marks() -> None:
    marks = [mark(h, f"pve{n}", score=10.0 * n) for h in range(3) for n in range(9)]
    signs = events.signs([event(1, "migration.observed", vmid=1, source="a", target="b")], T0, T0 + 3 * H)
    frame = history.node_frame(marks, "score", [], UTC)
    shown = history.most_changed(marks, "score")
    assert shown == tuple(sorted(shown)) and len(shown) == 6
    for chart in (
        history.by_node(frame, "score", shown, signs, UTC),
        history.stacked(frame, shown, signs, UTC),
        history.cluster([whole(0), whole(1)], [(T0, T0 + H)], (), UTC),
    ):
        document = chart.to_dict()
        assert any(param["name"] == history.BRUSH for param in document["params"])
        assert document["description"]
        assert png(chart).startswith(b"\x89PNG")
    stacked = history.stacked(frame, shown, (), UTC).to_dict()
    rows = next(iter(stacked["datasets"].values()))
    assert {row["node"] for row in rows} == {*shown, "other nodes"}
    total = sum(row["value"] for row in rows if row["ts"] == rows[0]["ts"])
    assert total == sum(10.0 * n for n in range(9)), "nothing is lost in the band of the others"


def test_the_timeline_leaves_out_plain_assessments_until_they_are_asked_for() -> None:
    rows = [
        event(0, "recommendations.generated", count=1, summary="All is well.", urgency="none"),
        event(1, "migration.observed", vmid=101, source="pve1", target="pve2"),
    ]
    assert timeline.matching(rows, (), "") == [rows[1]]
    assert timeline.matching(rows, ("recommendations.generated",), "WELL") == [rows[0]]
    assert timeline.matching(rows, (), "pve9") == []
    table = timeline.event_table(rows, UTC)
    assert list(table.rows["about"]) == ["Assessed: 1 recommendation. All is well.", "101 moved from pve1 to pve2"]
