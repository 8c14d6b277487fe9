from __future__ import annotations

import threading
import time

import pytest

from proxbalance_core.api.shelf import Encoded, Shelf


def test_a_value_is_made_once_however_many_ask_for_it() -> None:
    shelf, made = Shelf(8), []

    def make() -> int:
        made.append(1)
        time.sleep(0.05)
        return 42

    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(shelf.get("a", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, made) == ([42] * 8, [1])


def test_one_that_fails_is_made_again() -> None:
    shelf = Shelf(8)
    with pytest.raises(ZeroDivisionError):
        shelf.get("a", lambda: 1 / 0)
    assert shelf.peek("a") is None
    assert shelf.get("a", lambda: 1) == 1


def test_the_last_used_stay_up_to_the_total_weight() -> None:
    shelf = Shelf(10, weigh=len)
    shelf.get("a", lambda: "xxxx")
    shelf.get("b", lambda: "xxxx")
    assert shelf.peek("a") == "xxxx"  # used again: now "b" is the oldest
    shelf.get("c", lambda: "xxxx")
    assert [shelf.peek(key) for key in ("a", "b", "c")] == ["xxxx", None, "xxxx"]
    shelf.get("large", lambda: "x" * 50)
    assert shelf.peek("large") == "x" * 50
    assert [shelf.peek(key) for key in ("a", "b", "c")] == [None] * 3


def test_small_answers_are_not_compressed_and_tags_tell_contents_apart() -> None:
    small, large = Encoded.of(b"{}", "application/json"), Encoded.of(b"[" * 5000, "application/json")
    assert small.gzipped is None
    assert large.gzipped is not None
    assert len({small.tag, large.tag, Encoded.of(b"{ }", "application/json").tag}) == 3
    assert Encoded.of(b"{}", "application/json").tag == small.tag
