"""The what-if page: every kind of change, refusals, many nodes and guests, hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.clusters import Shape, cluster
from tests.app.conftest import imported, marked, opened, texts
from tests.app.sample import HOSTILE


def pick(app: AppTest, *kinds: str) -> AppTest:
    """Switch to these kinds of change."""
    return app.pills(key="whatif_kinds").set_value(list(kinds)).run()


def quiet(app: AppTest) -> None:
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []


def answer(app: AppTest) -> str:
    """The sentence on top."""
    return next(text for text in texts(app) if ": " in text and text.endswith("."))


def test_it_answers_at_once_with_a_node_that_fails(demo: Path) -> None:
    app = opened("what_if")
    quiet(app)
    assert answer(app).startswith("Without pve1: ")
    assert {metric.label for metric in app.metric} >= {"Cluster health", "Without a place", "Strain"}
    assert "Moves advised then" in [found.value for found in app.subheader]


@pytest.mark.parametrize(
    ("kind", "begin"),
    [
        ("node", "With the new node pve6: "),
        ("size", "With 64 GB more in pve1: "),
        ("guests", "With a new guest of 4 cores and 8 GB: the new guest starts on "),
        ("fewer", "On 4 nodes: "),
    ],
)
def test_other_changes(demo: Path, kind: str, begin: str) -> None:
    app = pick(opened("what_if"), kind)
    quiet(app)
    assert answer(app).startswith(begin)


def test_nothing_picked_says_what_to_do(demo: Path) -> None:
    app = pick(opened("what_if"))
    quiet(app)
    assert any(text.startswith("Nothing is changed yet") for text in texts(app))
    assert any(text.startswith("Nothing is changed yet") for text in texts(pick(app, "grow")))


def test_a_node_is_drained_from_the_url(demo: Path) -> None:
    app = opened("what_if", whatif_kinds="A node is drained", whatif_drain_nodes="pve3")
    quiet(app)
    assert answer(app).startswith("With pve3 drained: ")


def test_a_guest_grows_and_others_are_moved_by_hand(demo: Path) -> None:
    app = pick(opened("what_if"), "grow", "move")
    grown, moved = app.selectbox(key="whatif_grow_guest"), app.multiselect(key="whatif_move_guests")
    grown.set_value(grown.options[0])
    moved.set_value(moved.options[1:3]).run()
    quiet(app)
    vmid, *others = (int(label.split()[1]) for label in moved.options[:3])
    app.number_input(key=f"whatif_grow_times_{vmid}").set_value(3.0)
    for other in others:
        target = app.selectbox(key=f"whatif_move_to_{other}")
        target.set_value(target.options[0])
    app.run()
    quiet(app)
    assert "3 times its load" in answer(app) and "2 guests moved by hand" in answer(app)


def test_changes_compose_and_the_state_can_be_switched(demo: Path) -> None:
    app = pick(opened("what_if"), "lose", "size")
    assert answer(app).startswith("Without pve1 and with 64 GB more in pve1")
    app.segmented_control(key="whatif_stage_after").set_value("advised").run()
    quiet(app)


def test_what_can_not_be_is_one_sentence(demo: Path) -> None:
    app = pick(opened("what_if"), "lose", "drain")
    app.multiselect(key="whatif_drain_nodes").set_value(["pve1"]).run()
    quiet(app)
    assert "Node 'pve1' can be lost or drained only once." in texts(app)
    app.multiselect(key="whatif_drain_nodes").set_value([])
    app.multiselect(key="whatif_lose_nodes").set_value(["pve1", "pve2", "pve3", "pve4", "pve5"]).run()
    assert any("no node would be left for the guests" in text for text in texts(app))


def test_the_best_node_for_a_new_guest(demo: Path) -> None:
    app = opened("what_if", whatif_view="Best node for a new guest")
    quiet(app)
    assert any("suits it best" in text for text in texts(app))
    ranks = app.dataframe[0].value
    assert ranks["rank"].iloc[0] == "1" and len(ranks) == 5
    app.number_input(key="whatif_place_cores").set_value(4000.0).run()
    assert any(text.startswith("None of 5 nodes can take it") for text in texts(app))


def test_hostile_names_stay_text(hostile: str) -> None:
    app = opened("what_if", cluster=hostile, whatif_lose_nodes="pve1")
    quiet(app)
    shown = marked(app)
    assert not any(name in shown for name in HOSTILE)
    assert any(HOSTILE[0] in str(cell) for frame in app.dataframe for cell in frame.value.to_numpy().ravel())


def test_one_node_has_none_to_spare(folder: Path) -> None:
    from tests.app.sample import document

    alone = document("alone") | {"guests": []}
    alone["nodes"] = alone["nodes"][:1]
    app = opened("what_if", cluster=imported(alone))
    quiet(app)
    assert "With pve1 lost no node would be left for the guests." in texts(app)
    app = pick(app, "fewer")
    quiet(app)
    assert "With one node that takes guests there is none to spare." in marked(app)


def test_many_nodes_are_a_table(folder: Path) -> None:
    snapshot = cluster(Shape(nodes=16, guests=120, ahead=False)).to_dict()
    app = opened("what_if", cluster=imported(snapshot))
    quiet(app)
    table = next(frame.value for frame in app.dataframe if "cpu_then" in frame.value.columns)
    assert len(table) == 16 and table["node"].iloc[0] == "pve0000"


def test_each_node_lost_in_turn(demo: Path) -> None:
    app = opened("what_if", whatif_view="If a node fails (N-1)")
    quiet(app)
    assert "Each node lost in turn, the weakest first" in [found.value for found in app.subheader]
    assert {metric.label for metric in app.metric} >= {"May be lost", "Weakest node"}
    said = [text for text in texts(app) if text.startswith("If pve")]
    assert {f"pve{n}" for n in range(1, 6)} == {text.split()[1] for text in said}


def test_n_minus_1_of_a_large_cluster_is_a_table(demo: Path) -> None:
    large = imported(cluster(Shape(nodes=12, guests=100)).to_dict())
    app = opened("what_if", cluster=large, whatif_view="If a node fails (N-1)")
    quiet(app)
    assert len(app.dataframe[0].value) == 12
