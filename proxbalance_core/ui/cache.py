"""What is kept between reruns: read assessments (immutable, shared) and frames (copied), by small keys."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import streamlit as st

from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.plans import Assessment, Simulation
from proxbalance_core.domain.settings import Settings
from proxbalance_core.present import events
from proxbalance_core.present.cluster_map import drawing
from proxbalance_core.present.map_values import Choice, ClusterMap
from proxbalance_core.present.reading import read_assessment
from proxbalance_core.services import feedback, patterning, shadowing, timeline, trying, tuning
from proxbalance_core.services.backtesting import course
from proxbalance_core.services.workbench import Generation, KeptGeneration
from proxbalance_core.ui.state import now, scope, workbench

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import numpy as np
    import pandas as pd

    from proxbalance_core.domain.changes import Change
    from proxbalance_core.domain.drains import Drain
    from proxbalance_core.domain.failover import NMinusOne
    from proxbalance_core.domain.feedback import Advice
    from proxbalance_core.domain.forecasts import ForecastAccuracy
    from proxbalance_core.domain.patterns import Patterns
    from proxbalance_core.domain.records import Event, GenerationGlance
    from proxbalance_core.domain.selections import Selection
    from proxbalance_core.domain.shadows import Shadow, ShadowReport
    from proxbalance_core.domain.suggestions import Suggestions
    from proxbalance_core.domain.whatif import WhatIf
    from proxbalance_core.features.course import Course

_TTL_S = 900
# All that two years keep, with room to spare.
_MOST_MOMENTS = 3000
MARKS_MOST = 5_000


def latest(cid: str) -> Generation | None:
    """The newest generation that is there in full; it is read from the store once."""
    found = as_of(cid, None)
    return found if isinstance(found, Generation) else None


def as_of(cid: str, at: datetime | None) -> KeptGeneration | None:
    """The generation that was the newest at a time (None: now), whole or in brief; None when all are newer."""
    newest = workbench().generations(cid, limit=1, until=at)
    return _generation(_folder(), cid, newest[0].id) if newest else None


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner=False)
def _generation(folder: str, cid: str, gid: int) -> KeptGeneration:
    return workbench().generation(gid)


def moments(cid: str) -> tuple[GenerationGlance, ...]:
    """Every generation that is kept at a glance, newest first."""
    newest = workbench().generations(cid, limit=1)
    return _moments(_folder(), cid, newest[0].id) if newest else ()


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner=False)
def _moments(folder: str, cid: str, gid: int) -> tuple[GenerationGlance, ...]:
    return workbench().generations(cid, limit=_MOST_MOMENTS)


def assessment(generation: KeptGeneration) -> Assessment:
    """The assessment of a generation, read once."""
    return _assessment(_folder(), generation.cid, generation.id, generation.assessment)


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner=False)
def _assessment(folder: str, cid: str, gid: int, _document: dict[str, Any]) -> Assessment:
    return read_assessment(_document)


def cluster_map(generation: Generation, choice: Choice) -> tuple[ClusterMap, dict[str, Any]]:
    """The map of a generation, as a value and as the browser is told it."""
    return _cluster_map(_folder(), generation.cid, generation.id, choice, generation)


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner=False)
def _cluster_map(
    folder: str, cid: str, gid: int, choice: Choice, _generation: Generation
) -> tuple[ClusterMap, dict[str, Any]]:
    drawn = drawing(assessment(_generation), _generation.snapshot, choice)
    return drawn, plain(drawn)


def what_if(generation: Generation, changes: tuple[Change, ...]) -> WhatIf:
    """The cluster after ``changes``, worked out once."""
    return _what_if(_folder(), generation.cid, generation.id, repr(changes), generation, changes)


@st.cache_resource(ttl=_TTL_S, max_entries=16, show_spinner="Working it out")
def _what_if(
    folder: str, cid: str, gid: int, asked: str, _generation: Generation, _changes: tuple[Change, ...]
) -> WhatIf:
    return trying.what_if(_generation, _changes)


def select(generation: Generation, moves: tuple[tuple[int, str], ...]) -> Selection:
    """``moves`` taken together, worked out once."""
    return _select(_folder(), generation.cid, generation.id, moves, generation)


@st.cache_resource(ttl=_TTL_S, max_entries=32, show_spinner=False)
def _select(folder: str, cid: str, gid: int, moves: tuple[tuple[int, str], ...], _generation: Generation) -> Selection:
    return trying.select(_generation, assessment(_generation), moves)


def simulate(generation: Generation, proposed: Settings) -> Simulation:
    """What ``proposed`` would change, worked out once."""
    return _simulate(_folder(), generation.cid, generation.id, proposed, generation)


@st.cache_resource(
    ttl=_TTL_S, max_entries=64, show_spinner=False, hash_funcs={Settings: lambda settings: repr(settings)}
)
def _simulate(folder: str, cid: str, gid: int, proposed: Settings, _generation: Generation) -> Simulation:
    return tuning.simulated(_generation, assessment(_generation), proposed)


def suggestions(generation: Generation) -> Suggestions:
    """Thresholds that would fit better, each with its effect, worked out once."""
    return _suggestions(_folder(), generation.cid, generation.id, generation)


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner="Trying each suggestion")
def _suggestions(folder: str, cid: str, gid: int, _generation: Generation) -> Suggestions:
    return tuning.suggestions(_generation)


def patterns(generation: Generation, days: int) -> Patterns:
    """The patterns of the last ``days``, worked out once."""
    return _patterns(_folder(), generation.cid, generation.id, days)


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner="Looking for what repeats")
def _patterns(folder: str, cid: str, gid: int, days: int) -> Patterns:
    return patterning.patterns(workbench(), cid, days, _course(folder, cid, gid, days))


def forecasts(generation: Generation, days: int) -> ForecastAccuracy:
    """How past forecasts did, worked out once."""
    return _forecasts(_folder(), generation.cid, generation.id, days)


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner="Holding forecasts against what came")
def _forecasts(folder: str, cid: str, gid: int, days: int) -> ForecastAccuracy:
    return patterning.forecasts(workbench(), cid, days, _course(folder, cid, gid, days))


def past_forecast(generation: Generation, entity: str, days: int) -> pd.DataFrame:
    """One node's or guest's past forecasts beside what came."""
    return patterning.past_forecast(_course(_folder(), generation.cid, generation.id, days), entity)


def heatmap(generation: Generation, entity: str, metric: str, statistic: str, days: int) -> np.ndarray:
    """One node or guest by weekday and hour."""
    return patterning.heatmap(_course(_folder(), generation.cid, generation.id, days), entity, metric, statistic)


@st.cache_resource(ttl=_TTL_S, max_entries=2, show_spinner=False)
def _course(folder: str, cid: str, gid: int, days: int) -> Course:
    """A past is large: read once for whichever node or guest of it is looked at, and only the last two are kept."""
    return course(workbench(), cid, days)


def shadow_report(generation: KeptGeneration, shadow: Shadow) -> ShadowReport:
    """A shadow beside what was advised, up to a generation."""
    return _shadow_report(_folder(), generation.cid, generation.id, f"{shadow.name} {shadow.began}")


@st.cache_resource(ttl=_TTL_S, max_entries=4, show_spinner=False)
def _shadow_report(folder: str, cid: str, gid: int, shadow: str) -> ShadowReport:
    return shadowing.report(workbench(), cid)


def n_minus_1(generation: Generation) -> NMinusOne:
    """Each node lost in turn, worked out once."""
    return _n_minus_1(_folder(), generation.cid, generation.id, generation)


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner="Losing each node in turn")
def _n_minus_1(folder: str, cid: str, gid: int, _generation: Generation) -> NMinusOne:
    return trying.n_minus_1(_generation)


def drain(generation: Generation, nodes: tuple[str, ...], choices: Mapping[int, str]) -> Drain:
    """The maintenance of ``nodes`` under ``choices``, planned once."""
    return _drain(_folder(), generation.cid, generation.id, nodes, tuple(choices.items()), generation)


@st.cache_resource(ttl=_TTL_S, max_entries=16, show_spinner="Working it out")
def _drain(
    folder: str, cid: str, gid: int, nodes: tuple[str, ...], choices: tuple[tuple[int, str], ...],
    _generation: Generation,
) -> Drain:  # fmt: skip
    return trying.drain(_generation, nodes, dict(choices))


def node_history(generation: KeptGeneration, hours: int, *, past: bool) -> pd.DataFrame:
    """The nodes' own past, up to now or to a ``past`` generation: ts, node, cpu_pct, mem_pct, iowait_pct."""
    return _node_history(_folder(), generation.cid, generation.id, hours, generation.at if past else None)


