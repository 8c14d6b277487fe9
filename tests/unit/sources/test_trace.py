from __future__ import annotations

import io

import pandas as pd
import pytest

from proxbalance_core.errors import FrameContractError
from proxbalance_core.sources.trace import Trace, guess, read_table, read_trace

HEADER = "time,node,vmid,name,cpu_pct,vcpus,mem_used_gb,maxmem_gb,node_cpu_cores,node_mem_gb"


def table(rows: int = 48, step_s: int = 3600, guests: int = 2) -> str:
    lines = [HEADER]
    for i in range(rows):
        for g in range(guests):
            lines.append(f"{1_770_000_000 + i * step_s},n{g % 2},{100 + g},web-{g},50,4,2,8,16,64")
    return "\n".join(lines)


def read(text: str, mapping: dict[str, str] | None = None) -> Trace:
    return read_trace("t", read_table("t.csv", text.encode()), mapping)


def test_a_long_table_in_our_units() -> None:
    found = read(table())
    assert [(n.name, n.cpu_cores, n.mem_bytes) for n in found.inventory.nodes] == [
        ("n0", 16.0, 64 * 2**30),
        ("n1", 16.0, 64 * 2**30),
    ]
    assert found.inventory.guests[0].cpu_cores == 4
    first = found.samples.guests[0]
    assert (first.cpu_used_cores, first.mem_used_bytes, first.step_s) == (2.0, 2 * 2**30, 3600)
    assert found.samples.nodes[0].cpu_pct == 12.5


def test_the_last_means_stand_for_the_present() -> None:
    found = read(table())
    present = [row for row in found.samples.guests if row.step_s == 0]
    assert len(present) == 2
    assert {row.ts for row in present} == {int(found.inventory.at.timestamp())}


def test_minutes_stay_instants() -> None:
    assert {row.step_s for row in read(table(step_s=60)).samples.guests} == {0}


def test_parquet_and_ten_thousand_rows() -> None:
    out = io.BytesIO()
    pd.read_csv(io.StringIO(table(rows=5000))).to_parquet(out)
    found = read_trace("t", read_table("t.parquet", out.getvalue()))
    assert found.rows == 10_000


def test_a_wide_table() -> None:
    text = "time,n1/101.cpu_used_cores,n1/101.mem_used_gb,n1.node_cpu_cores,n1.node_mem_gb\n"
    text += "\n".join(f"2026-02-08T{h:02}:00:00Z,1.5,2,8,32" for h in range(12))
    found = read(text)
    assert [guest.vmid for guest in found.inventory.guests] == [101]
    assert found.inventory.nodes[0].cpu_cores == 8


def test_a_mapping_of_ones_own() -> None:
    text = table().replace("mem_used_gb", "ram")
    with pytest.raises(FrameContractError, match="memory use"):
        read(text)
    assert read(text, {"mem_used_gb": "ram"}).samples.guests[0].mem_used_bytes == 2 * 2**30


def test_guessing_names() -> None:
    assert guess(["Timestamp", "Host", "VM", "CPU %"]) == {
        "time": "Timestamp",
        "node": "Host",
        "vmid": "VM",
        "cpu_pct": "CPU %",
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("1770003600,n0", "yesterday-ish,n0", ("time", "row 4")),
        ("1770003600,n0,100,web-0,50", "1770003600,n0,100,web-0,lots", ("cpu_pct", "row 4")),
        ("1770003600,n0,100,web-0,50", "1770003600,n0,100,web-0,-5", ("cpu_pct", "row 4", "negative")),
        ("1770003600,n0,100,web-0,50", "1770003600,n0,100,web-0,inf", ("cpu_pct", "row 4")),
        ("1770003600,n0", "1770003600,", ("node", "row 4")),
        ("time,node", "moment of it,node", ("time",)),
        ("time,node", "time,place", ("node",)),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(FrameContractError) as caught:
        read(table().replace(old, new))
    for word in words:
        assert word in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PAR1 torn", b"\xff\xfe\xfa", b"a,b\n"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(FrameContractError):
        read_trace("t", read_table("t.csv", content))


def test_a_guest_of_a_wide_table_needs_its_node() -> None:
    with pytest.raises(FrameContractError, match=r"101\.cpu_pct"):
        read("time,101.cpu_pct,101.mem_used_gb\n1770000000,1,2")
