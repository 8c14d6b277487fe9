"""``forecast_accuracy``: how the forecasts of a cluster's last days did."""

from __future__ import annotations

import numpy as np

from proxbalance_core.domain.forecasts import ForecastAccuracy, ForecasterScore, SeriesForecast
from proxbalance_core.errors import NotEnoughHistory
from proxbalance_core.features.arrays import Floats
from proxbalance_core.features.course import Course
from proxbalance_core.features.hourly import DAY_HOURS
from proxbalance_core.forecast import accuracy


def series_of(course: Course) -> tuple[Floats, list[str], list[str]]:
    """CPU of every node (as it was) and guest by the hour [percent], with their entities and names."""
    snapshot = course.snapshot
    entities = [f"node/{node.name}" for node in snapshot.nodes] + [f"guest/{guest.vmid}" for guest in snapshot.guests]
    names = [node.name for node in snapshot.nodes] + [guest.name or "" for guest in snapshot.guests]
    return np.concatenate((course.as_it_was()[0], course.guest_cpu_pct()), axis=1), entities, names


def forecast_accuracy(course: Course) -> ForecastAccuracy:
    """Judge the forecasts of up to 7 last days beside simple ones.

    Raises
    ------
    NotEnoughHistory
        Under five days of hours.
    """
    days = accuracy.judged_days(course.hours)
    if not days:
        raise NotEnoughHistory(
            f"Judging forecasts needs 5 days of history, and there are {course.hours // DAY_HOURS}.",
            hours=course.hours,
        )
    values, entities, names = series_of(course)
    band = accuracy.banded(values, days)
    covered, own = accuracy.coverage(values, band), accuracy.mase(values, band.level)
    return ForecastAccuracy(
        cluster=course.snapshot.cluster, begins=course.at(course.hours - days * DAY_HOURS),
        ends=course.at(course.hours), days=days, forecasters=_scores(values, band),
        nominal_pct=accuracy.NOMINAL_PCT, coverage_pct=_percent(_median(covered)),
        series=tuple(
            SeriesForecast(entity=entity, name=name, mase=_rounded(own[i]), coverage_pct=_percent(covered[i]))
            for i, (entity, name) in enumerate(zip(entities, names, strict=True))
        ),
    )  # fmt: skip


def _scores(values: Floats, band: accuracy.Band) -> tuple[ForecasterScore, ...]:
    days = len(band.level)
    # What a plan has to stand is our word on peaks: the level is none.
    top = accuracy.rolled(values, accuracy.highest_scenario, days)
    simple = {name: accuracy.rolled(values, made, days) for name, made in accuracy.SIMPLE.items()}
    return (
        _score(accuracy.OURS, values, band.level, top),
        *(_score(name, values, ahead, ahead) for name, ahead in simple.items()),
    )


def _score(name: str, values: Floats, ahead: Floats, top: Floats) -> ForecasterScore:
    return ForecasterScore(
        name=name, mase=_rounded(_median(accuracy.mase(values, ahead))),
        peak_error_pct=_rounded(_median(accuracy.peak_error(values, top))),
    )  # fmt: skip


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else float("nan")


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 3)


def _percent(share: float) -> float | None:
    return None if np.isnan(share) else round(100.0 * float(share), 1)