@st.cache_data(ttl=_TTL_S, max_entries=16, show_spinner=False)
def _node_history(folder: str, cid: str, gid: int, hours: int, until: datetime | None) -> pd.DataFrame:
    frame: pd.DataFrame = workbench().node_history(cid, hours, until)
    return frame


def score_history(generation: KeptGeneration, hours: int, *, past: bool) -> pd.DataFrame:
    """Health, imbalance and number of recommendations of the generations before it."""
    return _score_history(_folder(), generation.cid, generation.id, hours, generation.at if past else None)


@st.cache_data(ttl=_TTL_S, max_entries=16, show_spinner=False)
def _score_history(folder: str, cid: str, gid: int, hours: int, until: datetime | None) -> pd.DataFrame:
    frame: pd.DataFrame = workbench().score_history(cid, hours, until)
    return frame


def scores(generation: KeptGeneration, days: float) -> timeline.ScoreHistory:
    """The marks of the cluster and its nodes over ``days`` up to now, or to a past generation."""
    return _scores(_folder(), generation.cid, generation.id, days, _until(generation))


@st.cache_resource(ttl=_TTL_S, max_entries=8, show_spinner=False)
def _scores(folder: str, cid: str, gid: int, days: float, until: datetime | None) -> timeline.ScoreHistory:
    return timeline.scores(workbench(), cid, days, MARKS_MOST, until)


def happened(generation: KeptGeneration, days: float, *, everything: bool = False) -> tuple[Event, ...]:
    """What is marked on charts (or all that happened) over the same time; read anew, as things happen all the time."""
    until = _until(generation) or now()
    kinds = frozenset(events.EVENT_NAMES if everything else events.KINDS)
    return timeline.happened(workbench(), generation.cid, until - timedelta(days=days), until, kinds)


def window(generation: KeptGeneration, since: datetime, until: datetime) -> timeline.Window:
    """What changed between two times, worked out once."""
    return _window(_folder(), generation.cid, generation.id, since.replace(microsecond=0), until.replace(microsecond=0))


@st.cache_resource(ttl=_TTL_S, max_entries=16, show_spinner=False)
def _window(folder: str, cid: str, gid: int, since: datetime, until: datetime) -> timeline.Window:
    return timeline.window(workbench(), cid, since, until)


def advice(generation: KeptGeneration, days: float) -> tuple[Advice, ...]:
    """What was recommended over the same time, and what became of it."""
    until = _until(generation) or now()
    return feedback.stood(workbench(), generation.cid, until - timedelta(days=days), until)


def _until(generation: KeptGeneration) -> datetime | None:
    return generation.at if scope().as_of is not None else None


def _folder() -> str:
    """Part of every key: tests and a changed environment must not see another folder's figures."""
    return os.environ.get("PROXBALANCE_DATA", "")
