"""The cluster map: circles, bubbles and arrows; what the scripts read by name; where a click leads."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from proxbalance_core import Assessment, ClusterSnapshot, assess
from proxbalance_core.domain.cluster import CpuUse
from proxbalance_core.domain.documents import plain
from proxbalance_core.present import cluster_map, map_facts, map_legend, map_links, map_values, shifts
from proxbalance_core.present.map_values import Choice, ClusterMap
from proxbalance_core.ui.theme import ASSETS
from tests.app.sample import HOSTILE, document, guest, snapshot

SCRIPTS = ("map_layout.js", "map_draw.js", "map_input.js", "map.js")


@cache
def made() -> Assessment:
    found = assess(snapshot())
    assert found.recommendations, "the sample must recommend something, or these tests look at nothing"
    return found


def drawn(**choice: Any) -> ClusterMap:
    return cluster_map.drawing(made(), snapshot(), Choice(**choice))


def with_guests(*guests: dict[str, Any]) -> ClusterSnapshot:
    return ClusterSnapshot.from_dict(document() | {"guests": list(guests)})


def test_every_field_that_the_scripts_read_is_one() -> None:
    kinds = {
        "map": map_values.ClusterMap, "place": map_values.Place, "bubble": map_values.Bubble,
        "arrow": map_values.Arrow, "part": map_values.RingPart, "sign": map_values.Sign, "shift": shifts.Shift,
    }  # fmt: skip
    fields = {name: {field.name for field in dataclasses.fields(kind)} for name, kind in kinds.items()}
    # Whatever can be pointed at has these; pixels are added by the layout.
    fields["item"] = fields["place"] & fields["arrow"] | {"opens", "vmid"}
    fields["bubble"] |= {"px", "py", "pr"}
    source = "\n".join((ASSETS / name).read_text("utf-8") for name in SCRIPTS)
    read = set(re.findall(rf"(?<![\w.-])(?:view\.)?({'|'.join(fields)})\.([a-zA-Z]\w*)", source))
    assert {name for name, _ in read} == set(fields)
    assert sorted((name, key) for name, key in read if key not in fields[name]) == []


def test_names_reach_the_page_as_text_alone() -> None:
    for name in SCRIPTS:
        source = (ASSETS / name).read_text("utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|https?://(?!www\.w3)", source
        )


def test_the_drawing_can_be_sent() -> None:
    sent = json.loads(json.dumps(plain(drawn(predicted=True)), allow_nan=False))
    assert {bubble["title"] for bubble in sent["bubbles"]} >= {f"VM 100 – {HOSTILE[0]}"}


def test_every_guest_is_one_bubble_on_its_node() -> None:
    found = drawn()
    places = [place.title for place in found.places]
    assert places == ["pve1", "pve2", "pve3", "pve4"]
    assert {b.vmid: places[b.place] for b in found.bubbles} == {g.vmid: g.node for g in snapshot().guests}
    assert len({b.key for b in found.bubbles}) == len(found.bubbles) == len(snapshot().guests)
    for bubble in found.bubbles:
        assert math.hypot(bubble.x, bubble.y) + bubble.radius <= found.places[bubble.place].radius + 1e-3


def test_areas_are_as_the_figures_and_the_least_is_still_seen() -> None:
    found = {b.vmid: b for b in drawn(size="cpu").bubbles}
    assert found[100].radius == 1.0  # 4 cores
    assert found[200].radius == pytest.approx(math.sqrt(2.0 / 4.0), abs=1e-4)
    small = with_guests(guest(1, "pve1", "big", 4.0), guest(2, "pve1", "tiny", 0.0001))
    bubbles = cluster_map.drawing(assess(small), small, Choice()).bubbles
    assert [b.radius for b in bubbles] == [1.0, cluster_map.LEAST_RADIUS]


@pytest.mark.parametrize("size", list(map_values.SIZES))
def test_every_size_has_its_own_figure(size: map_values.Size) -> None:
    known = snapshot().guests[0]
    figures = {"cpu": 4.0, "memory": 4.0 * 2**30, "disk": 2e6, "network": 2e5, "allocated": 8.0 * 2**30}
    assert map_facts.value(known, size) == figures[size]


def test_what_is_not_measured_is_hollow_and_small() -> None:
    odd = with_guests(
        guest(1, "pve1", "a", 4.0), guest(2, "pve1", "b", 4.0), guest(3, "pve1", "c", 4.0, status="stopped")
    )
    blind = replace(odd.guests[1], cpu_used_cores=CpuUse())
    odd = replace(odd, guests=(odd.guests[0], blind, odd.guests[2]))
    found = {b.vmid: b for b in cluster_map.drawing(assess(odd), odd, Choice()).bubbles}
    assert (found[2].state, found[2].radius) == ("unmeasured", cluster_map.LEAST_RADIUS)
    assert found[3].state == "stopped"
    signs = {sign.title for sign in cluster_map.drawing(assess(odd), odd, Choice()).legend}
    assert {"Not measured", "Not running"} <= signs


def test_the_ring_is_the_penalty_by_category() -> None:
    scores = {node.name: node for node in made().nodes}
    for place in drawn().places:
        score = scores[place.title].score or 0.0
        assert place.ring[-1].ends == pytest.approx(min(1.0, score / cluster_map.FULL_RING), abs=1e-3)
        for one, two in zip(place.ring, place.ring[1:], strict=False):
            assert one.ends == two.begins
    hot = drawn().places[0]
    assert hot.lines[0] == "mostly CPU"
    assert hot.ring[0].title.startswith("CPU ")


def test_the_predicted_map_has_the_guests_where_the_plan_brings_them() -> None:
    found = drawn(predicted=True)
    places = [place.title for place in found.places]
    after = {g.vmid: g.node for g in snapshot().guests} | {m.vmid: m.target for m in made().recommendations}
    assert {b.vmid: places[b.place] for b in found.bubbles if not b.ghost} == after
    ghosts = {b.vmid: places[b.place] for b in found.bubbles if b.ghost}
    assert ghosts == {m.vmid: m.source for m in made().recommendations}
    picture = made().batch_impact.after
    hot = found.places[0]
    assert hot.after == pytest.approx((picture.node_scores["pve1"] or 0.0) / cluster_map.FULL_RING)
    assert {s.title: s.after for s in hot.shifts}["CPU"] == f"{picture.nodes['pve1'].cpu_pct:.0f} %"
    assert drawn().places[0].shifts == ()
    # The same bubbles, so that they glide; only ghosts are new.
    assert {b.key for b in drawn().bubbles} == {b.key for b in found.bubbles if not b.ghost}


def test_an_arrow_for_each_way_as_sure_as_its_least_sure_move() -> None:
    arrows = drawn().arrows
    names = [place.title for place in drawn().places]
    ways = {(m.source, m.target) for m in made().recommendations}
    assert {(names[a.source], names[a.target]) for a in arrows} == ways
    assert sorted(vmid for a in arrows for vmid in a.vmids) == sorted(m.vmid for m in made().recommendations)
    move = made().recommendations[0]
    unsure = [replace(move, confidence_score=score) for score in (80.0, 49.0)]
    assert [map_facts.sureness([m]) for m in unsure] == ["high", "low"]
    assert map_facts.sureness(unsure) == "low"
    assert map_facts.sureness([replace(move, confidence_score=50.0)]) == "medium"


def test_many_moves_of_one_way_are_told_in_short() -> None:
    move = made().recommendations[0]
    lines = map_facts.arrow([replace(move, vmid=900 + at) for at in range(9)])
    assert len(lines) == 7
    assert lines[-1] == "and 3 more"


def test_a_filter_hides_nodes_and_says_what_is_not_drawn() -> None:
    choice = Choice(nodes=("pve1",))
    found = cluster_map.drawing(made(), snapshot(), choice)
    assert [place.title for place in found.places] == ["pve1"]
    assert found.arrows == ()
    hidden = len(made().recommendations)
    assert f"Not drawn: {hidden} moves" in " ".join(map_legend.notes(made(), found, choice, snapshot()))


def test_groups_have_no_rings_and_no_arrows() -> None:
    grouped = with_guests(
        guest(1, "pve1", "a", 4.0, pool="office", tags=["web", "db"]),
        guest(2, "pve2", "b", 4.0, pool="office", tags=["web"]),
        guest(3, "pve3", "c", 4.0),
    )
    told = assess(grouped)
    pools = cluster_map.drawing(told, grouped, Choice(group="pool", predicted=True))
    assert [(p.title, p.state, p.lines, p.opens) for p in pools.places] == [
        ("office", "2 guests", ("8.0 cores in all",), False), ("No pool", "1 guest", ("4.0 cores in all",), False),
    ]  # fmt: skip
    assert (pools.arrows, pools.even, pools.predicted) == ((), False, False)
    assert all(not place.ring for place in pools.places)
    tags = cluster_map.drawing(told, grouped, Choice(group="tag"))
    assert [p.title for p in tags.places] == ["web", "No tag", "db"]
    assert [b.vmid for b in tags.bubbles].count(1) == 2
    assert len({b.key for b in tags.bubbles}) == 4
    types = cluster_map.drawing(told, grouped, Choice(group="type"))
    assert {p.title for p in types.places} == {"VM", "CT"}
    said = " ".join(map_legend.notes(told, tags, Choice(group="tag"), grouped))
    assert "A guest with several tags stands in each." in said


def test_very_many_groups_are_put_together() -> None:
    many = with_guests(*(guest(vmid, "pve1", "x", 1.0, tags=[f"tag{vmid}"]) for vmid in range(1, 61)))
    places = cluster_map.drawing(assess(many), many, Choice(group="tag")).places
    assert len(places) == cluster_map.MOST_GROUPS
    assert (places[-1].title, places[-1].state) == ("21 more tags", "21 guests")


def test_a_cluster_without_guests_is_drawn_and_said() -> None:
    nobody = with_guests()
    found = cluster_map.drawing(assess(nobody), nobody, Choice(predicted=True))
    assert len(found.places) == 4
    assert found.bubbles == ()
    assert map_legend.notes(assess(nobody), found, Choice(), nobody)[0].startswith("No guest on these nodes yet.")
    assert map_legend.finding(assess(nobody)).startswith("Nothing needs to move. pve1 carries")


def test_the_finding_counts_moves_and_names_the_heaviest() -> None:
    ways = len({(m.source, m.target) for m in made().recommendations})
    assert map_legend.finding(made()).startswith(f"{len(made().recommendations)} moves between {ways} pair")
    assert "pve1 carries the most penalty" in map_legend.finding(made())
    unmeasured = tuple(replace(node, score=None) for node in made().nodes)
    assert map_legend.finding(replace(made(), nodes=unmeasured)) == "No node is measured yet."


@pytest.mark.parametrize(
    ("text", "vmids"),
    [("app-2", {202}), ("PVE2", {200, 201, 202, 203}), ("ignore", {301}), ("nobody", set()), (HOSTILE[3], {103})],
)
def test_search_looks_at_names_nodes_and_tags(text: str, vmids: set[int]) -> None:
    assert map_links.found(snapshot(), text) == vmids


def test_no_search_is_not_an_empty_one() -> None:
    assert map_links.found(snapshot(), "  ") is None


def test_a_click_leads_to_the_recommendation_the_guest_or_the_node() -> None:
    found = drawn()
    single = next(arrow for arrow in found.arrows if len(arrow.vmids) == 1)
    went = map_links.destination(made(), found, {"kind": "arrow", "key": single.key})
    assert went == map_links.Destination(page="recommendations", query={"rec_move": single.key})
    bubble = found.bubbles[0]
    went = map_links.destination(made(), found, {"kind": "bubble", "key": bubble.key})
    assert went == map_links.Destination(page="compare", query={"compare_guest": bubble.title})
    went = map_links.destination(made(), found, {"kind": "place", "key": "pve2"})
    assert went is not None
    assert went.query == {"compare_view": "Two nodes", "compare_left": "pve2"}


def test_several_moves_of_one_way_are_shown_together() -> None:
    first = made().recommendations[0]
    pair = replace(made(), recommendations=(first, replace(first, id="other", vmid=101, steps=(99,))))
    (arrow,) = cluster_map.drawing(pair, snapshot(), Choice()).arrows
    assert arrow.vmids == (first.vmid, 101)
    went = map_links.destination(
        pair, cluster_map.drawing(pair, snapshot(), Choice()), {"kind": "arrow", "key": arrow.key}
    )
    assert went is not None
    assert went.query == {"rec_move": first.id, "rec_from": first.source, "rec_to": first.target}


@pytest.mark.parametrize(
    "opened",
    [None, "arrow", {}, {"kind": "arrow", "key": "gone"}, {"kind": "bubble", "key": []}, {"kind": "place", "key": "x"}],
)
def test_anything_else_leads_nowhere(opened: object) -> None:
    assert map_links.destination(made(), drawn(), opened) is None


def test_a_group_can_not_be_opened() -> None:
    found = drawn(group="type")
    assert map_links.destination(made(), found, {"kind": "place", "key": "VM"}) is None
