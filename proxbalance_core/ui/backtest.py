"""The backtest page's parts: what to replay, how far it is, and what came of it."""

from __future__ import annotations

import json

import streamlit as st

from proxbalance_core.domain.backtests import Backtest
from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.domain.settings import Settings
from proxbalance_core.present import backtest as present
from proxbalance_core.present import what_if, words
from proxbalance_core.services import backtesting, tuning
from proxbalance_core.services.jobs import JOBS
from proxbalance_core.services.workbench import KeptGeneration
from proxbalance_core.ui import background, cards, shadow, sweep, tables, theme
from proxbalance_core.ui.state import scope, workbench

IN_FORCE = "settings in force"
VIEWS = {"replay": "Replay the past", "search": "Find settings", "shadow": "In the shadow"}
DAYS = (7, 14, 30, 60, 90)


def _kept_names() -> list[str]:
    """Profiles that were kept and can be read."""
    return [profile.name for profile in tuning.profiles(workbench()) if profile.settings is not None]


def page(generation: KeptGeneration) -> None:
    """Replay the past, look for settings in it, or have others asked beside those in force from now on."""
    view = st.segmented_control(
        "View", list(VIEWS), key="backtest_view", default="replay", required=True, format_func=VIEWS.__getitem__,
        label_visibility="collapsed", bind="query-params",
    )  # fmt: skip
    if view == "shadow":
        shadow.page(generation)
    elif view == "search":
        sweep.page()
    else:
        _replay()


def _replay() -> None:
    """The form, and below it what runs or what came of it."""
    bench, cid = workbench(), scope().cid
    if bench.connection(cid).source == "file":
        with st.container(border=True, key="backtest_moment"):
            st.text("This cluster was opened from a snapshot file: a single moment. A backtest needs its history.")
        return
    key = ("backtest", f"{bench.paths.root}:{cid}")
    _form(key)
    found = background.result(
        "backtest", key, Backtest,
        "Pick what to replay and start. Three days of history are needed; the result appears here.",
        background.Told(doing="Replaying the past, hour by hour"),
    )  # fmt: skip
    if found is not None:
        _result(found)


def _form(key: background.Key) -> None:
    with st.container(border=True, key="backtest_form", horizontal=True, vertical_alignment="bottom"):
        names = st.multiselect(
            "Profiles", [IN_FORCE, *PRESETS, *_kept_names()], default=[IN_FORCE], key="backtest_profiles", width=420,
            format_func=lambda name: words.PROFILES.get(name, name.capitalize() if name == IN_FORCE else name),
        )  # fmt: skip
        days = st.selectbox(
            "Days back", DAYS, index=2, key="backtest_days", width=120, bind="query-params",
        )  # fmt: skip
        ready = bool(names) and not background.busy(key)
        if st.button("Replay", key="backtest_start", type="primary", icon=":material/history:", disabled=not ready):
            _start(key, names, int(days or 30))
            st.rerun()


def _start(key: background.Key, names: list[str], days: int) -> None:
    bench, cid = workbench(), scope().cid
    profiles: dict[str, Settings] = {
        name: bench.settings(cid) if name == IN_FORCE else tuning.named(bench, cid, name) for name in names
    }
    JOBS.start(key, "backtest", lambda report: backtesting.run(bench, cid, profiles, days=days, on_progress=report))


def _result(found: Backtest) -> None:
    first, rest = what_if.headline(found.summary)
    with st.container(border=True, key="backtest_answer", gap="xsmall"):
        theme.strong(first, "backtest-first")
        if rest:
            st.text(rest)
        zone = scope().zone
        begins, ends = (moment.astimezone(zone) for moment in (found.begins, found.ends))
        st.caption(f"{begins:%Y-%m-%d %H:%M} to {ends:%Y-%m-%d %H:%M}, after {found.history_hours} hours of history")
    cards.tiles(present.tiles(found))
    st.subheader("Overloaded minutes, day by day", anchor=False)
    chart = present.by_day(found)
    st.altair_chart(chart)
    tables.show(present.sides(found), "Each way through the past", figures=present.FIGURES)
    side = present.best(found)
    if side.made:
        with st.expander(f"{words.count(len(side.made), 'move')} with {side.name}"):
            tables.show(present.moves(side), "Moves that would have been made")
    for place, note in enumerate(found.notes):
        theme.quiet(note, f"backtest-note-{place}")
    st.download_button(
        "JSON", json.dumps(found.to_dict(), indent=2), file_name="backtest.json", mime="application/json",
        key="backtest_json", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
