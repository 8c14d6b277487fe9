"""The collector's life beside the app: it starts when the database can be used, be it later."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core.services import lifespan
from proxbalance_core.services.lifespan import collecting, shared_workbench


def lived(life: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: a browser that other tests drive has a loop running in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, life).result()


async def _until(what: object, seconds: float = 20.0) -> None:
    for _ in range(int(seconds / 0.05)):
        if callable(what) and what():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")


def test_it_collects_while_the_app_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXBALANCE_DATA", str(tmp_path / "data"))

    async def life() -> None:
        async with collecting():
            bench = shared_workbench()
            assert bench is not None and [c.id for c in bench.connections()] == ["demo"]
        assert shared_workbench() is None

    lived(life())


def test_a_folder_that_cannot_be_used_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file lies where the data folder should be; once it is gone the collector starts by itself."""
    folder = tmp_path / "data"
    folder.write_text("in the way")
    monkeypatch.setenv("PROXBALANCE_DATA", str(folder))
    monkeypatch.setattr(lifespan, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(lifespan, "FIRST_TRY_S", 0.2)

    async def life() -> None:
        async with collecting():
            assert shared_workbench() is None
            folder.unlink()
            await _until(lambda: shared_workbench() is not None)
        assert shared_workbench() is None

    lived(life())


def test_an_app_that_ends_while_it_still_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXBALANCE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PROXBALANCE_DATABASE", "postgresql://nobody@127.0.0.1:9/none")
    monkeypatch.setattr(lifespan, "FIRST_TRY_S", 0.1)

    async def life() -> None:
        async with collecting():
            assert shared_workbench() is None

    lived(life())
    assert shared_workbench() is None
