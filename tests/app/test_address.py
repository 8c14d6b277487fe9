"""What is looked at stays in the URL from page to page; a URL from elsewhere is followed, however odd it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import opened


def shown(app: AppTest) -> tuple[object, list[str]]:
    return app.session_state["range"], app.multiselect(key="nodes").value


def asked(app: AppTest, key: str) -> list[str]:
    value = app.query_params[key]
    return [value] if isinstance(value, str) else list(value)


def test_a_url_is_followed_and_stays_on_the_next_page(demo: Path) -> None:
    app = opened(range="7 d", nodes="pve2")
    assert shown(app) == ("7 d", ["pve2"])
    app.query_params.clear()  # as a browser does on the way to another page
    app.switch_page("../../pages/compare.py").run()
    assert shown(app) == ("7 d", ["pve2"])
    assert (asked(app, "range"), asked(app, "nodes")) == (["7 d"], ["pve2"])


def test_a_choice_goes_to_the_url_and_the_default_leaves_it(demo: Path) -> None:
    app = opened()
    assert "nodes" not in app.query_params and "range" not in app.query_params and "cluster" not in app.query_params
    app.multiselect(key="nodes").set_value(["pve1", "pve3"]).run()
    assert asked(app, "nodes") == ["pve1", "pve3"]
    app.multiselect(key="nodes").set_value([]).run()
    assert "nodes" not in app.query_params


def test_a_link_to_another_choice_is_followed_later_too(demo: Path) -> None:
    app = opened(nodes="pve1")
    app.query_params["nodes"] = "pve3"
    app.run()
    assert shown(app)[1] == ["pve3"]


@pytest.mark.parametrize("value", ["<img src=x onerror=alert(1)>", "pve99", "7 d"])
def test_what_no_one_knows_falls_away(demo: Path, value: str) -> None:
    app = opened(range=value if value != "7 d" else "8 d", nodes=value, cluster=value)
    assert not app.exception
    assert shown(app) == ("24 h", [])
    assert not {"range", "nodes", "cluster"} & set(app.query_params)


def test_a_cluster_is_found_by_its_id_and_by_its_title(demo: Path, hostile: str) -> None:
    app = opened(cluster=hostile)
    mine = app.session_state["cluster"]
    assert mine != "demo" and asked(app, "cluster") == [mine]
    assert opened(cluster=mine).session_state["cluster"] == mine
