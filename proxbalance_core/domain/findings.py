"""One thing that diagnostics looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    check: str
    level: Literal["ok", "warning", "error"]
    detail: str
    what_to_do: str | None = None
