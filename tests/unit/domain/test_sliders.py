"""Sliders: a place and the settings that stand there, back and forth; presets lie where the scoring page says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core import Settings
from proxbalance_core.domain.presets import changed, with_preset
from proxbalance_core.domain.sliders import SLIDERS, TIME_HORIZON, moved, place, weights_at

BY_KEY = {slider.key: slider for slider in SLIDERS}


@given(st.data())
def test_a_slider_stands_where_it_was_moved(data: st.DataObject) -> None:
    slider = data.draw(st.sampled_from(SLIDERS))
    to = data.draw(st.floats(slider.low, slider.high))
    assert place(moved(Settings(), slider, to), slider) == pytest.approx(to, abs=1e-4)


@pytest.mark.parametrize(("preset", "at"), [("conservative", 100 / 6), ("balanced", 50.0), ("aggressive", 75.0)])
def test_presets_lie_on_the_time_horizon(preset: str, at: float) -> None:
    assert place(with_preset(Settings(), preset), BY_KEY[TIME_HORIZON]) == pytest.approx(at)
    preset_weights = with_preset(Settings(), preset)
    assert weights_at(at) == pytest.approx(
        (preset_weights.weight_current, preset_weights.weight_24h, preset_weights.weight_7d)
    )


def test_weights_that_are_off_the_line_have_no_place() -> None:
    odd = changed(Settings(), {"weight_current": 0.1, "weight_24h": 0.8, "weight_7d": 0.1})
    assert place(odd, BY_KEY[TIME_HORIZON]) is None
    assert place(changed(Settings(), {"move_cost_points": 40.0}), BY_KEY["move_cost_points"]) is None


def test_only_what_a_slider_is_for_changes() -> None:
    for slider in SLIDERS:
        then, now = moved(Settings(), slider, slider.high).to_dict(), Settings().to_dict()
        differs = {key for key in now if now[key] != then[key]} - {"profile"}
        assert differs == (
            {"weight_current", "weight_24h", "weight_7d"} if slider.key == TIME_HORIZON else {slider.key}
        )
