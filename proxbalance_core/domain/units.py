"""Units and the annotated types that say what a number may be.

GB are 2^30 bytes, MB 2^20. NaN = not measured, None = does not apply, 0 = zero.
"""

from __future__ import annotations

import math
from typing import Annotated

from annotated_types import Ge, Gt, Le

KIB, MIB, GIB = 2**10, 2**20, 2**30
NAN = math.nan

NonNegative = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
Count = Annotated[int, Ge(0), Le(2**63 - 1)]
HourOfDay = Annotated[int, Ge(0), Le(23)]


def known(value: float) -> bool:
    """Whether ``value`` was measured (is not NaN)."""
    return value == value


def first_known(*values: float) -> float:
    """The first measured value, NaN if there is none."""
    return next((v for v in values if v == v), NAN)
