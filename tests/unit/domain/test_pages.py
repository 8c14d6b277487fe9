"""The written pages name every key, and their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core import ClusterSnapshot, assess
from proxbalance_core.domain.schemas import (
    assessment_schema,
    place_schema,
    settings_schema,
    snapshot_schema,
    whatif_schema,
)
from proxbalance_core.domain.settings import specs
from tests.support import doc_blocks
from tests.support.example import snapshot
from tests.support.make_docs import DOCS, MARK

PAGES = sorted(DOCS.glob("**/*.md"))
FORMATS = (DOCS / "formats.md").read_text("utf-8")


def keys_of(schema: dict[str, Any]) -> set[str]:
    parts = [schema, *schema.get("$defs", {}).values()]
    return {key for part in parts for key in part.get("properties", {})}


def test_every_key_of_a_snapshot_is_named() -> None:
    missing = {key for key in keys_of(snapshot_schema()) if f"`{key}`" not in FORMATS}
    assert missing == set()


def test_every_top_key_of_an_assessment_is_named() -> None:
    missing = {key for key in assessment_schema()["properties"] if f"`{key}`" not in FORMATS}
    assert missing == set()


@pytest.mark.parametrize("schema", [whatif_schema, place_schema])
def test_every_key_of_a_what_if_and_a_place_is_named(schema: Callable[[], dict[str, Any]]) -> None:
    made = schema()
    asked = ("AddNode", "AddGuest", "NewGuest", "GrowGuest", "MoveGuest", "NodeFate", "Unplaced", "PlaceOption")
    parts = [made, *(part for name, part in made["$defs"].items() if name in asked)]
    own = {key for part in parts for key in part["properties"]}
    plain_words = {"name", "vmid", "type", "node", "rating", "suitability", "detail", "reason", "kind"}
    figures = {"cpu_pct", "cpu_after_pct", "mem_pct", "mem_after_pct"}
    missing = {key for key in own - plain_words - figures if f"`{key}`" not in FORMATS}
    assert missing == set()


def test_every_setting_stands_in_the_table_once() -> None:
    table = doc_blocks.settings_block()
    assert [key for key in specs() if table.count(f"| `{key}` |") != 1] == []
    assert set(settings_schema()["properties"]) == {"format", *specs()}


def test_the_example_agrees_with_itself() -> None:
    """Node figures are the sums of the guests', and every guest is decided on."""
    document = snapshot()
    for node in document["nodes"]:
        here = [g for g in document["guests"] if g["node"] == node["name"]]
        cores = 0.4 + sum(g["cpu_used_cores"]["current"] for g in here)
        assert node["cpu"]["current_pct"] == pytest.approx(100 * cores / node["cpu_cores"], abs=0.01)
    found = assess(ClusterSnapshot.from_dict(document))
    decided = [r.vmid for r in found.recommendations] + [s.vmid for s in found.skipped]
    assert sorted(decided) == [g["vmid"] for g in document["guests"]]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text("utf-8")), target


def anchors(text: str) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_block_is_used_and_every_mark_is_closed() -> None:
    pages = [page.read_text("utf-8") for page in DOCS.glob("*.md")]
    used = [match["name"] for text in pages for match in MARK.finditer(text)]
    assert sorted(used) == sorted(doc_blocks.BLOCKS)
    assert sum(text.count("<!-- made: ") for text in pages) == len(used)
