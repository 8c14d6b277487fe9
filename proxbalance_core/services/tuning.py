"""Tuning: settings that are tried, taken, taken back, and kept by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.presets import PRESETS, with_preset
from proxbalance_core.domain.settings import Settings
from proxbalance_core.errors import ConfigError, SettingInvalid, SettingMissing

if TYPE_CHECKING:
    from proxbalance_core.domain.plans import Assessment, Simulation
    from proxbalance_core.domain.sensitivities import Sensitivity
    from proxbalance_core.domain.suggestions import Suggestions
    from proxbalance_core.services.assessing import Generation
    from proxbalance_core.services.jobs import Report
    from proxbalance_core.services.workbench import Workbench

_PROFILES, _DISMISSED = "profiles", "dismissed_suggestions"
MOST_PROFILES, LONGEST_NAME = 50, 40
REVISIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """Settings that were put in force, by whom, and what that changed: key to (before, after)."""

    id: int
    at: datetime
    who: str
    settings: Settings
    changes: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Settings kept by name; ``fault`` says why they can't be read any more (then ``settings`` is None)."""

    name: str
    settings: Settings | None
    fault: str | None = None


def simulated(generation: Generation, told: Assessment, proposed: Settings) -> Simulation:
    """What ``proposed`` would change of what a generation says."""
    from proxbalance_core import simulate

    return simulate(generation.snapshot, generation.settings, proposed, told)


def merged(settings: Settings, wished: Mapping[str, Any]) -> Settings:
    """``settings`` with what is ``wished`` in place; a preset that is named comes before single values.

    Raises
    ------
    SettingInvalid
        Once, with all faults.
    """
    named = wished.get("profile")
    base = with_preset(settings, named) if isinstance(named, str) and named in PRESETS else settings
    kept = {key: value for key, value in base.to_dict().items() if key != "profile"}
    unknown = {"profile": named} if "profile" in wished and base is settings else {}
    return Settings.from_dict(kept | {key: value for key, value in wished.items() if key != "profile"} | unknown)


def sensitivity(generation: Generation, on_progress: Report | None = None) -> Sensitivity:
    """What each setting drives, on a generation's cluster."""
    from proxbalance_core import sensitivity as run

    return run(generation.snapshot, generation.settings, on_progress)


def suggestions(generation: Generation) -> Suggestions:
    """Thresholds that would fit a generation's cluster better, each with what it would change."""
    from proxbalance_core import suggestions as run

    return run(generation.snapshot, generation.settings)


def history(bench: Workbench, cid: str, limit: int = REVISIONS) -> tuple[Revision, ...]:
    """The settings that were in force, newest first, each with what it changed of those before."""
    found = bench.store.settings.history(cid, limit + 1)
    befores = [*(change.settings for change in found[1:]), *([Settings()] if len(found) <= limit else [])]
    return tuple(
        Revision(
            id=change.id, at=change.at, who=change.who, settings=change.settings,
            changes=difference(before, change.settings),
        )
        for change, before in zip(found[:limit], befores, strict=False)
    )  # fmt: skip


def difference(before: Settings, after: Settings) -> dict[str, tuple[Any, Any]]:
    """What differs: key to (before, after); the name of the profile follows from the rest."""
    old, new = before.to_dict(), after.to_dict()
    return {key: (old[key], new[key]) for key in new if old[key] != new[key] and key != "profile"}


def before_last(bench: Workbench, cid: str) -> Settings | None:
    """What undoing the last change would bring back; None when there was no change."""
    found = bench.store.settings.history(cid, 2)
    if not found:
        return None
    return found[1].settings if len(found) > 1 else Settings()


def profiles(bench: Workbench) -> tuple[Profile, ...]:
    """What was kept by name, for every cluster, by name."""
    return tuple(_profile(name, document) for name, document in sorted(_kept(bench).items()))


def _profile(name: str, document: Any) -> Profile:
    try:
        return Profile(name=name, settings=Settings.from_dict(document))
    except SettingInvalid as error:
        return Profile(name=name, settings=None, fault=error.message)


def _kept(bench: Workbench) -> dict[str, Any]:
    found = json.loads(bench.store.preferences.get(_PROFILES) or "{}")
    return found if isinstance(found, dict) else {}


def keep_profile(bench: Workbench, name: str, settings: Settings) -> None:
    """Keep ``settings`` as ``name``; one of that name is replaced.

    Raises
    ------
    ConfigError
        The name is empty, too long or a preset's, or there are too many profiles.
    """
    name, kept = name.strip(), _kept(bench)
    if not name or len(name) > LONGEST_NAME:
        raise ConfigError(f"A profile's name has 1 to {LONGEST_NAME} characters.")
    if name.casefold() in (*PRESETS, "custom"):
        raise ConfigError("That is the name of a preset; call yours something else.")
    if name not in kept and len(kept) >= MOST_PROFILES:
        raise ConfigError(f"There are {MOST_PROFILES} profiles already; delete one first.")
    bench.store.preferences.put(_PROFILES, json.dumps(kept | {name: settings.to_dict()}))


def drop_profile(bench: Workbench, name: str) -> None:
    """Forget a profile; no cluster's settings change."""
    kept = _kept(bench)
    kept.pop(name, None)
    bench.store.preferences.put(_PROFILES, json.dumps(kept))


def named(bench: Workbench, cid: str, name: str) -> Settings:
    """A preset laid over a connection's settings, or a profile that was kept.

    Raises
    ------
    SettingMissing
        There is neither.
    SettingInvalid
        The profile can't be read.
    """
    if name in PRESETS:
        return with_preset(bench.settings(cid), name)
    kept = _kept(bench)
    if name not in kept:
        raise SettingMissing(f"There is no profile '{name}'; there are {', '.join([*PRESETS, *sorted(kept)])}.")
    return Settings.from_dict(kept[name])


def dismissed(bench: Workbench, cid: str) -> dict[str, float]:
    """Suggestions that were dismissed: key to the value that was suggested then."""
    found = json.loads(bench.store.preferences.get(_DISMISSED) or "{}").get(cid, {})
    return {str(key): float(at) for key, at in found.items()}


def dismiss(bench: Workbench, cid: str, key: str, suggested: float) -> None:
    """Leave a suggestion out until it suggests another value."""
    found = json.loads(bench.store.preferences.get(_DISMISSED) or "{}")
    found[cid] = dismissed(bench, cid) | {key: suggested}
    bench.store.preferences.put(_DISMISSED, json.dumps(found))
