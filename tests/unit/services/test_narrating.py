"""AI text against a provider on this machine that also lies, stalls and breaks."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core import assess
from proxbalance_core.domain.narration import Provider
from proxbalance_core.errors import ConfigError
from proxbalance_core.notify import webhook
from proxbalance_core.services import narrating
from proxbalance_core.services.workbench import Workbench
from tests.support.clusters import random_cluster
from tests.support.receiver import receiving
from tests.support.storyteller import Storyteller, telling

TOLD = assess(random_cluster(3))
FACTS = narrating.of_assessment(TOLD)
NAMES = narrating.names_of(TOLD)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 2, 9, 10, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bench(tmp_path: Path, clock: Clock) -> Iterator[Workbench]:
    narrating._kept.clear()
    with Workbench.open(tmp_path / "data", clock=clock) as made:
        yield made


@pytest.fixture
def teller() -> Iterator[Storyteller]:
    with telling() as made:
        yield made


def chosen(bench: Workbench, teller: Storyteller, **more: Any) -> Provider:
    wanted = Provider(**({"url": teller.url, "model": "small", "timeout_s": 1.0} | more))
    narrating.choose(bench, wanted, "s3cret")
    return wanted


def said(text: str, stance: str = "adds") -> Any:
    return lambda _: json.dumps({"text": text, "stance": stance})


def test_off_until_someone_is_named(bench: Workbench) -> None:
    assert narrating.provider(bench) is None
    with pytest.raises(ConfigError, match="AI text is off"):
        narrating.narrate(bench, FACTS, NAMES)


@pytest.mark.parametrize(("kind", "path"), [("openai", "/chat/completions"), ("anthropic", "/v1/messages")])
def test_it_is_asked_by_its_protocol_and_labelled(bench: Workbench, teller: Storyteller, kind: str, path: str) -> None:
    chosen(bench, teller, kind=kind, price_in=1.0, price_out=10.0)
    teller.tell = said("All is well.", "agrees")
    found = narrating.narrate(bench, FACTS, NAMES)
    assert (found.text, found.stance, found.dropped) == ("All is well.", "agrees", None)
    assert (found.tokens_in, found.tokens_out, found.cost) == (120, 30, pytest.approx(0.00042))
    asked, headers, body = teller.asked[0]
    assert asked == path and body["model"] == "small"
    assert "s3cret" in (headers["x-api-key"] if kind == "anthropic" else headers["authorization"])


def test_names_stay_here_and_come_back_in_the_text(bench: Workbench, teller: Storyteller) -> None:
    chosen(bench, teller)
    node = TOLD.nodes[0].name
    aliases: dict[str, str] = {}

    def tell(question: str) -> str:
        from proxbalance_core.domain.narration import pseudonyms

        aliases.update(pseudonyms(NAMES))
        assert not any(f'"{name}"' in question for name in NAMES if name)
        return json.dumps({"text": f"Look at {aliases[node]}.", "stance": "adds"})

    teller.tell = tell
    assert narrating.narrate(bench, FACTS, NAMES).text == f"Look at {node}."
    chosen(bench, teller, names=True)
    teller.tell = said("Fine.")
    narrating.narrate(bench, FACTS, NAMES)
    assert TOLD.nodes[0].name in json.dumps(teller.asked[-1][2])


def test_a_liar_s_text_is_dropped_and_that_is_said(bench: Workbench, teller: Storyteller) -> None:
    chosen(bench, teller)
    teller.tell = said("It saves 99.87 % for good.")
    found = narrating.narrate(bench, FACTS, NAMES)
    assert (found.text, found.dropped) == ("", "It names figures that are not in the facts: 99.87.")
    assert narrating.tally(bench).dropped == 1


def test_the_facts_own_figures_are_kept(bench: Workbench, teller: Storyteller) -> None:
    chosen(bench, teller)
    health = TOLD.summary.cluster_health
    teller.tell = said(f"Health is {health:.0f}, to be exact {health:.1f}.", "disagrees")
    found = narrating.narrate(bench, FACTS, NAMES)
    assert found.dropped is None and found.stance == "disagrees"


def test_what_was_asked_is_not_asked_again(bench: Workbench, teller: Storyteller) -> None:
    chosen(bench, teller)
    first, again = (narrating.narrate(bench, FACTS, NAMES) for _ in range(2))
    assert len(teller.asked) == 1 and again.kept_from and not first.kept_from and again.text == first.text
    narrating.narrate(bench, FACTS | {"more": 1}, NAMES)
    assert len(teller.asked) == 2


@pytest.mark.parametrize(
    ("status", "raw", "why"),
    [
        (0, None, "It did not answer within 0.3 seconds."),
        (500, None, "It answered 500."),
        (401, None, "It answered 401: the key is not accepted."),
        (302, None, "It answered 302."),
        (200, b"<html>", "Its answer is not what its protocol says."),
        (200, b'{"choices": []}', "Its answer is not what its protocol says."),
        (200, b"x" * 300_000, "Its answer is too long."),
    ],
)
def test_trouble_is_one_sentence(
    bench: Workbench, teller: Storyteller, status: int, raw: bytes | None, why: str
) -> None:
    kept = chosen(bench, teller)
    bench.store.preferences.put("narrator", json.dumps({"url": kept.url, "model": "small", "timeout_s": 0.3}))
    teller.status, teller.raw = status, raw
    found = narrating.narrate(bench, FACTS, NAMES)
    assert (found.text, found.dropped) == ("", why)
    assert narrating.tally(bench).last_fault == why and "s3cret" not in repr(found)


def test_an_answer_that_breaks_off_is_no_text(bench: Workbench, teller: Storyteller) -> None:
    chosen(bench, teller)
    teller.status = -1
    found = narrating.narrate(bench, FACTS, NAMES)
    assert found.text == "" and found.dropped is not None


def test_one_that_drips_is_left(bench: Workbench, teller: Storyteller) -> None:
    kept = chosen(bench, teller)
    bench.store.preferences.put("narrator", json.dumps({"url": kept.url, "model": "small", "timeout_s": 0.4}))
    teller.status, teller.raw = -2, b"x" * 5000
    began = time.monotonic()
    found = narrating.narrate(bench, FACTS, NAMES)
    assert found.dropped is not None and time.monotonic() - began < 20


def test_no_login_of_the_user_goes_with_it(
    bench: Workbench, teller: Storyteller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    chosen(bench, teller)
    narrating.narrate(bench, FACTS, NAMES)
    assert teller.asked[0][1]["authorization"] == "Bearer s3cret"
    with receiving() as receiver:
        webhook.send(receiver.url, "k", "d", "1", {})
        assert "Authorization" not in receiver.taken[0][0]


def test_after_three_failures_it_is_left_alone_for_five_minutes(
    bench: Workbench, teller: Storyteller, clock: Clock
) -> None:
    chosen(bench, teller)
    teller.status = 500
    for _ in range(3):
        narrating.narrate(bench, FACTS, NAMES)
    found = narrating.narrate(bench, FACTS, NAMES)
    assert len(teller.asked) == 3
    assert found.dropped == "It failed 3 times in a row and is left alone for five minutes. It answered 500."
    clock.now += timedelta(minutes=5)
    teller.status = 200
    assert narrating.narrate(bench, FACTS, NAMES).dropped is None


@pytest.mark.parametrize("text", ["Just words.", '{"text": 5', '```json\n{"text": "Just words."}\n```'])
def test_an_answer_that_is_no_json_is_all_text(bench: Workbench, teller: Storyteller, text: str) -> None:
    chosen(bench, teller)
    teller.tell = lambda _: text
    found = narrating.narrate(bench, FACTS, NAMES)
    assert found.stance == "adds"
    assert (found.text, found.dropped) == (("", "It is empty.") if text.startswith("{") else ("Just words.", None))


def test_the_key_is_with_the_secrets_and_goes_with_the_choice(bench: Workbench, teller: Storyteller) -> None:
    wanted = chosen(bench, teller)
    assert bench.secrets.get("narrator") == {"key": "s3cret"}
    assert "s3cret" not in (bench.store.preferences.get("narrator") or "")
    narrating.choose(bench, wanted)
    assert bench.secrets.get("narrator") == {"key": "s3cret"}, "not told again, it stays"
    narrating.choose(bench, None)
    assert narrating.provider(bench) is None and bench.secrets.get("narrator") == {}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "oracle"}, "protocol is one of"),
        ({"url": "file:///etc/passwd"}, "begins with https://"),
        ({"model": " "}, "Name the model"),
        ({"timeout_s": 0.1}, "between 1 and 300 seconds"),
    ],
)
def test_what_can_t_be_asked_is_refused(bench: Workbench, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        narrating.choose(bench, Provider(**({"model": "small"} | more)))
    assert narrating.provider(bench) is None
