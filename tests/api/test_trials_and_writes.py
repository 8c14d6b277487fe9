"""What would be if, and what is changed: the engine's own answers, and nothing lost by what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from proxbalance_core import (
    ClusterSnapshot,
    LoseNode,
    NewGuest,
    Settings,
    assess,
    drain,
    n_minus_1,
    place,
    simulate,
    what_if,
)
from proxbalance_core.domain.presets import changed
from proxbalance_core.domain.units import GIB
from proxbalance_core.services.access import add_token
from proxbalance_core.services.assessing import Generation
from proxbalance_core.services.validating import validate_move
from tests.api.conftest import Api


def made(api: Api) -> Generation:
    found = api.bench.latest("demo")
    assert found is not None
    return found


def scene(api: Api) -> tuple[ClusterSnapshot, Settings]:
    return made(api).snapshot, made(api).settings


def post(api: Api, path: str, body: Any = None) -> Any:
    answer = api.ask("POST", path, **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_trials_are_what_the_engine_says(api: Api) -> None:
    snapshot, settings = scene(api)
    node = snapshot.nodes[0].name
    asked = post(api, "/whatif", {"changes": [{"kind": "lose_node", "node": node}]})
    assert asked == what_if(snapshot, settings, [LoseNode(node=node)]).to_dict()
    wish = {"cpu_cores": 4, "mem_bytes": 8 * GIB}
    assert post(api, "/place", {"guest": wish}) == place(snapshot, settings, NewGuest(**wish)).to_dict()
    assert post(api, "/n-1") == n_minus_1(snapshot, settings).to_dict()
    assert post(api, "/drain", {"nodes": [node]}) == drain(snapshot, settings, [node], {}).to_dict()
    proposed = changed(settings, {"cpu_threshold": 40.0})
    assert (
        post(api, "/simulate", {"settings": {"cpu_threshold": 40}}) == simulate(snapshot, settings, proposed).to_dict()
    )


def test_a_plan_is_looked_for_anew(api: Api) -> None:
    told = post(api, "/plan", {"max_moves": 1})
    assert told["format"] == "proxbalance.plan/1"
    snapshot, settings = scene(api)
    assert told["plan"] == assess(snapshot, changed(settings, {"max_moves": 1})).to_dict()["plan"]
    assert 0 < len(told["plan"]["steps"]) < len(made(api).assessment["plan"]["steps"])
    assert post(api, "/plan", {"mode": "optimal"})["mode"] == "optimal"
    assert api.bench.settings("demo").max_moves == 0


def test_a_move_is_checked_as_the_app_checks_it(api: Api) -> None:
    move = made(api).assessment["recommendations"][0]
    told = post(api, "/validate", {"vmid": move["vmid"]})
    again = validate_move(api.bench, "demo", move["vmid"])
    assert (told["target"], told["passed"]) == (move["target"], again.passed)
    assert [check["check"] for check in told["checks"]] == [check.check for check in again.checks]


def test_generate_makes_the_next_assessment(api: Api) -> None:
    before = made(api).id
    told = post(api, "/generate")
    assert told["generation"] == made(api).id > before
    assert told["summary"] == made(api).assessment["summary"]


def test_collect_reads_the_cluster_once(api: Api) -> None:
    rounds = api.bench.status("demo").rounds
    told = post(api, "/collect")
    assert told["complete"] and told["notes"] == []
    assert (told["nodes"], told["guests"]) == (len(scene(api)[0].nodes), len(scene(api)[0].guests))
    assert api.bench.status("demo").rounds == rounds + 1
    assert len(api.bench.generations("demo")) == 2


def test_settings_are_read_replaced_merged_and_reset(api: Api) -> None:
    document = api.get("/settings")
    assert document == Settings().to_dict()
    told = api.ask("PATCH", "/settings", json={"cpu_threshold": 55, "include_ha": True}).json()
    assert told["changed"] == {
        "cpu_threshold": {"before": 60.0, "after": 55.0}, "include_ha": {"before": False, "after": True},
    }  # fmt: skip
    assert api.bench.settings("demo").cpu_threshold == 55.0
    assert api.bench.store.settings.history("demo")[0].who == "API token 'test'"
    assert api.ask("PUT", "/settings", json={"mem_threshold": 75}).json()["settings"]["cpu_threshold"] == 60.0
    assert api.ask("PUT", "/settings", json=document).json()["settings"] == document
    post(api, "/presets/aggressive")
    assert api.bench.settings("demo").profile == "aggressive"
    assert [p["name"] for p in api.get("/presets")["items"] if p["in_use"]] == ["aggressive"]
    assert (
        api.ask("PATCH", "/settings", json={"profile": "conservative"}).json()["settings"]["profile"] == "conservative"
    )
    entries = len(api.bench.store.settings.history("demo"))
    assert post(api, "/settings/reset")["settings"] == document
    assert post(api, "/settings/reset")["changed"] == {}
    assert len(api.bench.store.settings.history("demo")) == entries + 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/generate"), ("POST", "/collect"), ("PUT", "/settings"), ("PATCH", "/settings"),
        ("POST", "/settings/reset"), ("POST", "/presets/balanced"),
    ],
)  # fmt: skip
def test_who_may_only_read_changes_nothing(api: Api, method: str, path: str) -> None:
    _, reader = add_token(api.bench, "reader", ("read",))
    status, detail, _ = api.refused(method, path, token=reader, json={})
    assert (status, detail) == (403, "This needs a token with the scope 'write'; this one has read.")
    assert len(api.bench.generations("demo")) == 2
    assert api.bench.store.settings.history("demo") == ()


BROKEN: tuple[tuple[str, str, Any, int, str, str | None], ...] = (
    ("PUT", "/settings", "{cpu", 400, "The body is not JSON: ", "body"),
    ("PUT", "/settings", "[" * 100_000, 400, "The body is not JSON: ", "body"),
    ("PUT", "/settings", b"\xff\xfe", 400, "The body is not JSON: ", "body"),
    ("PUT", "/settings", "[]", 422, "body: ", "body"),
    ("PUT", "/settings", '{"cpu_treshold": 1}', 422, "cpu_treshold: there is no such setting", "body.cpu_treshold"),
    ("PATCH", "/settings", '{"cpu_threshold": NaN}', 422, "cpu_threshold: is a number", "body.cpu_threshold"),
    ("PATCH", "/settings", '{"mem_threshold": 1e999}', 422, "mem_threshold: ", "body.mem_threshold"),
    ("PATCH", "/settings", '{"profile": "wild"}', 422, "profile: is one of", "body.profile"),
    ("POST", "/settings/reset", '{"sure": true}', 422, "body.sure: this key is not part", "body.sure"),
    ("POST", "/presets/wild", "{}", 404, "There is no preset 'wild'", "path.name"),
    ("POST", "/whatif", "{}", 422, "body.changes: this key is required", "body.changes"),
    ("POST", "/whatif", '{"changes": [{"kind": "explode"}]}', 422, "body.changes.0: ", "body.changes.0"),
    ("POST", "/whatif", '{"changes": [{"kind": "lose_node", "node": "x", "now": 1}]}', 422, "body.changes.0.now: ",
     "body.changes.0.now"),
    ("POST", "/whatif", '{"changes": [{"kind": "lose_node", "node": "x"}]}', 422, "There is no node 'x'", None),
    ("POST", "/whatif", '{"changes": [{"kind": "add_guest", "guest": {"cpu_cores": 1, "mem_bytes": 1, "size": 2}}]}',
     422, "body.changes.0.guest.size: ", "body.changes.0.guest.size"),
    ("POST", "/place", '{"guest": {"cpu_cores": "4", "mem_bytes": 1}}', 422, "body.guest.cpu_cores: ",
     "body.guest.cpu_cores"),
    ("POST", "/place", '{"guest": {"cpu_cores": 1e12, "mem_bytes": 1}}', 422, "", None),
    ("POST", "/drain", '{"nodes": ["nowhere"]}', 422, "There is no node 'nowhere'", None),
    ("POST", "/drain", '{"nodes": ["pve1"], "choices": {"x": "pve2"}}', 422, "body.choices: 'x' is no vmid.",
     "body.choices"),
    ("POST", "/plan", '{"mode": "best"}', 422, "body.mode: ", "body.mode"),
    ("POST", "/plan", '{"settings": {"speed": 1}}', 422, "speed: there is no such setting", "body.speed"),
    ("POST", "/simulate", '{"settings": 3}', 422, "body.settings: ", "body.settings"),
    ("POST", "/validate", '{"vmid": 1}', 422, "Guest 1 is not recommended", None),
    ("POST", "/validate", '{"vmid": 1, "target": "pve1"}', 422, "There is no guest 1", None),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "sentence", "field"), BROKEN)
def test_what_is_wrong_with_a_body_is_one_sentence_and_nothing_is_lost(
    api: Api, method: str, path: str, body: Any, status: int, sentence: str, field: str | None
) -> None:
    before = api.bench.settings("demo")
    found = api.refused(method, path, content=body, headers={"Content-Type": "application/json"})
    assert (found[0], found[2]) == (status, field)
    assert found[1].startswith(sentence)
    assert api.bench.settings("demo") == before


def test_several_wrong_settings_are_told_at_once(api: Api) -> None:
    _, detail, _ = api.refused("PATCH", "/settings", json={"cpu_threshold": 500, "colour": 1})
    assert "cpu_threshold: is between" in detail
    assert "colour: there is no such setting" in detail


def test_a_cluster_that_does_not_answer_is_told(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from proxbalance_core.errors import SourceUnavailable

    def silent(*anything: object) -> None:
        raise SourceUnavailable("pve1 did not answer within 10 s.")

    monkeypatch.setattr(api.bench, "regenerate", silent)
    assert api.refused("POST", "/generate")[:2] == (502, "pve1 did not answer within 10 s.")
    monkeypatch.setattr(api.bench, "collect", silent)
    assert api.refused("POST", "/collect")[:2] == (502, "pve1 did not answer within 10 s.")
