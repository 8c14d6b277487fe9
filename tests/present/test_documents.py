"""The assessment document read back, and the files made of it."""

from __future__ import annotations

import csv
import io
import json
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from functools import cache

import pytest

from proxbalance_core import Assessment, assess
from proxbalance_core.errors import MalformedResponse
from proxbalance_core.present import advice, comparison, csv_files, details, exports, marks, views, words
from proxbalance_core.present.attention import attention, search
from proxbalance_core.present.reading import read_assessment
from tests.app.sample import HOSTILE, snapshot


@cache
def made() -> Assessment:
    return assess(snapshot())


def test_a_document_reads_back_as_what_it_was_made_of() -> None:
    document = made().to_dict()
    assert made().recommendations, "the sample must recommend something, or these tests look at nothing"
    assert read_assessment({**document, "generated_at": "2026-02-08T10:31:00Z"}).to_dict() == document


def test_another_format_is_refused() -> None:
    with pytest.raises(MalformedResponse, match=r"proxbalance\.snapshot/1"):
        read_assessment({"format": "proxbalance.snapshot/1"})


def test_a_document_that_lacks_a_key_names_it() -> None:
    document = made().to_dict()
    del document["summary"]["advice"]
    with pytest.raises(MalformedResponse, match="Summary lacks advice"):
        read_assessment(document)


def test_the_rows_of_a_breakdown_sum_up_to_its_totals() -> None:
    for move in made().recommendations:
        rows = advice.breakdown(move)
        for points, side in (("source_points", "source"), ("target_points", "target")):
            total = sum(getattr(row, points) or 0.0 for row in rows)
            assert total == pytest.approx(getattr(move.score_details, side).total, abs=0.005)
        frame = details.breakdown_frame(move).rows
        assert frame["from"].iloc[:-1].sum() == pytest.approx(frame["from"].iloc[-1], abs=0.005)


def test_the_stacked_bar_of_a_node_is_as_long_as_its_score() -> None:
    for node in made().nodes:
        if node.score is not None:
            assert sum(points for _, points in views.penalty_parts(node)) == pytest.approx(node.score, abs=0.005)


def test_two_nodes_side_by_side_add_up_to_their_scores() -> None:
    left, right = (node for node in made().nodes if node.name in ("pve1", "pve2"))
    rows = comparison.side_by_side(left, right).rows
    assert rows["left"].iloc[-1] == pytest.approx(left.score, abs=0.005)
    assert rows["more"].iloc[-1] == pytest.approx((right.score or 0) - (left.score or 0), abs=0.01)


def test_csv_has_the_promised_header_and_no_formula() -> None:
    move = replace(made().recommendations[0], name="=1+1")
    rows = list(csv.reader(io.StringIO(csv_files.recommendations_csv([move]))))
    assert ",".join(rows[0]) == "VMID,Name,Type,Source,Target,Score Improvement,Confidence,Risk,Reason"
    assert rows[1][:3] == [str(move.vmid), "'=1+1", move.type]


