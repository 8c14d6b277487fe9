"""Groups of rows against the same by pandas, group by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxbalance_core.store.groups import Groups
from proxbalance_core.store.metrics import NULL

ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 4), st.one_of(st.just(NULL), st.integers(-50, 50))), min_size=1
)


@given(ROWS)
def test_groups_are_those_of_pandas(rows: list[tuple[int, int, int]]) -> None:
    ts, entity, numbers = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    by = Groups(ts, entity)
    frame = pd.DataFrame({"ts": ts, "entity": entity, "x": np.where(numbers == NULL, np.nan, numbers)})
    oracle = frame.groupby(["ts", "entity"])["x"]
    assert list(zip(by.ts.tolist(), by.entity.tolist(), strict=True)) == list(oracle.groups)
    assert by.sizes.tolist() == oracle.size().tolist()
    for made, wanted in (
        (by.mean(numbers), oracle.mean()),
        (by.total(numbers), oracle.sum()),
        (by.highest(numbers), oracle.max()),
        (by.last(numbers), oracle.last()),
        (by.quantile(numbers, 0.95), oracle.quantile(0.95)),
    ):
        assert made.tolist() == pytest.approx(wanted.tolist(), nan_ok=True)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), min_size=1))
def test_distinct_numbers_are_counted(rows: list[tuple[int, int]]) -> None:
    entity, numbers = (np.array(column, dtype=np.int64) for column in zip(*sorted(rows), strict=True))
    counted = Groups(np.zeros_like(entity), entity).distinct(numbers)
    assert counted.tolist() == [len({n for e, n in rows if e == one}) for one in sorted({e for e, _ in rows})]


def test_no_rows_make_no_groups() -> None:
    assert len(Groups(np.empty(0, np.int64), np.empty(0, np.int64))) == 0
