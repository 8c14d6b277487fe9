"""Jobs: one at a time for each key, with progress, a result or a sentence, and a stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.services.jobs import BROKEN, Job, Jobs, Report

KEY = ("backtest", "demo")


def ended(jobs: Jobs) -> Job:
    for _ in range(500):
        found = jobs.get(KEY)
        if found is not None and not found.running:
            return found
        time.sleep(0.01)
    raise AssertionError("the job does not end")


def test_a_job_has_its_result_and_a_second_one_waits_for_nobody() -> None:
    jobs, go, begun = Jobs(), threading.Event(), threading.Event()

    def work(report: Report) -> str:
        report(0.5)
        begun.set()
        go.wait(5)
        return "done"

    first = jobs.start(KEY, "a replay", work)
    assert begun.wait(5) and first.running and first.share == 0.5
    assert jobs.start(KEY, "another", lambda _: "never") is first
    assert jobs.start(("sweep", "demo"), "else", lambda _: "other") is not first
    go.set()
    assert ended(jobs).result == "done" and jobs.get(("backtest", "nobody")) is None


def test_a_stopped_job_ends_with_what_it_has() -> None:
    jobs = Jobs()

    def work(report: Report) -> int:
        done = 0
        while report(0.1):
            done += 1
            time.sleep(0.005)
        return done

    jobs.start(KEY, "a replay", work)
    time.sleep(0.05)
    jobs.stop(KEY)
    found = ended(jobs)
    assert found.result > 0 and found.error is None
    jobs.stop(("backtest", "nobody"))


def failing(error: Exception) -> Callable[[Report], None]:
    def work(_: Report) -> None:
        raise error

    return work


def test_what_goes_wrong_is_a_sentence() -> None:
    jobs = Jobs()
    jobs.start(KEY, "a replay", failing(NotEnoughHistory("A backtest needs 3 days of history; there is 1 day.")))
    assert ended(jobs).error == "A backtest needs 3 days of history; there is 1 day."


def test_what_should_not_happen_is_told_without_its_details(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs, logged, said = Jobs(), threading.Event(), list[str]()

    def hook(args: threading.ExceptHookArgs) -> None:
        said.append(str(args.exc_value))
        logged.set()

    monkeypatch.setattr(threading, "excepthook", hook)
    jobs.start(KEY, "a replay", failing(RuntimeError("secret of ours")))
    assert ended(jobs).error == BROKEN
    assert logged.wait(5) and said == ["secret of ours"]


def test_the_estimate() -> None:
    job = Job(what="x", began=100.0)
    assert job.seconds_left(110.0) is None
    job.share = 0.25
    assert job.seconds_left(110.0) == 30.0
