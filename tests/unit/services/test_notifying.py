"""From an event to a receiver: once, in time, tried again, and given up after a day."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proxbalance_core.cli import app
from proxbalance_core.domain.notices import EVENTS
from proxbalance_core.domain.records import Event
from proxbalance_core.errors import ConfigError
from proxbalance_core.present import events
from proxbalance_core.services import notifying
from proxbalance_core.services.courier import Courier
from proxbalance_core.services.notifying import TargetWish
from proxbalance_core.services.workbench import Workbench
from tests.support.receiver import Receiver, receiving

NOW = datetime(2026, 2, 9, 10, 30, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Workbench]:
    with Workbench.open(tmp_path / "data", clock=clock) as made:
        made.add_demo()
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def hook(bench: Workbench, receiver: Receiver, **more: Any) -> str:
    wish = TargetWish(title="Ops", kind="webhook", url=receiver.url, **more)
    return notifying.add(bench, wish)[0].id


def chat(bench: Workbench, receiver: Receiver, **more: Any) -> str:
    wish = TargetWish(title="Room", kind="chat", url=f"json://127.0.0.1:{receiver.port}/", **more)
    return notifying.add(bench, wish)[0].id


def moved(bench: Workbench, vmid: int = 101, name: str = "data.back") -> None:
    facts = {"vmid": vmid, "source": "pve1", "target": "pve2", "after_failures": 2}
    bench.store.events.append("demo", Event(at=bench.clock(), event=name, payload=facts))


def turn(bench: Workbench) -> int:
    return notifying.turn(bench, lambda: 0.5)


def test_an_event_is_sent_once_and_only_what_came_after_the_target(bench: Workbench, receiver: Receiver) -> None:
    moved(bench)
    hook(bench, receiver)
    assert turn(bench) == 0, "what was before is not told"
    moved(bench)
    assert (turn(bench), turn(bench)) == (1, 0)
    ((headers, body),) = receiver.taken
    document = json.loads(body)
    assert (document["event"], document["cluster"], document["data"]["vmid"]) == ("data.back", "demo", 101)
    assert document["delivery"] == headers["X-ProxBalance-Delivery"]
    (row,) = bench.store.notices.log()
    assert (row.state, row.attempts, bench.store.notices.counts()) == ("sent", 1, {"sent": 1})


def test_what_nobody_asked_for_is_passed_over(bench: Workbench, receiver: Receiver) -> None:
    hook(bench, receiver, events=("node.overloaded",))
    other = hook(bench, receiver, events=("data.back",), cluster="demo")
    notifying.switch(bench, other, False)
    moved(bench)
    assert turn(bench) == 0
    notifying.switch(bench, other, True)
    assert turn(bench) == 0, "what happened while it was off is not told later"


def test_a_receiver_that_fails_is_tried_again_and_then_given_up(
    bench: Workbench, receiver: Receiver, clock: Clock
) -> None:
    hook(bench, receiver)
    moved(bench)
    receiver.answers = [500] * 200
    turn(bench)
    (row,) = bench.store.notices.log()
    assert (row.state, row.attempts, row.last_error) == ("waiting", 1, "It answered 500.")
    assert row.due_at == NOW + timedelta(seconds=30)
    assert turn(bench) == 0, "not before it is due"
    while bench.store.notices.log()[0].state == "waiting":
        clock.now = bench.store.notices.log()[0].due_at
        turn(bench)
    (row,) = bench.store.notices.log()
    assert row.state == "given_up" and timedelta(days=1) <= clock.now - NOW <= timedelta(days=1, hours=1)
    assert 25 <= row.attempts <= 40


def test_one_that_recovers_gets_it_with_the_same_key(bench: Workbench, receiver: Receiver, clock: Clock) -> None:
    hook(bench, receiver)
    moved(bench)
    receiver.answers = [503]
    turn(bench)
    key = bench.store.notices.log()[0].key
    clock.now += timedelta(minutes=1)
    turn(bench)
    assert receiver.taken[0][0]["X-ProxBalance-Delivery"] == key
    assert bench.store.notices.log()[0].attempts == 2


def test_one_that_is_gone_is_not_tried_again(bench: Workbench, receiver: Receiver) -> None:
    hook(bench, receiver)
    moved(bench)
    receiver.answers = [410]
    turn(bench)
    assert bench.store.notices.log()[0].state == "given_up"


def test_quiet_hours_end_in_one_message(bench: Workbench, receiver: Receiver, clock: Clock) -> None:
    chat(bench, receiver, quiet="22:00-07:00")
    clock.now = datetime(2026, 2, 9, 23, 0, tzinfo=UTC)
    for vmid in (101, 102):
        moved(bench, vmid)
    assert turn(bench) == 0
    clock.now = datetime(2026, 2, 10, 7, 0, 5, tzinfo=UTC)
    assert turn(bench) == 2
    (taken,) = receiver.taken
    document = json.loads(taken[1])
    assert document["title"] == "Demo cluster: 2 events"
    assert document["message"].count("Figures are fresh again after 2 failures") == 2


def test_names_call_nobody_and_stay_on_their_line(bench: Workbench, receiver: Receiver) -> None:
    chat(bench, receiver, events=("settings.changed",))
    facts = {"who": "@everyone\n# <b>hi</b>", "changed": {"cpu_threshold": 55}}
    bench.store.events.append("demo", Event(at=NOW, event="settings.changed", payload=facts))
    turn(bench)
    text = json.loads(receiver.taken[0][1])["message"]
    assert "@everyone" not in text and "\n" not in text and "<b>hi</b> changed cpu_threshold" in text


def test_addresses_and_keys_are_with_the_secrets_alone(bench: Workbench, receiver: Receiver, tmp_path: Path) -> None:
    target, key = notifying.add(bench, TargetWish(title="Ops", kind="webhook", url=receiver.url))
    assert key is not None
    moved(bench)
    turn(bench)
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("proxbalance.db*"))
    assert b"hush" not in kept and key.encode() not in kept
    assert bench.secrets.get(f"notify:{target.id}")["url"] == receiver.url
    assert b"hush" not in bench.debug_bundle("demo")
    notifying.remove(bench, target.id)
    assert bench.secrets.get(f"notify:{target.id}") == {} and bench.store.notices.log() == ()


def test_a_secret_that_is_gone_is_said(bench: Workbench, receiver: Receiver) -> None:
    target = hook(bench, receiver)
    bench.secrets.remove(f"notify:{target}")
    moved(bench)
    turn(bench)
    assert bench.store.notices.log()[0].last_error == notifying.GONE


def test_a_test_and_a_report_are_sent_at_once(bench: Workbench, receiver: Receiver) -> None:
    assert notifying.test(bench, hook(bench, receiver)).fault is None
    came = notifying.send_message(bench, chat(bench, receiver), "February", "See the file.", ("f.pdf", b"%PDF-"))
    assert came.fault is None
    assert json.loads(receiver.taken[0][1])["data"]["text"].startswith("A test of ProxBalance")
    assert json.loads(receiver.taken[1][1])["attachments"][0]["filename"] == "f.pdf"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"title": " "}, "needs a title"),
        ({"kind": "pigeon"}, "is a webhook or a chat"),
        ({"events": ("no.such",)}, "Events to send are some of"),
        ({"events": ()}, "Events to send are some of"),
        ({"url": "x" * 2001}, "at most 2000 characters"),
        ({"url": "nope"}, "begins with https://"),
        ({"quiet": "late"}, "written like 22:00-07:00"),
        ({"quiet": "22:00-25:00"}, "written like 22:00-07:00"),
        ({"cluster": "no"}, "There is no connection 'no'"),
    ],
)
def test_what_can_t_be_a_target_is_refused(bench: Workbench, wish: dict[str, Any], said: str) -> None:
    fields: dict[str, Any] = {"title": "Ops", "kind": "webhook", "url": "https://example.test/hook"} | wish
    with pytest.raises(ConfigError, match=said):
        notifying.add(bench, TargetWish(**fields))
    assert bench.store.notices.targets() == ()


def test_every_event_that_can_be_sent_has_a_name() -> None:
    assert set(EVENTS) <= set(events.EVENT_NAMES)


def test_of_two_couriers_one_sends(bench: Workbench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxbalance_core.services.courier.EVERY_S", 0.02)
    hook(bench, receiver)
    moved(bench)
    couriers = [Courier(bench), Courier(bench)]
    for courier in couriers:
        courier.start()
    for _ in range(200):
        if bench.store.notices.counts().get("sent"):
            break
        couriers[0]._stop.wait(0.02)
    for courier in couriers:
        courier.stop()
    assert len(receiver.taken) == 1


def test_the_commands(bench: Workbench, receiver: Receiver, tmp_path: Path) -> None:
    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["notify", *words, "--data-dir", str(tmp_path / "data")])
        assert done.exit_code == code, done.output
        return done.output

    made = json.loads(run("add", "Ops", receiver.url, "--event", "data.back", "--quiet", "22:00-07:00", "--json"))
    assert len(made["key"]) > 30
    assert "hush" not in run("list") and json.loads(run("list", "--json"))[0]["events"] == ["data.back"]
    assert "It was taken." in run("test", "Ops")
    receiver.answers = [500]
    assert "It was not taken. It answered 500." in run("test", "Ops", code=1)
    moved(bench)
    turn(bench)
    assert json.loads(run("log", "--json"))[0]["event"] == "data.back" and "data.back" in run("log")
    run("remove", "Ops")
    assert "There is no target 'Ops'" in run("test", "Ops", code=1)


def test_a_courier_outlives_what_goes_wrong(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    turns: list[int] = []

    def broken(_: Workbench) -> int:
        turns.append(1)
        raise KeyError("what nobody thought of")

    monkeypatch.setattr("proxbalance_core.services.courier.turn", broken)
    for name in ("EVERY_S", "AFTER_A_FAULT_S"):
        monkeypatch.setattr(f"proxbalance_core.services.courier.{name}", 0.01)
    courier = Courier(bench)
    courier.start()
    for _ in range(300):
        if len(turns) > 2:
            break
        courier._stop.wait(0.01)
    courier.stop()
    assert len(turns) > 2