@pytest.mark.parametrize("cell", ["=1", "+a", "-a", "@a", "\t=1", "\r=1", " =1", HOSTILE[3]])
def test_cells_that_a_spreadsheet_would_run_are_neutralised(cell: str) -> None:
    assert csv_files.neutral(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-3.50", "+4", "12", "web-1", "a=b"])
def test_other_cells_stay(cell: str) -> None:
    assert csv_files.neutral(cell) == cell


def test_a_long_table_comes_in_pieces_that_are_not_kept() -> None:
    taken = 0

    def rows() -> Iterator[tuple[int, str]]:
        nonlocal taken
        for taken in range(1, 20_001):
            yield taken, "=x" * 20

    pieces = csv_files.pieces(("N", "Text"), rows())
    first = next(pieces)
    assert len(first) < 2 * csv_files.PIECE_CHARACTERS and taken < 2_000
    whole = list(csv.reader(io.StringIO(first + "".join(pieces))))
    assert len(whole) == 20_001 and whole[-1] == ["20000", "'" + "=x" * 20]


def test_json_is_the_document() -> None:
    document = made().to_dict()
    assert json.loads(exports.assessment_json(document)) == document


def test_the_script_runs_only_the_engines_commands(tmp_path) -> None:
    moves = tuple(replace(move, name="x\n; touch /tmp/owned #") for move in made().recommendations)
    moves = (replace(moves[0], commands=("qm migrate 100 pve2;reboot --online",) * len(moves[0].steps)), *moves[1:])
    script = exports.shell_script(replace(made(), cluster="lab\nreboot", recommendations=moves), UTC)
    code = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert code[0] == "set -eu"
    assert all(line.startswith(("ssh root@", "ssh 'root@")) for line in code[1:])
    asked = [shlex.split(shlex.split(line)[2]) for line in code[1:]]
    assert {words[0] for words in asked} <= {"qm", "pct", "ha-manager"}
    assert ["qm", "migrate", "100", "pve2;reboot", "--online"] in asked
    assert len(code) - 1 == len(made().plan.steps)
    path = tmp_path / "plan.sh"
    path.write_text(script)
    subprocess.run(["sh", "-n", str(path)], check=True)


def test_filters_narrow_and_pages_hold_everything() -> None:
    cards = advice.cards(made())
    everything = advice.narrowed(cards, advice.Filters())
    assert everything == cards
    assert advice.narrowed(cards, advice.Filters(targets=("nowhere",))) == ()
    one = advice.narrowed(cards, advice.Filters(text=str(cards[0].move.vmid)))
    assert one[0] == cards[0]
    pages, _, last = advice.page_of(len(cards), 99, 2)
    assert (pages, last) == (-(-len(cards) // 2), len(cards))


@pytest.mark.parametrize("sort", list(advice.SORTS))
def test_sorting_keeps_every_card(sort: advice.Sort) -> None:
    cards = advice.cards(made())
    assert sorted(c.move.vmid for c in advice.ordered(cards, sort)) == sorted(c.move.vmid for c in cards)


def test_search_finds_guests_and_nodes_with_their_decision() -> None:
    guest = made().skipped[0]
    hits = search(made(), str(guest.vmid))
    assert hits[0].vmid == guest.vmid
    assert hits[0].decision == words.label(words.SKIPS, guest.reason)
    assert search(made(), "pve1")[0].kind == "node"
    assert search(made(), "  ") == ()


def test_attention_puts_the_gravest_first() -> None:
    levels = [item.level for item in attention(made(), ("The collector can't reach the cluster.",))]
    assert levels == sorted(levels, key=("critical", "warning", "info").index)


def test_marks_hold_numbers_only() -> None:
    drawn = marks.meter(250.0, marks.BLUE, 'a "quoted" <b>', tick_pct=-5)
    assert "width:100.0%" in drawn
    assert "left:0.0%" in drawn
    assert "<b>" not in drawn


def test_a_card_shows_the_step_in_which_it_is_taken() -> None:
    for card in advice.cards(made()):
        told = {factor.factor: factor.value for factor in card.move.reason.contributing_factors}
        (_, cpu, cpu_after, *_), (_, mem, *_) = card.loads
        assert (cpu, mem) == (told["source_cpu"], told["source_mem"])
        assert cpu_after == card.move.score_details.predicted.source_cpu_pct


def test_a_fact_that_is_not_told_is_the_nodes_present_usage() -> None:
    move = made().recommendations[0]
    bare = replace(move, reason=replace(move.reason, contributing_factors=()))
    card = advice.cards(replace(made(), recommendations=(bare,)))[0]
    node = next(node for node in made().nodes if node.name == move.source)
    assert (card.loads[0][1], card.loads[1][1]) == (node.cpu_pct, node.mem_pct)


def test_the_table_of_nodes_has_the_cards_order_and_no_name_in_a_column() -> None:
    rows = views.node_rows(made(), snapshot(), predicted=True)
    table = details.nodes(rows)
    assert list(table.rows["node"]) == [row.name for row in rows]
    after = {"cpu_after", "mem_after", "penalty_after", "guests_after"}
    assert after <= set(table.rows.columns)
    assert not after & set(details.nodes(views.node_rows(made(), snapshot(), predicted=False)).rows.columns)
