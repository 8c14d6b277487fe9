"""The cluster map's page: its controls change what is drawn, and links to a recommendation arrive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core.present import words
from proxbalance_core.ui import advice, state
from tests.app.conftest import imported, marked, opened, texts
from tests.app.sample import HOSTILE, document


def sent(app: AppTest) -> dict[str, Any]:
    """What the map's drawing was told."""
    (found,) = app.get("bidi_component")
    return json.loads(found.proto.json)


def test_the_drawing_is_told_the_whole_cluster(hostile: str) -> None:
    app = opened("cluster_map", cluster=hostile)
    assert [found.message for found in app.exception] == []
    told = sent(app)
    assert [place["title"] for place in told["map"]["places"]] == ["pve1", "pve2", "pve3", "pve4"]
    assert len(told["map"]["bubbles"]) == len(document()["guests"])
    assert told["found"] is None
    assert any(text.endswith("pve1 carries the most penalty, 198 points.") for text in texts(app))


@pytest.mark.parametrize("size", ["CPU used", "Memory used", "Disk I/O", "Network", "Memory given"])
def test_bubbles_are_sized_by_any_of_five_figures(size: str, hostile: str) -> None:
    app = opened("cluster_map", cluster=hostile, map_size=size)
    assert f"Bubbles: {words.inside(size)}, the largest" in marked(app)


def test_predicted_draws_the_plan_as_done(hostile: str) -> None:
    app = opened("cluster_map", cluster=hostile)
    app.toggle(key="map_predicted").set_value(True).run()
    told = sent(app)["map"]
    assert told["predicted"]
    assert sum(bubble["ghost"] for bubble in told["bubbles"]) == sum(len(arrow["vmids"]) for arrow in told["arrows"])


def test_groups_take_the_place_of_nodes(hostile: str) -> None:
    app = opened("cluster_map", cluster=hostile)
    app.selectbox(key="map_group").set_value("type").run()
    assert {place["title"] for place in sent(app)["map"]["places"]} == {"VM", "CT"}
    assert app.toggle(key="map_predicted").disabled


def test_search_says_how_many_are_found(hostile: str) -> None:
    app = opened("cluster_map", cluster=hostile)
    app.text_input(key="map_find").set_value(HOSTILE[3]).run()
    assert len(sent(app)["found"]) == 1
    assert "1 of 15 guests found" in marked(app)


def test_an_empty_cluster_says_what_will_be_here(folder: Path) -> None:
    app = opened("cluster_map", cluster=imported(document() | {"guests": []}))
    assert [found.message for found in app.exception] == []
    assert "No guest on these nodes yet." in marked(app)


def test_a_link_turns_to_its_recommendation_and_opens_it(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice, "PAGE_LENGTH", 1)
    latest = state.workbench().latest("demo")
    assert latest is not None
    last = max(latest.assessment["recommendations"], key=lambda move: (min(move["steps"]), move["vmid"]))
    app = opened("recommendations", rec_move=last["id"])
    assert [found.message for found in app.exception] == []
    shown = [pills for pills in app.pills if str(pills.key).startswith("rec_details_")]
    assert [(pills.key, pills.value) for pills in shown] == [(f"rec_details_{last['id']}", "score")]
    assert "minimum 15" in " ".join(texts(app))


def test_a_link_that_is_older_than_the_plan_says_so(demo: Path) -> None:
    app = opened("recommendations", rec_move="000000000000")
    assert [found.value for found in app.info] == ["The recommendation that you came for is no longer made."]
