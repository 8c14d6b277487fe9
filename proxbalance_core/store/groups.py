"""Rows that belong to one time and one entity, taken together: many groups at once, whole columns at a time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from proxbalance_core.store.metrics import NULL

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Groups:
    """The groups of some rows, by time and entity: ``ts``, ``entity`` and ``sizes`` have a value for each.

    The functions take a column of the rows (whole numbers, NULL not measured) and give a value for each group, NaN
    where nothing in it was measured.
    """

    def __init__(self, ts: Ints, entity: Ints) -> None:
        self._order = np.lexsort((entity, ts))
        ts, entity = ts[self._order], entity[self._order]
        new = np.ones(len(ts), dtype=bool)
        new[1:] = (ts[1:] != ts[:-1]) | (entity[1:] != entity[:-1])
        self._starts = np.flatnonzero(new)
        self._of = np.cumsum(new) - 1
        self.ts, self.entity = ts[self._starts], entity[self._starts]
        self.sizes = np.diff(np.append(self._starts, len(ts)))

    def __len__(self) -> int:
        return len(self._starts)

    def mean(self, numbers: Ints) -> Floats:
        values = self._values(numbers)
        seen = np.isfinite(values)
        count = self._sum(seen)
        mean: Floats = np.full(len(self), np.nan)
        np.divide(self._sum(np.where(seen, values, 0.0)), count, out=mean, where=count > 0)
        return mean

    def total(self, numbers: Ints) -> Floats:
        return self._sum(np.nan_to_num(self._values(numbers)))

    def highest(self, numbers: Ints) -> Floats:
        return np.asarray(np.fmax.reduceat(self._values(numbers), self._starts))

    def last(self, numbers: Ints) -> Floats:
        """The last that was measured, in the order of the rows."""
        values = self._values(numbers)
        place = np.maximum.reduceat(np.where(np.isfinite(values), np.arange(len(values)), -1), self._starts)
        return np.where(place >= 0, values[place], np.nan)

    def quantile(self, numbers: Ints, share: float) -> Floats:
        """Linear between ranks."""
        values = self._values(numbers)
        ranked = values[np.lexsort((values, self._of))]  # NaN goes to the end of its group
        count = self._sum(np.isfinite(values))
        place = share * np.maximum(count - 1, 0)
        low = np.floor(place).astype(np.intp)
        below, above = ranked[self._starts + low], ranked[self._starts + np.ceil(place).astype(np.intp)]
        return np.asarray(below + (above - below) * (place - low))

    def distinct(self, numbers: Ints) -> Ints:
        """How many different ones there are, of numbers that never fall within a group."""
        sorted_ = numbers[self._order]
        new = np.ones(len(sorted_), dtype=np.int64)
        new[1:] = sorted_[1:] != sorted_[:-1]
        new[self._starts] = 1
        return np.add.reduceat(new, self._starts)

    def _values(self, numbers: Ints) -> Floats:
        values = numbers[self._order]
        return np.where(values == NULL, np.nan, values)

    def _sum(self, values: npt.NDArray[np.generic]) -> Floats:
        return np.add.reduceat(values.astype(np.float64), self._starts)
