"""Settings in a line of text, for a URL: what differs from the defaults, as ``key:value`` with commas between."""

from __future__ import annotations

from typing import Any

from proxbalance_core.domain.presets import settings_from_dict
from proxbalance_core.domain.settings import Settings, specs
from proxbalance_core.errors import SettingInvalid, shown

LONGEST = 4000
_YES_NO = {"true": True, "false": False}


def as_line(settings: Settings) -> str:
    """The line that :func:`from_line` reads; "" for the defaults."""
    default = Settings()
    values = {key: getattr(settings, key) for key in specs() if key != "profile"}
    return ",".join(f"{key}:{_written(value)}" for key, value in values.items() if value != getattr(default, key))


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "|".join(value) if isinstance(value, tuple) else f"{value:.12g}"


def from_line(text: str) -> Settings:
    """Settings from a line that anyone may have written; what it doesn't name has its default.

    Raises
    ------
    SettingInvalid
        Once, with everything that can't be used.
    """
    if len(text) > LONGEST:
        raise SettingInvalid("The settings in this address are longer than any could be.", faults=("length",))
    default, values, faults = Settings(), dict[str, Any](), []
    for part in filter(None, text.split(",")):
        key, sign, value = part.partition(":")
        if not sign or key not in specs() or key == "profile":
            faults.append(f"{shown(key)}: there is no such setting")
        else:
            values[key] = _read(getattr(default, key), value)
    try:
        read = settings_from_dict(values)
    except SettingInvalid as error:
        faults += list(error.faults)
    if faults:
        raise SettingInvalid("; ".join(faults) + ".", faults=tuple(faults))
    return read


def _read(default: Any, value: str) -> Any:
    """``value`` as the kind of thing that ``default`` is; what is none stays text, to be refused."""
    if isinstance(default, bool):
        return _YES_NO.get(value, value)
    if isinstance(default, tuple):
        return tuple(filter(None, value.split("|")))
    try:
        return float(value)
    except ValueError:
        return value
