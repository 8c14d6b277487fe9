"""Every folder here is a story: a snapshot, settings, what must come of it, and the report of it.

``expect.json`` states what is right by the design. ``report.txt`` is golden: ``--update-golden`` rewrites it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core import Assessment, ClusterSnapshot, Settings, assess
from tests.scenarios.regenerate import snapshot_text
from tests.scenarios.report import report
from tests.scenarios.stories import STORIES

HERE = Path(__file__).parent
FOLDERS = sorted(path.name for path in HERE.iterdir() if re.match(r"\d{3}-", path.name))
KNOWN = {
    "mode", "recommended", "skipped", "ranges", "reasons", "details", "order", "commands", "counts", "advisories",
    "no_advisories", "conflicts", "distinct_targets",
}  # fmt: skip
every = pytest.mark.parametrize("folder", FOLDERS)


@cache
def expectation(folder: str) -> dict[str, Any]:
    return dict(json.loads((HERE / folder / "expect.json").read_text()))


@cache
def told(folder: str) -> Assessment:
    snapshot = ClusterSnapshot.from_dict(json.loads((HERE / folder / "snapshot.json").read_text()))
    settings = Settings.from_dict(json.loads((HERE / folder / "settings.json").read_text()))
    return assess(snapshot, settings, expectation(folder)["mode"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document[int(part)] if isinstance(document, list) else document[part]
    return document


def test_stories_and_folders_are_the_same() -> None:
    assert sorted(STORIES) == FOLDERS
    assert len(FOLDERS) >= 30
    for folder in FOLDERS:
        assert set(expectation(folder)) <= KNOWN, folder


@every
def test_the_snapshot_is_the_storys(folder: str) -> None:
    assert (HERE / folder / "snapshot.json").read_text() == snapshot_text(folder)


@every
def test_the_readme_tells_the_story(folder: str) -> None:
    text = (HERE / folder / "README.md").read_text()
    assert all(part in text for part in ("**What happens.**", "**Why this is right.**", "**What would be wrong.**"))


@every
def test_recommended(folder: str) -> None:
    expected, found = expectation(folder), {str(rec.vmid): rec for rec in told(folder).recommendations}
    if expected.get("recommended") is not None:
        assert sorted(found) == sorted(expected["recommended"])
    for vmid, wanted in (expected.get("recommended") or {}).items():
        assert found[vmid].target in listed(wanted["target"])
        assert found[vmid].kind in listed(wanted["kind"])
        assert bool(found[vmid].group) == wanted.get("group", False)
    for vmid, reason in expected.get("reasons", {}).items():
        assert found[vmid].reason.primary_reason == reason
    for vmid, command in expected.get("commands", {}).items():
        assert any(command in line for line in found[vmid].commands), found[vmid].commands
    for kind, count in expected.get("counts", {}).items():
        assert [rec.kind for rec in found.values()].count(kind) == count
    if expected.get("distinct_targets"):
        targets = [rec.target for rec in found.values()]
        assert len(set(targets)) == len(targets)
    if "order" in expected:
        assert [step.vmid for step in told(folder).plan.steps] == expected["order"]


@every
def test_skipped(folder: str) -> None:
    found = {str(skip.vmid): skip for skip in told(folder).skipped}
    for vmid, reasons in expectation(folder)["skipped"].items():
        assert vmid in found, f"{vmid} is recommended"
        assert found[vmid].reason in listed(reasons), found[vmid]
    for vmid, pattern in expectation(folder).get("details", {}).items():
        assert re.search(pattern, found[vmid].detail, re.IGNORECASE), found[vmid].detail


@every
def test_figures(folder: str) -> None:
    expected, document = expectation(folder), told(folder).to_dict()
    for path, (low, high) in expected.get("ranges", {}).items():
        assert low <= at(document, path) <= high, path
    kinds = [advisory["type"] for advisory in document["advisories"]]
    for pattern in expected.get("advisories", []):
        assert any(re.search(pattern, kind) for kind in kinds), kinds
    for pattern in expected.get("no_advisories", []):
        assert not any(re.search(pattern, kind) for kind in kinds), kinds
    if "conflicts" in expected:
        assert [conflict["target_node"] for conflict in document["conflicts"]] == expected["conflicts"]
    summary = document["summary"]
    assert (
        summary["predicted_strain"] <= summary["strain"] + 1e-6
        or "maintenance" in folder
        or expected["mode"] != "sequential"
    )


@every
def test_report(folder: str, update_golden: bool) -> None:
    path, text = HERE / folder / "report.txt", report(told(folder))
    if update_golden:
        path.write_text(text)
    assert path.exists(), f"{folder} has no report.txt: run pytest --update-golden and review it"
    assert text == path.read_text()
