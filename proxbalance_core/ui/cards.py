"""Cards of the overview: health and digest, tiles, nodes, attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

import streamlit as st

from proxbalance_core.present import marks, shifts, words
from proxbalance_core.present.attention import Attention
from proxbalance_core.present.views import Digest, NodeRow, Tile
from proxbalance_core.ui import theme
from proxbalance_core.ui.registry import page

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Changes

Colour = Literal["red", "orange", "green", "gray", "blue"]
LIGHT_BADGES: dict[str, tuple[Colour, str]] = {
    "red": ("red", ":material/error:"),
    "amber": ("orange", ":material/warning:"),
    "green": ("green", ":material/check_circle:"),
}
_LEVELS: dict[str, tuple[Colour, str]] = {
    "critical": ("red", ":material/error:"),
    "warning": ("orange", ":material/warning:"),
    "info": ("gray", ":material/info:"),
}
_URGENCY: dict[str, tuple[Colour, str]] = {
    "high": ("red", ":material/priority_high:"),
    "medium": ("orange", ":material/schedule:"),
    "low": ("blue", ":material/event_available:"),
    "none": ("green", ":material/check_circle:"),
}
MAINTENANCE_VIEW = "Node maintenance"
N_MINUS_1_VIEW = "If a node fails (N-1)"
_FULL_STACK = 100.0
_CHANGES_SHOWN = 12
# The other figures of the predicted overlay stand at their gauges.
_BESIDE_GAUGES = ("Penalty", "Guests")


def health(digest: Digest) -> None:
    """The gauge with its word, and what the recommendations are about."""
    with st.container(border=True, key="overview_health"):
        left, right = st.columns([2, 3], gap="medium", vertical_alignment="center")
        with left:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.metric(
                    "Cluster health",
                    f"{words.number(digest.health, 0)} · {digest.word}",
                    help="0 to 100, higher is better: 100 less the nodes' mean penalty, weighted by their cores. "
                    "The tick on the bar is where the plan would bring it.",
                    width="content",
                )
                _light_badge(digest.light, digest.light_word)
            st.html(marks.health(digest.health, digest.predicted_health, marks.health_colour(digest.health)))
        with right:
            colour, icon = _URGENCY[digest.urgency]
            st.badge(digest.urgency_label, icon=icon, color=colour)
            st.text(digest.advice)
            about = [*digest.counts, *([digest.promise] if digest.promise else [])]
            if about:
                st.caption(" · ".join(about))


def _light_badge(light: str, text: str) -> None:
    colour, icon = LIGHT_BADGES[light]
    st.badge(text, icon=icon, color=colour)


def tiles(rows: Sequence[Tile]) -> None:
    """The row of figures, all the same height."""
    with st.grid(columns=len(rows), min_column_width=140, gap="small"):
        for tile in rows:
            st.metric(
                tile.title,
                tile.value,
                delta=tile.change,
                delta_color=_change_colour(tile),
                delta_arrow="off",
                help=tile.about,
                border=True,
                height="stretch",
                chart_data=list(tile.trend) if len(tile.trend) > 2 else None,
            )


def _change_colour(tile: Tile) -> Literal["green", "orange", "off"]:
    if tile.better is None:
        return "off"
    return "green" if tile.better else "orange"


def node(row: NodeRow, *, on_maintenance: Callable[[str, str], None] | None, link: str | None) -> None:
    """One node's card; ``on_maintenance`` (None: no switch) gets its name and its switch's key, ``link`` leads out."""
    with st.container(border=True, height="stretch", gap="small", key=f"node_{row.name}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            with st.container(horizontal=True, vertical_alignment="center", width="content", gap="xsmall"):
                theme.strong(row.name, f"node-{row.name}")
                theme.outside(link, f"node-{row.name}", "Proxmox")
            colour, icon = LIGHT_BADGES[row.light]
            if row.maintenance:
                colour, icon = "gray", ":material/build:"
            st.badge(row.state, icon=icon, color=colour)
        st.html(marks.gauge_rows((g.title, g.value, g.limit, g.after) for g in row.gauges))
        _penalty(row)
        if row.guests_after is not None:
            st.html(marks.shifts(shift for shift in shifts.of_node(row) if shift.title in _BESIDE_GAUGES))
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.caption(words.count(row.guest_count, "guest"), width="content")
            if on_maintenance is not None:
                _maintenance(row, on_maintenance)
        if row.maintenance and on_maintenance is not None:
            asked = {"whatif_view": MAINTENANCE_VIEW, "whatif_empty_nodes": row.name}
            st.page_link(
                page("what_if").path, label="Plan its maintenance", icon=":material/build:", query_params=asked
            )


def _maintenance(row: NodeRow, switched: Callable[[str, str], None]) -> None:
    key = f"overview_maintenance_{row.name}"
    st.toggle(
        "Maintenance",
        value=row.maintenance,
        key=key,
        help="For the advice only: recommends a new place for every guest. Nothing changes in Proxmox.",
        on_change=switched,
        args=(row.name, key),
    )


def _penalty(row: NodeRow) -> None:
    if not row.measured:
        st.caption("Not measured, so it has no score.")
        return
    says = f"Penalty {words.number(row.score)} points, suitability {words.number(row.suitability, 0)} of 100"
    st.caption(
        f"Penalty {words.number(row.score)} · suitability {words.number(row.suitability, 0)}, {row.rating.lower()}",
        help="The longer the bar, the more speaks against the node. "
        + (", ".join(row.heaviest) or "No limit is touched."),
    )
    st.html(marks.stack(row.parts, _FULL_STACK, says))


def attention(items: Sequence[Attention], limit: int = 2) -> None:
    """What needs attention, the gravest first."""
    if not items:
        st.caption("Nothing needs attention: no advisory, conflict or forecast, and the data are fresh.")
    for place, item in enumerate(items[:limit]):
        _attention_item(item, place)
    if len(items) > limit:
        with st.expander(f"{len(items) - limit} more"):
            for place, item in enumerate(items[limit:], start=limit):
                _attention_item(item, place)


def _attention_item(item: Attention, place: int) -> None:
    colour, icon = _LEVELS[item.level]
    with st.container(gap="xxsmall", key=f"attention_{place}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.badge(words.label(words.SEVERITIES, item.level), icon=icon, color=colour)
            theme.strong(item.title, f"attention-{place}")
        st.text(item.detail)
        if item.suggestions:
            theme.quiet("→ " + " ".join(item.suggestions), f"attention-{place}")
        if item.fails:
            st.page_link(
                page("what_if").path, label="Lose each node in turn", icon=":material/power_off:",
                query_params={"whatif_view": N_MINUS_1_VIEW},
            )  # fmt: skip


def changes(found: Changes | None, ago: str) -> None:
    """What the newest assessment says that the one before did not."""
    if found is None or found.previous_at is None:
        st.caption("This is the first assessment; changes are shown from the second one on.")
        return
    st.caption(f"Compared with the assessment made {ago}.")
    groups = (
        ("New", found.new),
        ("No longer recommended", found.removed),
        ("Other target", found.changed_targets),
    )
    if not any(rows for _, rows in groups):
        st.text("The same recommendations as before.")
    for title, rows in groups:
        if rows:
            # Closed: the list may be long, and the nodes below it matter more.
            with st.expander(f"{title}: {len(rows)}"):
                for row in rows[:_CHANGES_SHOWN]:
                    st.text(f"{row}")
                if len(rows) > _CHANGES_SHOWN:
                    st.caption(f"{len(rows) - _CHANGES_SHOWN} more under Recommendations.")
