from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from markdown_it import MarkdownIt

from proxbalance_core.domain import results
from proxbalance_core.present import words
from tests.app.sample import HOSTILE

NOW = datetime(2026, 2, 8, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", [*HOSTILE, "a\n# b", "![x](http://x/y.png)", "a_b_c", "1. x", "| a | b |", "https://x.y"]
)
def test_a_name_in_markdown_stays_the_same_text(name: str) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(words.safe(name))
    inline = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in inline} <= {"text", "text_special"}
    assert "".join(child.content for child in inline) == " ".join(name.split())


@pytest.mark.parametrize("name", HOSTILE)
def test_no_directive_of_streamlit_survives(name: str) -> None:
    escaped = words.safe(name)
    for sign in (":", "$", "[", "]", "<"):
        assert escaped.count(sign) == escaped.count("\\" + sign)


def test_every_key_that_the_engine_may_say_has_a_word() -> None:
    assert set(get_args(results.Kind)) == set(words.KINDS)
    assert set(get_args(results.Category)) <= set(words.CATEGORIES)
    assert set(get_args(results.Light)) == set(words.LIGHTS)
    assert set(get_args(results.Rating)) == set(words.RATINGS)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "just now"), (42, "42 seconds ago"), (60, "1 minute ago"), (7_300, "2 hours ago"), (200_000, "2 days ago")],
)
def test_ages_are_said_in_one_unit(seconds: int, said: str) -> None:
    assert words.ago(NOW - timedelta(seconds=seconds), NOW) == said


def test_what_was_not_measured_is_a_dash() -> None:
    assert words.size(1.5 * 2**40) == "1.5 TB" and words.size(1023 * 2**30) == "1,023.0 GB"
    assert words.number(None) == words.number(math.nan) == words.size(None) == words.signed(None) == "–"


def test_bands_of_ratings_include_their_lower_bound() -> None:
    assert [words.rating(value) for value in (0, 29.9, 30, 50, 70, 100)] == [
        "Poor", "Poor", "Fair", "Good", "Excellent", "Excellent",
    ]  # fmt: skip


def test_small_numbers_do_not_become_minus_zero() -> None:
    assert (words.number(-0.01), words.signed(-0.01), words.signed(-2.0)) == ("0.0", "0.0", "−2.0")


def test_times_are_told_in_the_chosen_zone() -> None:
    moment = datetime(2026, 2, 8, 23, 30, tzinfo=UTC)
    assert words.clock(moment, ZoneInfo("Europe/Vienna")) == "9 Feb 2026, 00:30"
    assert words.clock(moment, UTC, moment + timedelta(days=9)) == "8 Feb, 23:30"
    assert words.clock(moment, UTC, moment + timedelta(days=400)) == "8 Feb 2026, 23:30"
    assert words.exact(moment, ZoneInfo("America/New_York")) == "2026-02-08 18:30:00 EST"
    assert words.exact(None, UTC) == "never"
