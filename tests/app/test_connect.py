"""The connect flow against a server with a certificate of its own: what it asks, what it says, where it leads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from proxbalance_core.ui import state
from tests.app.conftest import marked, opened, texts
from tests.support.pve_server import PASSWORD, SECRET, TOKEN_ID, USER, FakeCluster, PveServer, Running, running


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Running]:
    with running(PveServer(FakeCluster(nodes=3, guests=12)), tmp_path) as found:
        yield found


def filled(peer: Running, *, token: str = TOKEN_ID, secret: str = SECRET) -> AppTest:
    app = opened("settings")
    app.text_input(key="connect_hosts").set_value(peer.options["host"])
    app.text_input(key="connect_title").set_value("Office")
    app.text_input(key="connect_token").set_value(token)
    return app.text_input(key="connect_secret").set_value(secret).run()


def asked(app: AppTest) -> AppTest:
    return app.button(key="connect_test").click().run()


def trusted(app: AppTest) -> AppTest:
    return asked(app).button(key="connect_trust").click().run()


def shown_code(app: AppTest) -> str:
    return "\n".join(code.value for code in app.code)


def test_a_self_signed_certificate_is_shown_and_trusted_with_one_click(demo: Path, peer: Running) -> None:
    app = asked(filled(peer))
    assert app.button(key="connect_save").disabled
    fingerprint = next(code.value for code in app.code if code.value.count(":") == 31)
    app.button(key="connect_trust").click().run()
    assert app.text_input(key="connect_fingerprint").value == fingerprint
    assert not app.button(key="connect_save").disabled
    assert [found.value for found in app.error] == []


def test_each_of_two_hosts_shows_its_own_certificate(demo: Path, peer: Running, tmp_path: Path) -> None:
    (tmp_path / "two").mkdir()
    with running(PveServer(peer.server.cluster), tmp_path / "two") as second:
        app = filled(peer)
        hosts = [peer.options["host"], second.options["host"]]
        app.text_input(key="connect_hosts").set_value(", ".join(hosts)).run()
        app = trusted(app)
        pins = app.text_input(key="connect_fingerprint").value
        assert [pin.split("=")[0] for pin in pins.split(",")] == hosts
        assert not app.button(key="connect_save").disabled


def test_success_leads_to_the_new_clusters_overview(demo: Path, peer: Running) -> None:
    app = trusted(filled(peer))
    app.button(key="connect_save").click().run()
    assert [found.message for found in app.exception] == []
    assert app.header[0].value == "Overview"
    made = next(found for found in state.workbench().connections() if found.source == "proxmox")
    assert (made.title, app.session_state["cluster"]) == ("Office", made.id)
    assert any(str(toggle.key).startswith("overview_maintenance_") for toggle in app.toggle)
    assert SECRET not in str(made)


def test_a_user_with_a_password(demo: Path, peer: Running) -> None:
    app = filled(peer)
    app.radio(key="connect_sign_in").set_value("password").run()
    app.text_input(key="connect_user").set_value(USER)
    app.text_input(key="connect_password").set_value(PASSWORD).run()
    assert not trusted(app).button(key="connect_save").disabled


def test_a_wrong_secret_is_one_sentence(demo: Path, peer: Running) -> None:
    app = trusted(filled(peer, secret="wrong"))
    assert app.button(key="connect_save").disabled
    told = [text for text in texts(app) if "refused" in text]
    assert len(told) == 1
    assert "wrong" not in told[0]


def test_a_missing_privilege_is_named_with_its_command(demo: Path, peer: Running) -> None:
    peer.server.privileges -= {"Datastore.Audit"}
    app = trusted(filled(peer))
    assert any("Datastore.Audit" in text for text in texts(app))
    assert "pveum acl modify" in shown_code(app).split("Make a")[-1]
    assert not app.button(key="connect_save").disabled, "the rest is collected all the same"


def test_nobody_at_the_address(demo: Path, peer: Running) -> None:
    app = filled(peer)
    app.text_input(key="connect_hosts").set_value("127.0.0.1:1").run()
    app = asked(app)
    assert app.button(key="connect_save").disabled
    assert "Check the address and the port" in "\n".join([*texts(app), marked(app)])
