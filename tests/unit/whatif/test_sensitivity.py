"""``sensitivity``: what it says turns does turn there, and not a step before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from proxbalance_core import Settings, assess, sensitivity, suggestions
from proxbalance_core.cli import app
from proxbalance_core.domain import schemas
from proxbalance_core.domain.presets import changed
from proxbalance_core.domain.sensitivities import LEVERS, Sensitivity
from proxbalance_core.domain.sliders import moved, place
from tests.support.clusters import random_cluster
from tests.support.example import snapshot as example

SNAPSHOT, MINE = random_cluster(3), Settings()
BY_KEY = {lever.key: lever for lever in LEVERS}


def targets(settings: Settings) -> dict[int, str]:
    return {move.vmid: move.target for move in assess(SNAPSHOT, settings).recommendations}


@pytest.fixture(scope="module")
def found() -> Sensitivity:
    return sensitivity(SNAPSHOT, MINE)


def test_every_turn_is_one(found: Sensitivity) -> None:
    assert {turn.outcome for turn in found.turns} >= {"appears", "vanishes"}
    now = targets(MINE)
    for turn in found.turns:
        lever = BY_KEY[turn.key]
        there = targets(moved(MINE, lever, turn.at))
        assert there.get(turn.vmid) == turn.target != now.get(turn.vmid)
        assert (turn.vmid in now, turn.vmid in there) == {
            "appears": (False, True), "vanishes": (True, False), "goes elsewhere": (True, True),
        }[turn.outcome]  # fmt: skip
        last = turn.at + (turn.within if turn.at < turn.now else -turn.within)
        if abs(last - turn.now) > 1e-9:
            assert targets(moved(MINE, lever, last)).get(turn.vmid) == now.get(turn.vmid)


def test_a_guest_turns_once_on_each_side(found: Sensitivity) -> None:
    seen = [(turn.key, turn.vmid, turn.at < turn.now) for turn in found.turns]
    assert len(seen) == len(set(seen))
    assert all(turn.within <= (BY_KEY[turn.key].high - BY_KEY[turn.key].low) / 8 + 1e-9 for turn in found.turns)


def test_scores_sway_as_the_engine_scores(found: Sensitivity) -> None:
    lever = BY_KEY["cpu_threshold"]
    for sway in (sway for sway in found.sways if sway.key == lever.key):
        for at, score in ((lever.low, sway.at_low), (lever.high, sway.at_high), (60.0, sway.now)):
            told = assess(SNAPSHOT, changed(MINE, {"cpu_threshold": at}))
            assert next(node.score for node in told.nodes if node.name == sway.node) == score
        assert sway.least <= min(sway.at_low, sway.at_high) and sway.swing >= abs(sway.at_high - sway.at_low)


def test_what_stands_off_its_lever_is_named_and_left_out() -> None:
    odd = changed(MINE, {"weight_current": 0.1, "weight_24h": 0.8, "weight_7d": 0.1})
    found = sensitivity(SNAPSHOT, odd)
    assert place(odd, BY_KEY["time_horizon"]) is None
    assert found.off == ("time_horizon",) and not any(sway.key == "time_horizon" for sway in found.sways)


def test_it_can_be_stopped_and_says_so() -> None:
    shares: list[float] = []
    found = sensitivity(SNAPSHOT, MINE, on_progress=lambda share: shares.append(share) or len(shares) < 3)
    assert found.stopped and len(shares) == 3
    assert not sensitivity(SNAPSHOT, MINE).stopped


def test_its_document_is_as_the_schema_says(found: Sensitivity) -> None:
    advised = suggestions(SNAPSHOT, changed(MINE, {"cpu_threshold": 85.0})).to_dict()
    for schema, document in (
        (schemas.sensitivity_schema(), found.to_dict()), (schemas.suggestions_schema(), advised),
    ):  # fmt: skip
        assert list(Draft202012Validator(schema).iter_errors(document)) == []


def test_the_command_says_it_in_a_table_and_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxbalance_core.whatif.sensitivity.MOST_LOOKS", 10)
    file = tmp_path / "s.json"
    file.write_text(json.dumps(example()))
    told = CliRunner().invoke(app, ["sensitivity", str(file), "--json"])
    assert (told.exit_code, json.loads(told.stdout)["format"]) == (0, "proxbalance.sensitivity/1")
    shown = CliRunner().invoke(app, ["sensitivity", str(file)])
    assert shown.exit_code == 0 and "What drives the nodes' points" in shown.stdout
