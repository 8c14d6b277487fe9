"""Every page of the registry on the demo cluster, and one thing done on each."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from proxbalance_core.errors import DatabaseDamaged, SourceUnavailable
from proxbalance_core.present import words
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.ui import checks, registry, shell, state
from tests.app.conftest import marked, opened, texts
from tests.app.sample import document

KEYS = [spec.key for spec in registry.PAGES]


def test_every_page_has_a_file_and_every_file_is_a_page() -> None:
    assert {spec.path for spec in registry.PAGES} == set(registry.PAGES_FOLDER.glob("*.py"))
    assert len({spec.key for spec in registry.PAGES}) == len(KEYS)
    assert all(spec.path.is_absolute() for spec in registry.PAGES)


@pytest.mark.parametrize("key", KEYS)
def test_every_page_is_drawn_on_the_demo_cluster(key: str, demo: Path) -> None:
    app = opened(key)
    assert [found.message for found in app.exception] == []
    assert [found.value for found in app.error] == []
    assert app.header[0].value == ("Open a file" if key == "upload" else registry.page(key).title)


def test_a_first_visit_makes_the_demo_cluster_and_its_first_assessment(folder: Path) -> None:
    app = opened()
    assert [found.value for found in app.error] == []
    assert app.metric[0].label == "Cluster health"
    assert "Demo cluster" in marked(app)


def troubled(monkeypatch: pytest.MonkeyPatch, **state: object) -> None:
    """Every cluster fares as told."""
    status = Workbench.status
    monkeypatch.setattr(Workbench, "status", lambda bench, cid: replace(status(bench, cid), **state))


@pytest.mark.parametrize("key", KEYS)
def test_old_data_are_announced_on_every_page(key: str, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, said = datetime.now(UTC) - timedelta(hours=3), "No route to **host**."
    troubled(monkeypatch, stale=True, last_success=old, last_error=said, error_kind="SourceUnavailable")
    app = opened(key)
    assert any(words.clock(old, UTC) in text and "3 hours ago" in text for text in texts(app))
    assert f"The last attempt said: {said}" in texts(app)
    assert any(text.startswith("→ No collector is running.") for text in texts(app))
    assert "Not reached" in marked(app)


def test_a_round_with_notes_alone_is_no_failure(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    troubled(monkeypatch, stale=False, last_error="The past of 2 guests could not be read.", error_kind="notes")
    app = opened("settings")
    assert "Partly read" in marked(app)
    assert "Not reached" not in marked(app)
    assert "The past of 2 guests could not be read." in texts(app)


@pytest.mark.parametrize("key", KEYS)
def test_a_cluster_that_was_never_read_says_so_on_every_page(
    key: str, demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Workbench, "generations", lambda *_, **__: ())
    monkeypatch.setattr(Workbench, "regenerate", lambda _, cid, **__: asked.append(cid))
    said = "pve1 does not answer on port 8006."
    troubled(monkeypatch, stale=True, last_success=None, last_error=said, error_kind="SourceUnavailable")
    app = opened(key)
    assert [found.message for found in app.exception] == []
    assert f"The last attempt said: {said}" in texts(app)
    assert ("No figures yet" in [found.value for found in app.subheader]) == (key not in ("settings", "upload"))
    assert asked == [], "a cluster that does not answer is not asked again by each look at a page"


def test_a_cluster_that_did_not_answer_is_asked_again_on_demand(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise SourceUnavailable("pve1 does not answer on port 8006.")

    with monkeypatch.context() as broken:
        broken.setattr(Workbench, "generations", lambda *_, **__: ())
        broken.setattr(Workbench, "regenerate", unreachable)
        app = opened()
        assert "No figures yet" in [found.value for found in app.subheader]
        assert "The last attempt said: pve1 does not answer on port 8006." in texts(app)
    app.button(key="first_again").click().run()
    assert app.metric[0].label == "Cluster health"


def test_a_damaged_database_is_explained(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def torn(*_: object, **__: object) -> Workbench:
        raise DatabaseDamaged("It was kept as proxbalance.db.damaged.", kept_as="proxbalance.db.damaged")

    monkeypatch.setattr(Workbench, "open", torn)
    app = opened()
    assert "damaged" in app.error[0].value
    assert "It was kept as proxbalance.db.damaged." in texts(app)


def test_a_page_that_fails_says_so_and_names_no_code(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(Workbench, "node_history", broken)
    app = opened()
    assert app.error[0].value == "Something went wrong on this page."
    assert not any("secret detail" in text for text in [*texts(app), marked(app)])


def test_maintenance_is_kept_and_the_node_is_emptied_in_the_advice(demo: Path) -> None:
    app = opened()
    switches = [toggle for toggle in app.toggle if str(toggle.key).startswith("overview_maintenance_")]
    switches[0].set_value(True).run()
    name = str(switches[0].key).removeprefix("overview_maintenance_")
    latest = state.workbench().latest("demo")
    assert latest is not None
    assert next(node for node in latest.snapshot.nodes if node.name == name).maintenance
    assert any(move["source"] == name for move in latest.assessment["recommendations"])


def test_regenerate_makes_a_new_assessment(demo: Path) -> None:
    app = opened()
    before = state.workbench().latest("demo")
    app.button(key="head_regenerate").click().run()
    after = state.workbench().latest("demo")
    assert before is not None
    assert after is not None
    assert after.id > before.id


def test_search_finds_a_guest_and_says_what_was_decided(demo: Path) -> None:
    latest = state.workbench().latest("demo")
    assert latest is not None
    vmid = latest.assessment["skipped"][0]["vmid"]
    app = opened()
    app.text_input(key="search").set_value(str(vmid)).run()
    assert any(str(vmid) in text for text in texts(app))


def test_recommendations_are_filtered_from_the_url(demo: Path) -> None:
    latest = state.workbench().latest("demo")
    assert latest is not None
    moves = latest.assessment["recommendations"]
    assert moves, "the demo cluster must have something to recommend"
    target = moves[0]["target"]
    app = opened("recommendations", rec_to=target)
    expected = sum(move["target"] == target for move in moves)
    assert f"{expected} of {len(moves)} recommendation{'s' if len(moves) != 1 else ''}" in marked(app)


def test_a_breakdown_opens_on_the_card(demo: Path) -> None:
    app = opened("recommendations")
    details = next(pills for pills in app.pills if str(pills.key).startswith("rec_details_"))
    details.set_value("score").run()
    assert any("Suitability" in text and "minimum 15" in text for text in texts(app))
    assert app.dataframe[0].value.iloc[-1, 0] == "Total penalty"


def test_a_move_is_checked_on_its_card(demo: Path) -> None:
    app = opened("recommendations")
    details = next(pills for pills in app.pills if str(pills.key).startswith("rec_details_"))
    details.set_value("check").run()
    assert "just now, nothing was changed" in marked(app)
    assert any(text.startswith("Proxmox's own check: ") for text in texts(app))
    again = next(button for button in app.button if str(button.key).startswith("rec_check_"))
    again.click().run()
    assert [found.message for found in app.exception] == []


def test_a_check_that_fails_says_why(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object, **__: object) -> None:
        raise SourceUnavailable("The demo does **not** answer.")

    monkeypatch.setattr(Workbench, "collect", silent)
    app = opened("recommendations")
    next(pills for pills in app.pills if str(pills.key).startswith("rec_details_")).set_value("check").run()
    assert any("It could not be checked: The demo does **not** answer." in text for text in texts(app))
    monkeypatch.setattr(checks, "validate_move", silent)
    next(button for button in app.button if str(button.key).startswith("rec_check_")).click().run()
    assert "The demo does **not** answer." in texts(app)


def test_a_guest_is_muted_until_a_date(demo: Path) -> None:
    app = opened("recommendations")
    details = next(pills for pills in app.pills if str(pills.key).startswith("rec_details_"))
    details.set_value("mute").run()
    next(button for button in app.button if str(button.key).endswith("_mute")).click().run()
    latest = state.workbench().latest("demo")
    assert latest is not None
    assert [skip["reason"] for skip in latest.assessment["skipped"]].count("muted") == 1


def test_not_recommended_is_filtered_by_reason(demo: Path) -> None:
    latest = state.workbench().latest("demo")
    assert latest is not None
    reason, count = next(iter(latest.assessment["summary"]["skip_reasons"].items()))
    app = opened("recommendations", rec_view="Not recommended", stay_reason=words.label(words.SKIPS, reason))
    assert len(app.dataframe[0].value) == count


def test_the_plan_is_a_script(demo: Path) -> None:
    app = opened("recommendations", rec_view="Plan")
    assert app.code[0].value.startswith("#!/bin/sh")


def test_two_nodes_are_compared(demo: Path) -> None:
    app = opened("compare", compare_view="Two nodes")
    assert app.dataframe[0].value.iloc[-1, 0] == "Total penalty"


def test_a_threshold_is_saved(demo: Path) -> None:
    app = opened("settings", settings_view="Thresholds")
    app.number_input(key="settings_cpu_threshold").set_value(55.0)
    next(button for button in app.button if button.label == "Save").click().run()
    assert state.workbench().settings("demo").cpu_threshold == 55.0


def test_a_preset_is_chosen(demo: Path) -> None:
    app = opened("settings", settings_view="Profile")
    app.button(key="settings_preset_conservative").click().run()
    assert state.workbench().settings("demo").profile == "conservative"


def test_all_times_are_of_the_chosen_zone(demo: Path) -> None:
    app = opened("settings", settings_view="App")
    assert "(UTC)" in marked(app)
    app.selectbox(key="settings_timezone").set_value("Asia/Tokyo")
    next(button for button in app.button if button.label == "Save").click().run()
    assert [found.value for found in app.error] == []
    assert r"(Asia/Tokyo)" in marked(app)
    latest = state.workbench().latest("demo")
    assert latest is not None
    assert latest.snapshot.timezone == "Asia/Tokyo"
    app.switch_page("../../pages/diagnostics.py").run()
    (last_run,) = (metric for metric in app.metric if metric.label == "Last run")
    assert last_run.help == words.exact(latest.at, ZoneInfo("Asia/Tokyo"))
    app.switch_page("../../pages/recommendations.py").run()
    assert any("JST" in code.value for code in opened("recommendations", rec_view="Plan").code)


def test_scoring_is_explained_with_own_numbers(demo: Path) -> None:
    app = opened("settings", settings_view="How scoring works")
    assert [found.message for found in app.exception] == []
    assert "4. A move has to be worth it" in [found.value for found in app.subheader]


def test_an_unfinished_connection_says_what_is_missing(demo: Path) -> None:
    app = opened("settings")
    app.button(key="connect_test").click().run()
    assert "a token ID like" in marked(app)
    assert "4. What the cluster said" not in marked(app)


def test_diagnostics_count_every_guest(demo: Path) -> None:
    latest = state.workbench().latest("demo")
    assert latest is not None
    app = opened("diagnostics")
    figures = {metric.label: metric.value for metric in app.metric}
    assert int(figures["Guests assessed"]) == len(latest.snapshot.guests)
    assert app.dataframe[0].value["guests"].sum() == len(latest.assessment["skipped"])


def test_a_dropped_snapshot_is_worked_with_like_a_cluster(demo: Path) -> None:
    app = opened("upload")
    content = json.dumps(document()).encode()
    app.file_uploader[0].set_value(("lab.json", content, "application/json")).run()
    app.button(key="upload_snapshot").click().run()
    assert [found.message for found in app.exception] == []
    made = next(connection for connection in state.workbench().connections() if connection.source == "file")
    assert app.session_state["cluster"] == made.id
    assert app.header[0].value == "Overview"


def test_a_dropped_snapshot_with_a_fault_names_its_place(demo: Path) -> None:
    wrong = document()
    wrong["nodes"][0]["colour"] = "red"
    app = opened("upload")
    app.file_uploader[0].set_value(("lab.json", json.dumps(wrong).encode(), "application/json")).run()
    app.button(key="upload_snapshot").click().run()
    assert any("nodes.0.colour" in text for text in texts(app))


def test_dropped_measurements_are_mapped_and_opened(demo: Path) -> None:
    hours = [f"2026-02-{1 + hour // 24:02d}T{hour % 24:02d}:00:00Z" for hour in range(96)]
    rows = [f"{at},{vmid},n{vmid % 2},1.5,4,8,16" for at in hours for vmid in (100, 101, 102)]
    head = "when,vmid,node,cores_used,cpu_cores,mem_used_gb,mem_gb"
    app = opened("upload")
    app.file_uploader[0].set_value(("load.csv", "\n".join([head, *rows]).encode(), "text/csv")).run()
    assert [found.message for found in app.exception] == []
    app.selectbox(key="upload_map_0").set_value("time").run()
    app.button(key="upload_trace").click().run()
    assert [text for text in texts(app) if "can't" in text] == []
    assert any(connection.source == "trace" for connection in state.workbench().connections())


def test_guests_and_nodes_lead_to_their_pages_in_proxmox(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web = "https://pve1.example.net:8006"
    assert not [link for key in KEYS for link in opened(key).get("link_button")], "the demo has no Proxmox behind it"
    monkeypatch.setattr(shell, "web_address", lambda _: web)
    latest = state.workbench().latest("demo")
    assert latest is not None
    nodes = {f"{web}/#v1:0:=node%2F{node.name}" for node in latest.snapshot.nodes}
    assert {link.proto.url for link in opened().get("link_button")} == nodes
    guests = {
        f"{web}/#v1:0:={'qemu' if move['type'] == 'vm' else 'lxc'}%2F{move['vmid']}"
        for move in latest.assessment["recommendations"]
    }
    assert {link.proto.url for link in opened("recommendations").get("link_button")} == guests
    stays = opened("recommendations", rec_view="Not recommended").dataframe[0].value
    assert stays["link"].str.startswith(f"{web}/#v1:0:=").all()
    assert len(opened("compare").get("link_button")) == 1
    assert len(opened("compare", compare_view="Two nodes").get("link_button")) == 2
