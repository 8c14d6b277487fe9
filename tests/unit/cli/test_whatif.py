"""The commands that ask about another cluster, on a file and on the demo."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from proxbalance_core.cli import app, wishes
from proxbalance_core.cli.common import BadUsage
from tests.support.example import snapshot

HOSTILE = "<img src=x>[red]\x1b[31m"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    document = snapshot()
    document["guests"][3]["name"] = HOSTILE
    path = tmp_path / "s.json"
    path.write_text(json.dumps(document))
    return path


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args])


def told(*args: object) -> dict[str, Any]:
    return dict(json.loads(run(*args, "--json").stdout))


def test_changes_compose(file: Path) -> None:
    made = told(
        "whatif", file, "--lose", "pve2", "--add-memory", "pve1=64G", "--add-node", "new:cores=8,memory=32G",
        "--add-guest", "cores=2,memory=4G,name=web,count=2", "--grow", "101=use=0.5", "--move", "104=pve2",
    )  # fmt: skip
    assert [change["kind"] for change in made["changes"]] == [
        "lose_node", "add_node", "add_memory", "add_guest", "grow_guest", "move_guest",
    ]  # fmt: skip
    assert {row["vmid"] for row in made["started"]} == {103, 104, 106, 107}
    assert {node["node"]: node["fate"] for node in made["nodes"]}["new"] == "added"


def test_drain_and_fewer_nodes(file: Path) -> None:
    drained = told("whatif", file, "--drain", "pve2")
    assert "pve2" in {move["source"] for move in drained["moves"]}
    assert "drained" in {row["fate"] for row in told("whatif", file, "--consolidate", 2)["nodes"]}


def test_for_people(file: Path) -> None:
    done = run("whatif", file, "--lose", "pve2", "--add-cores", "pve1=8")
    assert done.exit_code == 0
    assert "Without pve2 and with 8 more cores in pve1" in done.stdout
    assert "<img src=x>" in done.stdout and "\x1b" not in done.stdout
    ranked = run("place", file, "--cores", 4, "--memory", "8G", "--cpu-use", "40%", "--tags", "pin_pve3")
    assert ranked.exit_code == 0 and "pve3 suits it best" in ranked.stdout


def test_place(file: Path) -> None:
    found = told("place", file, "--cores", 4, "--memory", "8G", "--storage", "ceph", "--disk", "32G", "--memory-use", 1)
    assert found["best"] == found["nodes"][0]["node"] == "pve2"
    assert found["guest"]["mem_used_bytes"] == 8 * 2**30
    assert told("place", file, "--cores", 99, "--memory", "8G")["best"] is None


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (["--lose", "pve7"], "There is no node 'pve7' in cluster 'lab' (pve1, pve2, pve3)."),
        (["--lose", "pve1", "--lose", "pve2", "--lose", "pve3"], "no node would be left for the guests"),
        (["--grow", "7=use=2"], "There is no guest 7 in cluster 'lab'."),
        (["--move", "100=nowhere"], "There is no node 'nowhere'"),
        (["--add-memory", "pve1=0G"], "Memory is more than 0"),
        (["--add-memory", "pve1=9999999T"], "at most 1,048,576 GB"),
        (["--consolidate", "7"], "say 1 to 2, not 7"),
    ],
)
def test_what_can_not_be_is_one_sentence(file: Path, args: list[str], sentence: str) -> None:
    done = run("whatif", file, *args)
    assert done.exit_code == 1
    assert sentence in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_the_only_node_can_not_be_lost(tmp_path: Path) -> None:
    document = snapshot() | {"nodes": snapshot()["nodes"][:1], "guests": [], "rules": []}
    (tmp_path / "one.json").write_text(json.dumps(document))
    done = run("whatif", tmp_path / "one.json", "--lose", "pve1")
    assert (done.exit_code, done.stderr) == (1, "With pve1 lost no node would be left for the guests.\n")


@pytest.mark.parametrize(
    "args",
    [
        [], ["--add-memory", "pve1=64"], ["--add-memory", "pve1"], ["--add-node", ":cores=2"],
        ["--add-node", "x:cores=2,cores=3"], ["--add-node", "x:like"], ["--grow", "100"], ["--grow", "x=use=2"],
        ["--grow", "100=foo=1"], ["--move", "100"], ["--add-guest", "cores=4"], ["--add-guest", "cores=four,memory=8G"],
        ["--add-guest", "cores=4,memory=8G,type=pod"], ["--add-guest", "cores=4,memory=8G,cpu-use=lots"],
        ["--consolidate", "few"], ["--move", f"{'1' * 5000}=pve1"],
    ],
)  # fmt: skip
def test_bad_usage_is_two(file: Path, args: list[str]) -> None:
    done = run("whatif", file, *args)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    "args", [["--cores", "4", "--memory", "8"], ["--cores", "x", "--memory", "8G"], ["--cores", "4"]]
)
def test_place_needs_sizes(file: Path, args: list[str]) -> None:
    assert run("place", file, *args).exit_code == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [("8G", 8 * 2**30), ("512M", 2**29), ("1.5 gib", 1.5 * 2**30), ("2TB", 2**41), ("64k", 2**16)],
)
def test_sizes(text: str, found: float) -> None:
    assert wishes.size(text) == found


@pytest.mark.parametrize("text", ["8", "-8G", "G", "8 X", "", "8GG", "nan", "1e3G"])
def test_what_is_no_size_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadUsage, match="is not a size: write a number with its unit, such as 8G or 512M"):
        wishes.size(text)


def test_shares_and_tags() -> None:
    assert (wishes.share("40%"), wishes.share("0.4")) == (0.4, 0.4)
    assert wishes.tags("a, b;c") == ("a", "b", "c")


def test_on_the_demo(tmp_path: Path) -> None:
    data = ("--data-dir", tmp_path / "data")
    made = told("whatif", "--lose", "pve2", *data)
    assert made["started"] and made["format"] == "proxbalance.whatif/1"
    assert told("place", "--cores", 4, "--memory", "8G", *data)["best"]
