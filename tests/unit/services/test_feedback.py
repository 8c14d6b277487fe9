"""How long recommendations stand, and opinions of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core.domain.feedback import Opinion
from proxbalance_core.errors import ConfigError
from proxbalance_core.services import feedback
from proxbalance_core.services.workbench import Workbench

NOW = datetime(2026, 2, 9, 10, 30, 20, tzinfo=UTC)


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
        made.ensure_demo()
        made.regenerate("demo")
        yield made


def moves(bench: Workbench) -> list[dict[str, Any]]:
    newest = bench.latest("demo")
    assert newest is not None
    return list(newest.assessment["recommendations"])


def test_advice_stands_until_it_is_done_or_withdrawn(bench: Workbench, clock: Clock) -> None:
    first = {move["id"]: move for move in moves(bench)}
    assert {a.recommendation for a in bench.store.advice.standing("demo")} == set(first)
    done, muted = next(iter(first.values())), list(first.values())[-1]
    bench.source(bench.connection("demo")).migrate(done["vmid"], done["target"])  # type: ignore[attr-defined]
    bench.mute("demo", muted["vmid"], NOW + timedelta(days=30))
    clock.now += timedelta(minutes=10)
    bench.regenerate("demo")
    rows = {a.recommendation: a for a in bench.store.advice.between("demo", NOW - timedelta(days=1), clock.now)}
    assert (rows[done["id"]].how, rows[muted["id"]].how) == ("done", "withdrawn")
    assert rows[done["id"]].ended_at == clock.now.replace(microsecond=0)
    still = [a for a in bench.store.advice.standing("demo") if a.recommendation in first]
    assert all(a.assessments == 2 and a.first_at < a.last_at for a in still)


def test_an_opinion_is_kept_once_and_told(bench: Workbench) -> None:
    move = moves(bench)[0]
    feedback.give(bench, "demo", move["vmid"], Opinion(rating="helpful"))
    bad = Opinion(rating="not_helpful", objection="not_needed", note="<img src=x onerror=alert(1)>\x00")
    kept = feedback.give(bench, "demo", move["vmid"], bad)
    assert (kept.recommendation, kept.reason) == (move["id"], move["reason"]["primary_reason"])
    (found,) = bench.store.feedback.list("demo")
    assert (found.rating, found.objection) == ("not_helpful", "not_needed")
    assert found.note.startswith("<img src=x onerror=alert(1)>"), "it is text, and stays it"
    event = bench.store.events.list("demo")[-1]
    assert event.event == "recommendation.feedback"
    assert event.payload["vmid"] == move["vmid"] and event.payload["rating"] == "not_helpful"
    told = feedback.report(bench, "demo")
    assert (told.helpful, told.not_helpful, told.positive_pct) == (0, 1, 0.0)
    assert told.objections == {"not_needed": 1}
    feedback.withdraw(bench, "demo", move["id"])
    assert feedback.report(bench, "demo").positive_pct is None


def test_a_helpful_one_has_no_objection(bench: Workbench) -> None:
    vmid = moves(bench)[0]["vmid"]
    assert feedback.give(bench, "demo", vmid, Opinion(rating="helpful", objection="other")).objection is None


def test_one_that_is_over_can_be_named_by_its_id(bench: Workbench, clock: Clock) -> None:
    move = moves(bench)[0]
    bench.source(bench.connection("demo")).migrate(move["vmid"], move["target"])  # type: ignore[attr-defined]
    clock.now += timedelta(minutes=10)
    bench.regenerate("demo")
    kept = feedback.give(bench, "demo", move["vmid"], Opinion(rating="helpful", recommendation=move["id"]))
    assert kept.recommendation == move["id"]


@pytest.mark.parametrize(
    ("opinion", "said"),
    [
        (Opinion(rating="great"), "A rating is one of"),
        (Opinion(rating="not_helpful", objection="bad"), "Why it does not help is one of"),
        (Opinion(rating="helpful", note="x" * 501), "at most 500 characters; this one has 501"),
        (Opinion(rating="helpful", recommendation="0" * 12), "There is no such recommendation"),
    ],
)
def test_what_can_t_be_meant_is_refused(bench: Workbench, opinion: Opinion, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        feedback.give(bench, "demo", moves(bench)[0]["vmid"], opinion)
    assert bench.store.feedback.list("demo") == ()


def test_a_guest_without_a_recommendation_can_t_be_rated(bench: Workbench) -> None:
    advised = {move["vmid"] for move in moves(bench)}
    newest = bench.latest("demo")
    assert newest is not None
    other = next(guest.vmid for guest in newest.snapshot.guests if guest.vmid not in advised)
    with pytest.raises(ConfigError, match=f"no such recommendation for guest {other}"):
        feedback.give(bench, "demo", other, Opinion(rating="helpful"))
