"""Node maintenance on the what-if page: the plan at once, choices, blockers, refusals, many nodes, hostile names."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from benchmarks.clusters import Shape, cluster
from proxbalance_core.ui import state
from tests.app.conftest import imported, marked, opened, texts
from tests.app.sample import HOSTILE, document, guest, node

VIEW = "Node maintenance"


def maintenance(cluster: str | None = None, *nodes: str) -> AppTest:
    query = {"whatif_view": VIEW} | ({"cluster": cluster} if cluster else {})
    app = opened("what_if", **query)
    return app.multiselect(key="whatif_empty_nodes").set_value(list(nodes)).run() if nodes else app


def quiet(app: AppTest) -> None:
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []


def lab(*more: dict[str, object]) -> str:
    """Three nodes, a VM and a container on the first; its title."""
    rows = [guest(100, "pve1", "web", 4.0), guest(101, "pve1", "dns", 1.0), *more]
    nodes = [node("pve1", 40.0, 30.0), node("pve2", 20.0, 30.0), node("pve3", 10.0, 30.0)]
    return imported(document("lab") | {"nodes": nodes, "guests": rows, "rules": []})


def test_without_a_node_it_says_what_to_do(demo: Path) -> None:
    app = maintenance()
    quiet(app)
    assert any(text.startswith("Pick the node that goes into maintenance") for text in texts(app))


def test_the_plan_is_there_as_soon_as_a_node_is_picked(folder: Path) -> None:
    app = maintenance(lab(), "pve1")
    quiet(app)
    assert any(text.startswith("pve1 can be emptied in 2 waves, about ") for text in texts(app))
    assert {"The moves, wave by wave", "Where each guest goes", "The nodes that stay, then"} <= {
        found.value for found in app.subheader
    }
    assert "1 container restarts on the way" in " ".join(texts(app))
    assert [len(frame.value) for frame in app.dataframe] == [2]
    (script,) = app.code
    assert "qm migrate 100" in script.value and "pct migrate 101" in script.value


def test_a_choice_is_planned_around_at_once(folder: Path) -> None:
    app = maintenance(lab(), "pve1")
    box = app.selectbox(key="whatif_empty_to_100")
    assert [option.split(":")[0] for option in box.options] == ["As planned", "pve3", "pve2", "Shut it down"]
    app = box.set_value("pve2").run()
    quiet(app)
    assert any(text.startswith("Chosen by hand. pve2 is at ") for text in texts(app))
    app = app.selectbox(key="whatif_empty_to_101").set_value("shut down").run()
    quiet(app)
    assert any(text.endswith("; 1 guest is shut down.") for text in texts(app))
    assert "Shut down meanwhile" in [found.value for found in app.subheader]
    assert app.code[0].value.rstrip().endswith("ssh root@pve1 'pct shutdown 101'")
    assert app.selectbox(key="whatif_empty_to_100").value == "pve2"
    app = app.button(key="whatif_empty_reset").click().run()
    assert not any("Chosen by hand" in text for text in texts(app))


def test_a_blocker_is_named_with_its_remedy_and_may_be_shut_down(folder: Path) -> None:
    app = maintenance(lab(guest(102, "pve1", "gpu", 1.0, pci_passthrough=True)), "pve1")
    quiet(app)
    assert "pve1 can't be emptied: gpu (102) can't leave." in texts(app)
    assert "→ Take the device out of it, or shut it down for the maintenance." in texts(app)
    assert [badge.value for badge in app.markdown if "Can't be emptied yet" in badge.value]
    app = app.button(key="whatif_empty_off_102").click().run()
    quiet(app)
    assert any("1 guest is shut down" in text for text in texts(app))


def test_a_choice_that_can_no_longer_be_is_taken_back_and_said(folder: Path) -> None:
    title = lab(guest(102, "pve1", "gpu", 1.0, pci_passthrough=True))
    cid, app = state.workbench().connection(title).id, maintenance(title, "pve1")
    app.session_state["whatif_empty_choices"] = {cid: {100: "pve2", 102: "pve3"}, "another": {101: "pve2"}}
    app = app.run()
    quiet(app)
    assert "Guest 102 can't leave pve1. It uses a PCI device of its node." in texts(app)
    assert app.session_state["whatif_empty_choices"] == {cid: {100: "pve2"}, "another": {101: "pve2"}}


def test_its_maintenance_is_switched_on_for_the_advice(folder: Path) -> None:
    title = lab()
    app = maintenance(title, "pve1")
    app = app.toggle(key="whatif_empty_switch").set_value(True).run()
    quiet(app)
    bench = state.workbench()
    latest = bench.generations(bench.connection(title).id, limit=1)[0]
    maintained = [node.name for node in bench.generation(latest.id).snapshot.nodes if node.maintenance]
    assert maintained == ["pve1"] and app.toggle(key="whatif_empty_switch").value
    assert any(text.startswith("pve1 can be emptied in 2 waves") for text in texts(app))


def test_the_overview_leads_to_it_where_maintenance_is_switched_on(folder: Path) -> None:
    title = lab()
    links = [found.proto.label for found in opened("overview", cluster=title).get("page_link")]
    assert "Plan its maintenance" not in links
    app = opened("overview", cluster=title)
    app = app.toggle(key="overview_maintenance_pve1").set_value(True).run()
    (link,) = [found.proto for found in app.get("page_link") if found.proto.label == "Plan its maintenance"]
    assert "whatif_empty_nodes=pve1" in link.query_string
    arrived = opened("what_if", cluster=title, whatif_view=VIEW)
    assert any(text.startswith("pve1 can be emptied") for text in texts(arrived)), (
        "the maintained node is picked already"
    )


def test_a_large_cluster_is_paged(folder: Path) -> None:
    title = imported(cluster(Shape(nodes=32, guests=1000)).to_dict())
    app = maintenance(title, "pve0000", "pve0003")
    quiet(app)
    boxes = [box for box in app.selectbox if str(box.key).startswith("whatif_empty_to_")]
    assert len(boxes) == 16


@pytest.mark.parametrize("choice", [{}, {100: "shut down"}])
def test_hostile_names_stay_text(hostile: str, choice: dict[int, str]) -> None:
    app = maintenance(hostile, "pve1")
    app.session_state["whatif_empty_choices"] = {state.workbench().connection(hostile).id: choice}
    app = app.run()
    quiet(app)
    shown = marked(app)
    assert not any(name in shown for name in HOSTILE)
    assert any(HOSTILE[0] in text for text in texts(app))
