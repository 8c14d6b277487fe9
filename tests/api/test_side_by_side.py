"""Slow work never holds up the others: the event loop is the pages' too."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from proxbalance_core.api.admission import REMEMBERED_S
from proxbalance_core.api.mounting import guards, routes
from proxbalance_core.api.patience import Patience
from proxbalance_core.api.serving import MOST_WAITING, THREADS
from proxbalance_core.services import access, trying
from tests.api.conftest import BASE, HOSTS, Api

THINKERS = THREADS["think"]
Work = Callable[[httpx.AsyncClient], Awaitable[None]]


def beside(api: Api, work: Work, patience: Patience | None = None) -> None:
    """Run ``work`` on an event loop of its own: that of a browser test may be alive in this thread."""
    app = Starlette(routes=routes(lambda: api.bench, patience), middleware=guards(lambda: HOSTS))
    failed: list[BaseException] = []

    async def session() -> None:
        headers = {"Authorization": f"Bearer {api.token}"}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, timeout=60) as client:
            await work(client)

    def run() -> None:
        try:
            asyncio.run(session())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def slow(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    real = trying.n_minus_1

    def slowly(generation: Any) -> Any:
        time.sleep(seconds)
        return real(generation)

    monkeypatch.setattr(trying, "n_minus_1", slowly)


async def took_s(asked: Awaitable[httpx.Response], status: int = 200) -> float:
    began = time.monotonic()
    assert (await asked).status_code == status
    return time.monotonic() - began


def test_reads_are_answered_while_the_engine_thinks(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(monkeypatch, 1.5)

    async def work(client: httpx.AsyncClient) -> None:
        thinking = [asyncio.create_task(took_s(client.post("/api/v1/n-1"))) for _ in range(THINKERS)]
        await asyncio.sleep(0.1)
        reads = [await took_s(client.get(path)) for path in ("/api/v1/health", "/api/v1/nodes", "/api/v1/settings")]
        assert not any(task.done() for task in thinking)
        assert max(reads) < 1.0
        assert min([await task for task in thinking]) >= 1.5

    beside(api, work)


def test_whoever_comes_when_too_much_is_asked_is_told_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    slow(monkeypatch, 0.3)

    async def work(client: httpx.AsyncClient) -> None:
        await client.get("/api/v1/nodes")  # opens the assessment, so that all ask at once
        answers = await asyncio.gather(*(client.post("/api/v1/n-1") for _ in range(THINKERS + MOST_WAITING + 6)))
        by_status = sorted(answer.status_code for answer in answers)
        assert by_status == [200] * (THINKERS + MOST_WAITING) + [503] * 6
        (told,) = {answer.text for answer in answers if answer.status_code == 503}
        assert "Too much is being worked out already" in told

    beside(api, work)


def test_refusals_wait_without_holding_up_others(api: Api) -> None:
    async def work(client: httpx.AsyncClient) -> None:
        wrong = {"Authorization": "Bearer wrong"}
        refused = [asyncio.create_task(took_s(client.get("/api/v1/info", headers=wrong), 401)) for _ in range(20)]
        await asyncio.sleep(0.2)
        assert await took_s(client.get("/api/v1/info")) < 0.5
        assert not all(task.done() for task in refused)
        assert max([await task for task in refused]) >= 0.5

    beside(api, work, Patience(0.25))


def test_a_revoked_token_comes_in_for_a_second_at_most(api: Api) -> None:
    assert api.get("/info")
    token = access.tokens(api.bench)[0]
    access.revoke_token(api.bench, token.id)
    time.sleep(REMEMBERED_S)
    assert api.refused("GET", "/info")[0] == 401
