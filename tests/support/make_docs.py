"""Writes what of ``docs/`` is made from the code: ``python -m tests.support.make_docs``.

Schemas and examples are whole files. In pages, generated blocks stand between
``<!-- made: name -->`` and ``<!-- end: name -->``; the rest of a page is written by hand.
"""

from __future__ import annotations

import re
from pathlib import Path

from proxbalance_core.api import openapi
from proxbalance_core.domain import schemas
from tests.support import api_blocks, backtest_blocks, doc_blocks
from tests.support.compact_json import compact
from tests.support.example import snapshot as example_snapshot

DOCS = Path(__file__).resolve().parents[2] / "docs"
MARK = re.compile(r"<!-- made: (?P<name>[\w-]+) -->\n.*?<!-- end: (?P=name) -->", re.DOTALL)


def whole_files() -> dict[Path, str]:
    """Files that are made from first to last line."""
    made = {
        "schema/snapshot.v1.json": schemas.snapshot_schema(),
        "schema/settings.v1.json": schemas.settings_schema(),
        "schema/assessment.v1.json": schemas.assessment_schema(),
        "schema/whatif.v1.json": schemas.whatif_schema(),
        "schema/place.v1.json": schemas.place_schema(),
        "schema/n-1.v1.json": schemas.n_minus_1_schema(),
        "schema/backtest.v1.json": schemas.backtest_schema(),
        "schema/drain.v1.json": schemas.drain_schema(),
        "schema/sweep.v1.json": schemas.sweep_schema(),
        "schema/suggestions.v1.json": schemas.suggestions_schema(),
        "schema/patterns.v1.json": schemas.patterns_schema(),
        "schema/forecasts.v1.json": schemas.forecasts_schema(),
        "schema/sensitivity.v1.json": schemas.sensitivity_schema(),
        "openapi.json": openapi.document(),
        "grafana/proxbalance.json": api_blocks.dashboard(),
        "examples/snapshot.json": example_snapshot(),
        "examples/assessment.json": doc_blocks.example_assessment(),
        "examples/whatif.json": doc_blocks.example_whatif(),
        "examples/place.json": doc_blocks.example_place(),
        "examples/n-1.json": doc_blocks.example_n_minus_1(),
        "examples/backtest.json": backtest_blocks.example(),
        "examples/drain.json": doc_blocks.example_drain(),
        "examples/sweep.json": backtest_blocks.example_sweep(),
    }
    return {DOCS / name: compact(document) + "\n" for name, document in made.items()}


def blocks() -> dict[str, str]:
    """The generated blocks of pages, by name."""
    return {name: make() for name, make in doc_blocks.BLOCKS.items()}


def filled(page: str, made: dict[str, str]) -> str:
    """``page`` with every block renewed; a name that nothing makes is an error."""
    return MARK.sub(lambda m: f"<!-- made: {m['name']} -->\n{made[m['name']].strip()}\n<!-- end: {m['name']} -->", page)


def wanted() -> dict[Path, str]:
    """Every file that is made, wholly or in parts, as it should be."""
    made = blocks()
    pages = {path: path.read_text("utf-8") for path in sorted(DOCS.glob("*.md"))}
    renewed = {path: filled(text, made) for path, text in pages.items() if MARK.search(text)}
    return {**whole_files(), **renewed}


def stale() -> list[str]:
    """Files that are not as they should be."""
    return [
        path.relative_to(DOCS).as_posix()
        for path, text in wanted().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]


def main() -> None:
    """Write what is stale."""
    for path, text in wanted().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
