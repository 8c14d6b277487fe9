"""What the draft is changed with: presets and sliders, simple rules, or every setting by itself."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from proxbalance_core.domain import presets
from proxbalance_core.domain import sliders as lines
from proxbalance_core.domain.sliders import Slider
from proxbalance_core.present import knobs, rules, tuning, words
from proxbalance_core.present import sliders as present
from proxbalance_core.present.sliders import SliderRow
from proxbalance_core.present.tuning import SettingRow
from proxbalance_core.services.workbench import Generation
from proxbalance_core.ui import cache, cards, draft, theme
from proxbalance_core.ui.state import scope

_ROWS_AT_ONCE = 8


def _key(name: str) -> str:
    return f"tuning_{scope().cid}_{name}"


# --- presets and sliders ---


def sliders(_: Generation) -> None:
    """The three presets, then what most people tune."""
    settings = draft.now()
    with st.container(horizontal=True, key="tuning_presets"):
        for name in knobs.PRESET_WORDS:
            st.button(
                words.PROFILES[name], key=f"tuning_preset_{name}", on_click=_preset, args=(name,), width="stretch",
                type="primary" if settings.profile == name else "secondary", help=knobs.PRESET_WORDS[name][1],
                icon=":material/check:" if settings.profile == name else None,
            )  # fmt: skip
    if settings.profile in knobs.PRESET_WORDS:
        st.caption(f"{knobs.PRESET_WORDS[settings.profile][0]} {'. '.join(knobs.behaviours(settings.profile))}.")
    else:
        st.caption("Custom: these values fit no preset. Choosing one sets the sliders anew; thresholds stay.")
    with st.container(key="tuning_sliders", gap="xsmall"):
        for row in present.rows(settings):
            _slider(row)


def _preset(name: str) -> None:
    draft.change(lambda settings: presets.with_preset(settings, name))


def _slider(row: SliderRow) -> None:
    slider, key = row.slider, _key(row.slider.key)
    st.session_state[key] = row.at
    st.slider(
        row.title + (f" [{slider.unit}]" if slider.unit else ""), slider.low, slider.high, step=slider.step,
        key=key, help=row.about, on_change=_slid, args=(slider, key), format="%g" if slider.step < 1 else "%.0f",
    )  # fmt: skip
    st.text(row.sentence)


def _slid(slider: Slider, key: str) -> None:
    to = float(st.session_state[key])
    draft.change(lambda settings: lines.moved(settings, slider, to))


# --- simple rules ---


def simple(generation: Generation) -> None:
    """The same settings as rules to read; a number in a rule can be changed."""
    settings = draft.now()
    _lights(generation)
    for place, rule in enumerate(rules.of(settings)):
        with st.container(border=True, key=f"tuning_rule_{place}", gap="xsmall"):
            st.text(rule.sentence)
            if rule.keys:
                with st.grid(columns=max(2, len(rule.keys)), min_column_width=120):
                    for row in rule.keys:
                        _field(row, f"rule_{row.key}", rules.LABELS[row.key])
    rest = rules.unsaid(settings)
    if rest:
        st.caption(f"{words.count(rest, 'other setting')} differ from the default and hold too: see All settings.")


def _lights(generation: Generation) -> None:
    """The traffic light: each node's under the draft."""
    found = cache.simulate(generation, draft.now())
    with st.container(border=True, horizontal=True, key="tuning_lights", vertical_alignment="center", gap="small"):
        for title, nodes, light in rules.lights(found):
            colour, icon = cards.LIGHT_BADGES[light]
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
                st.badge(title, icon=icon, color=colour)
                theme.quiet(nodes, f"tuning-light-{light}")


# --- every setting ---


def everything(_: Generation) -> None:
    """Each raw value with its default, range and source; searchable."""
    settings = draft.now()
    with st.container(horizontal=True, vertical_alignment="bottom", key="tuning_filter"):
        text = st.text_input("Search", key="tuning_search", placeholder="spikes, memory, move …", width="stretch")
        group = st.selectbox(
            "Group", list(tuning.GROUPS), index=None, key="tuning_group", format_func=tuning.GROUPS.__getitem__,
            placeholder="All", width=210,
        )  # fmt: skip
    only = st.toggle("Changed only", key="tuning_changed")
    rows = tuning.all_settings(settings, text=text or "", group=group, only_changed=only)
    st.caption(f"{words.count(len(rows), 'setting')}. Each has its default, range and source below it.")
    _paged(rows)


def _paged(rows: Sequence[SettingRow]) -> None:
    pages = max(1, -(-len(rows) // _ROWS_AT_ONCE))
    above = st.container()
    # One widget for each number of pages: a search that leaves fewer begins at the first.
    at = st.pagination(pages, key=f"tuning_page_{pages}") if pages > 1 else 1
    with above:
        for row in rows[(at - 1) * _ROWS_AT_ONCE : at * _ROWS_AT_ONCE]:
            _raw(row)


def _raw(row: SettingRow) -> None:
    with st.container(gap="xxsmall", key=f"tuning_raw_{row.key}"):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _field(row, f"raw_{row.key}", row.title)
            st.button(
                "Reset", key=_key(f"reset_{row.key}"), icon=":material/restart_alt:", disabled=not row.changed,
                on_click=draft.change_value, args=(row.key, row.default), help="Back to the default",
            )  # fmt: skip
        theme.quiet(row.facts, f"tuning-raw-{row.key}")


def _field(row: SettingRow, name: str, title: str) -> None:
    """The input of one setting."""
    key = _key(name)
    st.session_state[key] = list(row.value) if isinstance(row.value, tuple) else row.value
    if isinstance(row.default, bool):
        st.toggle(title, key=key, on_change=_typed, args=(row.key, key))
    elif isinstance(row.default, tuple):
        nodes = _nodes()
        known = [*nodes, *(name for name in row.value if name not in nodes)]
        st.multiselect(title, known, key=key, placeholder="All nodes", on_change=_chosen, args=(row.key, key))
    else:
        whole = isinstance(row.default, int)
        low, high = row.low or 0, row.high or 0
        st.number_input(
            f"{title} [{row.unit}]" if row.unit not in ("", "moves") else title, int(low) if whole else float(low),
            int(high) if whole else float(high), step=row.step, key=key, format="%d" if whole else "%g",
            on_change=_typed, args=(row.key, key),
        )  # fmt: skip


def _nodes() -> tuple[str, ...]:
    found = cache.latest(scope().cid)
    return tuple(node.name for node in found.snapshot.nodes) if found else ()


def _typed(name: str, key: str) -> None:
    draft.change_value(name, st.session_state[key])


def _chosen(name: str, key: str) -> None:
    draft.change_value(name, tuple(st.session_state[key]))
