"""Hours of the day as spans, and a heatmap that leaves out what was not measured."""

from __future__ import annotations

import numpy as np
import pytest

from proxbalance_core.present import patterns


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ((2,), "02:00 to 03:00"),
        ((2, 3, 10), "02:00 to 04:00, 10:00 to 11:00"),
        ((22, 23, 0, 1), "22:00 to 02:00"),
        ((23,), "23:00 to 00:00"),
        (tuple(range(24)), "all day"),
        ((0, 1), "00:00 to 02:00"),
    ],
)
def test_hours_as_spans(hours: tuple[int, ...], said: str) -> None:
    assert patterns.hours(hours) == said


def test_a_heatmap_says_its_highest_cell_and_leaves_gaps_empty() -> None:
    values = np.full((7, 24), np.nan)
    values[2, 5], values[3, 7] = 80.0, 20.0
    drawn = patterns.heatmap(values, "CPU of pve1", "mean", "Europe/Vienna").to_dict()
    assert drawn["description"] == "CPU of pve1: highest on Wed at 05:00 with 80 %."
    (rows,) = drawn["datasets"].values()
    assert len(rows) == 2
    nothing = patterns.heatmap(np.full((7, 24), np.nan), "CPU of pve1", "mean", "UTC").to_dict()
    assert nothing["description"] == "CPU of pve1: nothing was measured."
