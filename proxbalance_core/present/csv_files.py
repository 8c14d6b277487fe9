"""Tables that leave the app as CSV: made piece by piece, so that a long one is never held whole.

A spreadsheet reads them and runs nothing: what would start a formula gets a quote. What was not measured is an empty
cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from proxbalance_core.domain.documents import iso
from proxbalance_core.domain.outcomes import Outcome
from proxbalance_core.domain.records import ScoreRow
from proxbalance_core.domain.results import Recommendation, Skip

CSV_HEADER = ("VMID", "Name", "Type", "Source", "Target", "Score Improvement", "Confidence", "Risk", "Reason")
SKIPPED_HEADER = (
    "VMID",
    "Name",
    "Type",
    "Node",
    "Reason",
    "Detail",
    "Best Target",
    "Score Improvement",
    "Would Change",
)
SCORES_HEADER = ("Time", "Node", "Penalty", "Suitability", "CPU", "Memory", "I/O Wait", "Guests")
MIGRATIONS_HEADER = (
    "Time", "VMID", "Name", "Type", "Source", "Target", "Origin", "Recommended", "Reason", "Predicted",
    "Realised", "Verdict",
)  # fmt: skip
PIECE_CHARACTERS = 1 << 15
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
Rows = Iterable[Iterable[object]]


def recommendations_csv(moves: Iterable[Recommendation]) -> str:
    """One row for each recommendation under :data:`CSV_HEADER`."""
    return "".join(pieces(CSV_HEADER, (_move(move) for move in moves)))


def past_recommendations(runs: Iterable[tuple[datetime, Iterable[Recommendation]]]) -> Iterator[str]:
    """The same of several runs of the engine, with the time of each in the first column."""
    rows = ((iso(at), *_move(move)) for at, moves in runs for move in moves)
    return pieces(("Generated", *CSV_HEADER), rows)


def skipped(skips: Iterable[Skip]) -> Iterator[str]:
    """One row for each guest that stays."""
    rows = (
        (
            s.vmid, s.name, s.type, s.node, s.reason, s.detail, s.best_target or "", _figure(s.score_improvement),
            s.would_change or "",
        )
        for s in skips
    )  # fmt: skip
    return pieces(SKIPPED_HEADER, rows)


def scores(found: Iterable[ScoreRow]) -> Iterator[str]:
    """One row for each node at each assessment; levels in percent."""
    rows = (
        (
            iso(r.at), r.node, _figure(r.score), _figure(r.suitability), _figure(r.cpu_pct), _figure(r.mem_pct),
            _figure(r.iowait_pct), r.guest_count,
        )
        for r in found
    )  # fmt: skip
    return pieces(SCORES_HEADER, rows)


def migrations(found: Iterable[Outcome]) -> Iterator[str]:
    """One row for each migration."""
    rows = (
        (
            iso(o.at), o.vmid, o.name, o.type, o.source, o.target, o.origin, "yes" if o.recommendation else "no",
            o.reason, _figure(o.predicted_points), _figure(o.realised_points), o.verdict,
        )
        for o in found
    )  # fmt: skip
    return pieces(MIGRATIONS_HEADER, rows)


def pieces(header: Iterable[str], rows: Rows) -> Iterator[str]:
    """The text of a table in pieces of about :data:`PIECE_CHARACTERS`, rows ended as RFC 4180 has it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
        if out.tell() >= PIECE_CHARACTERS:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


def _move(move: Recommendation) -> tuple[object, ...]:
    return (
        move.vmid, move.name, move.type, move.source, move.target, f"{move.score_improvement:.2f}",
        f"{move.confidence_score:.0f}", move.risk_level, move.reason.summary,
    )  # fmt: skip


def _figure(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.2f}"


def neutral(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula: what would start one gets a quote; numbers stay numbers."""
    text = str(cell)
    starts = text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA)
    return "'" + text if starts and not _NUMBER.fullmatch(text) else text
