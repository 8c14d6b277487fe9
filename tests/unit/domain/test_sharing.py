"""Settings in a URL: they come back as they went, and anything else is refused in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core import Settings
from proxbalance_core.domain.presets import changed
from proxbalance_core.domain.sharing import as_line, from_line
from proxbalance_core.errors import SettingInvalid
from tests.strategies import clusters


@given(clusters.settings(limited=False))
def test_what_was_shared_comes_back(settings: Settings) -> None:
    read = from_line(as_line(settings)).to_dict()
    for key, value in settings.to_dict().items():
        assert read[key] == (pytest.approx(value, rel=1e-11) if isinstance(value, float) else value)


def test_the_line_says_only_what_differs() -> None:
    assert as_line(Settings()) == ""
    mine = changed(Settings(), {"cpu_threshold": 55.0, "include_ha": True, "allowed_sources": ("pve1", "pve2")})
    assert as_line(mine) == "cpu_threshold:55,include_ha:true,allowed_sources:pve1|pve2"
    assert from_line(as_line(mine)) == mine


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cpu_threshold:999", "cpu_threshold: is between 0 and 100 percent, not 999"),
        ("cpu_threshold:nan", "cpu_threshold: is a number, not"),
        ("cpu_threshold:<script>alert(1)</script>", "cpu_threshold: is a number, not"),
        ("include_ha:perhaps", "include_ha: is true or false"),
        ("<img src=x onerror=alert(1)>", "there is no such setting"),
        ("profile:aggressive", "there is no such setting"),
        ("max_moves:1.5", "max_moves: is a whole number"),
        ("x" * 5000, "longer than any could be"),
        ("weight_current:0,weight_24h:0,weight_7d:0", "can't all be 0"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(line: str, said: str) -> None:
    with pytest.raises(SettingInvalid, match=said.replace("(", r"\(")):
        from_line(line)


@given(st.text())
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        from_line(text)
    except SettingInvalid as error:
        assert error.message
