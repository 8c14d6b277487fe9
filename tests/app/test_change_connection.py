"""A saved connection is changed in the app: tested first, refused in a sentence, and what was collected stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core.services.workbench import ConnectionWish
from proxbalance_core.ui import state
from tests.app.conftest import opened, texts
from tests.support.pve_server import SECRET, FakeCluster, PveServer, Running, running


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Running]:
    with running(PveServer(FakeCluster(nodes=2, guests=4)), tmp_path) as found:
        yield found


@pytest.fixture
def cid(demo: Path, peer: Running) -> str:
    wish = ConnectionWish(title="Office", options=tuple(peer.options.items()), secret=SECRET)
    return state.workbench().add_connection(wish).id


def changing(cid: str) -> AppTest:
    app = opened("settings")
    app.session_state[f"connection_change_{cid}"] = True
    app.run()
    assert [found.message for found in app.exception] == []
    return app


def test_the_form_shows_what_is_and_saves_nothing_by_itself(cid: str, peer: Running) -> None:
    app = changing(cid)
    assert app.text_input(key=f"change_{cid}_hosts").value == peer.options["host"]
    assert app.text_input(key=f"change_{cid}_secret").value == ""
    assert app.button(key=f"change_{cid}_save").disabled


def test_a_new_name_needs_no_test(cid: str) -> None:
    app = changing(cid)
    app.text_input(key=f"change_{cid}_title").set_value("Head office").run()
    app.button(key=f"change_{cid}_save").click().run()
    assert [found.value for found in app.error] == []
    assert state.workbench().connection(cid).title == "Head office"


def test_a_wrong_secret_is_tested_told_and_not_saved(cid: str) -> None:
    before = state.workbench().connection(cid)
    app = changing(cid)
    app.text_input(key=f"change_{cid}_secret").set_value("wrong-secret").run()
    app.button(key=f"change_{cid}_test").click().run()
    assert app.button(key=f"change_{cid}_save").disabled
    assert state.workbench().connection(cid) == before
    assert not any("wrong-secret" in text for text in texts(app))


def test_a_tested_change_is_saved(cid: str, peer: Running) -> None:
    app = changing(cid)
    host = peer.options["host"].replace("127.0.0.1", "localhost")
    app.text_input(key=f"change_{cid}_hosts").set_value(f"{peer.options['host']}, {host}").run()
    app.button(key=f"change_{cid}_test").click().run()
    save = app.button(key=f"change_{cid}_save")
    if save.disabled:
        pytest.skip("localhost is not 127.0.0.1 here")
    save.click().run()
    assert state.workbench().connection(cid).option("host") == f"{peer.options['host']},{host}"


def test_another_token_asks_for_its_secret(cid: str) -> None:
    app = changing(cid)
    app.text_input(key=f"change_{cid}_token_id").set_value("other@pve!app").run()
    assert any("its secret" in caption.value for caption in app.caption)
