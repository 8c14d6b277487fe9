"""A what-if as the page shows it."""

from __future__ import annotations

import pytest

from proxbalance_core import AddMemory, AddNode, DrainNode, LoseNode, NewGuest, place, what_if
from proxbalance_core.domain.whatif import WhatIf
from proxbalance_core.present import what_if as shown
from tests.app.sample import GB, HOSTILE, snapshot


@pytest.fixture(scope="module")
def lost() -> WhatIf:
    return what_if(snapshot(), None, [LoseNode(node="pve1"), AddMemory(node="pve2", mem_bytes=64 * GB)])


def test_the_first_sentence_stands_alone(lost: WhatIf) -> None:
    first, rest = shown.headline(lost.summary)
    assert first.startswith("Without pve1 and with 64 GB more in pve2: ") and first.endswith(".")
    assert rest and f"{first} {rest}" == lost.summary
    assert shown.headline("One sentence.") == ("One sentence.", "")


def test_nodes_that_something_happens_to_come_first(lost: WhatIf) -> None:
    rows = shown.nodes(lost, "after")
    assert [row.name for row in rows][:2] == ["pve1", "pve2"]
    failed = rows[0]
    assert (failed.fate, failed.gone, failed.word) == ("lost", True, "Offline")
    assert shown.today(failed) == "CPU 88 %, Memory 66 %, 7 guests."
    assert [row.name for row in shown.nodes(lost, "after", ["pve3"])] == ["pve1", "pve2", "pve3"]


def test_a_node_is_shown_today_and_then(lost: WhatIf) -> None:
    row = next(row for row in shown.nodes(lost, "after") if row.name == "pve2")
    then = next(node for node in lost.after.nodes if node.name == "pve2")
    memory = next(gauge for gauge in row.gauges if gauge.title == "Memory")
    assert (memory.value, memory.after, memory.limit) == (40.0, then.mem_pct, 70.0)
    assert row.scores[1] == then.score
    assert [shift.title for shift in row.shifts] == ["Penalty", "Guests"]


def test_the_table_has_the_cards_figures(lost: WhatIf) -> None:
    rows = shown.nodes(lost, "after")
    table = shown.nodes_table(rows)
    assert list(table.rows["node"]) == [row.name for row in rows]
    assert set(table.titles) == set(table.rows.columns)
    assert list(table.rows["fate"])[:2] == ["Failed", "Larger"]


def test_drained_nodes_are_shown_with_the_moves_that_empty_them(lost: WhatIf) -> None:
    drained = what_if(snapshot(), None, [DrainNode(node="pve2")])
    assert (shown.default_stage(drained), shown.default_stage(lost)) == ("advised", "after")
    assert next(row for row in shown.nodes(drained, "advised") if row.name == "pve2").guests == (4, 0)
    assert next(row for row in shown.nodes(drained, "after") if row.name == "pve2").guests == (4, 4)


def test_a_new_node_has_no_today() -> None:
    row = shown.nodes(what_if(snapshot(), None, [AddNode(node="new", like="pve2")]), "after")[0]
    assert (row.name, row.guests[0], row.scores[0]) == ("new", None, None)


def test_tiles_say_what_changes(lost: WhatIf) -> None:
    tiles = {tile.title: tile for tile in shown.tiles(lost, "after")}
    assert tiles["Cluster health"].change == "today 75"
    assert tiles["Nodes to look at"].value.endswith("of 4")
    assert tiles["Without a place"].value == str(len(lost.unplaced))


def test_who_has_no_place_and_who_starts_where() -> None:
    crowded = what_if(snapshot(), None, [LoseNode(node="pve1"), LoseNode(node="pve2"), LoseNode(node="pve4")])
    table = shown.unplaced(crowded)
    assert len(table.rows) == len(crowded.unplaced)
    assert len(shown.started(crowded).rows) == len(crowded.started)
    assert any(HOSTILE[0] in guest for guest in [*table.rows["guest"], *shown.started(crowded).rows["guest"]])
    assert len(shown.moves(crowded).rows) == len(crowded.moves)


def test_places_say_why_or_why_not() -> None:
    found = place(snapshot(), None, NewGuest(cpu_cores=4, mem_bytes=8 * GB, cpu_use=1.0, mem_use=1.0))
    table = shown.places(found)
    why = dict(zip(table.rows["node"], table.rows["why"], strict=True))
    assert why["pve4"] == "pve4 is in maintenance"
    assert why["pve2"] == "Under its thresholds"
    assert why["pve1"].startswith("CPU")
    assert [gauge.title for gauge in shown.best_gauges(found)] == ["CPU", "Memory"]
    none = place(snapshot(), None, NewGuest(cpu_cores=99, mem_bytes=8 * GB))
    assert shown.best_gauges(none) == ()


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["pve1", "pve2"], "pve3"), (["pve9", "pve10"], "pve11"), (["pve0031"], "pve0032"),
        (["alpha"], "alpha-new"), ([], "new"),
    ],
)  # fmt: skip
def test_the_next_name(names: list[str], wanted: str) -> None:
    assert shown.next_name(names) == wanted


def test_every_word_of_a_verdict_and_a_fate_is_there() -> None:
    from typing import get_args

    from proxbalance_core.domain import whatif

    assert set(shown.VERDICTS) == set(get_args(whatif.Verdict))
    assert set(shown.FATES) == set(get_args(whatif.Fate))
