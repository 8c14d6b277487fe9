"""Which figures of a text are none of the facts', and names that stand for names."""

from __future__ import annotations

import pytest

from proxbalance_core.domain.narration import foreign_figures, pseudonyms, replaced

FACTS = {"cpu": 67.23, "guest": "web-1", "said": "rose from 58 % to 67 %", "points": -11.3, "n": 3, "yes": True}


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        ("CPU is 67.23 %, in short 67 %.", ()),
        ("It was 58 % before; 3 guests.", ()),
        ("It loses 11.3 points, or −11.3.", ()),
        ("CPU is 68 %.", ("68",)),
        ("CPU is 67.3 %.", ("67.3",)),
        ("67,2 % in other countries", ()),
        ("pve1 and v8.4 are words", ()),
        ("1 of 3", ()),  # web-1
        ("40 % less on 12 nodes, 40 % more", ("40", "12")),
        ("no figure at all", ()),
        ("three of one kind", ()),
        ("it is five times as fast", ("five",)),
        ("６７ % and ６８ %", ("68",)),  # noqa: RUF001
        ("1,234 guests", ("1,234",)),
    ],
)
def test_a_fact_may_be_rounded_and_never_invented(text: str, foreign: tuple[str, ...]) -> None:
    assert foreign_figures(text, [FACTS]) == foreign


def test_a_name_has_one_stand_in_whatever_stands_beside_it() -> None:
    one, more = pseudonyms(["pve1", "web-1"]), pseudonyms(["pve1", "web-1", "db", "pve1"])
    assert one.items() <= more.items() and len(set(more.values())) == 3
    assert not any(char.isdigit() for alias in more.values() for char in alias)


def test_names_are_put_in_and_out_again_whole() -> None:
    by = pseudonyms(["web", "web-1", "pve1"])
    hidden = replaced("web-1 and web on pve1, not pve11 or webs", by)
    assert "pve11" in hidden and "webs" in hidden and "web-1" not in hidden.replace("webs", "")
    assert replaced(hidden, {alias: name for name, alias in by.items()}) == "web-1 and web on pve1, not pve11 or webs"
