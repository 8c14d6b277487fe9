from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from proxbalance_core.domain.observed import GuestSample, NodeSample
from proxbalance_core.store.documents import epoch, packed, unpacked
from proxbalance_core.store.metrics import METRICS, NULL, encoded, measured, raw_fields, rollup_fields
from proxbalance_core.store.rounds import pack, unpack


def test_every_measured_field_of_a_sample_is_stored() -> None:
    for kind, sample in (("node", NodeSample), ("guest", GuestSample)):
        measured = {f.name for f in dataclasses.fields(sample) if f.type == "float"}
        assert {field.name for field in raw_fields(kind)} == measured  # type: ignore[arg-type]


def test_no_column_is_used_twice() -> None:
    for kind in METRICS:
        for fields in (raw_fields(kind), rollup_fields(kind)):
            assert len({f.column for f in fields}) == len({f.name for f in fields}) == len(fields)


def test_values_are_stored_as_whole_numbers() -> None:
    values = np.array([0.0, 1.2345, np.nan, 99.9996, 1e300, -np.inf])
    whole = encoded(values, 1000.0)
    assert whole.tolist() == [0, 1234, NULL, 100_000, NULL, NULL]
    assert np.array_equal(measured(whole, 1000.0), [0.0, 1.234, np.nan, 100.0, np.nan, np.nan], equal_nan=True)


def test_documents_come_back() -> None:
    assert unpacked(packed({"ä": [1, None, 2.5]})) == {"ä": [1, None, 2.5]}
    with pytest.raises(ValueError):
        packed({"x": float("nan")})


def test_a_time_without_zone_is_refused() -> None:
    from datetime import datetime

    with pytest.raises(ValueError):
        epoch(datetime(2026, 2, 1))  # noqa: DTZ001


def test_a_round_comes_back_and_an_older_one_lacks_what_came_later() -> None:
    numbers = np.array([[1, 2, 3], [0, NULL, -5], [2**61, 7, 7]], dtype=np.int64)
    body = pack(numbers)
    assert np.array_equal(unpack(body, 3), numbers)
    assert unpack(body, 4)[3].tolist() == [NULL] * 3
    assert len(pack(np.full((9, 2000), 4000, dtype=np.int64))) < 1000
