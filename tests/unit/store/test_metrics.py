from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from proxbalance_core.domain.observed import GuestSample, NodeSample
from proxbalance_core.store.documents import epoch, packed, unpacked
from proxbalance_core.store.metrics import METRICS, encoded, encoded_column, raw_fields, rollup_fields


def test_every_measured_field_of_a_sample_is_stored() -> None:
    for kind, sample in (("node", NodeSample), ("guest", GuestSample)):
        measured = {f.name for f in dataclasses.fields(sample) if f.type == "float"}
        assert {field.name for field in raw_fields(kind)} == measured  # type: ignore[arg-type]


def test_no_column_is_used_twice() -> None:
    for kind in METRICS:
        for fields in (raw_fields(kind), rollup_fields(kind)):
            assert len({f.column for f in fields}) == len({f.name for f in fields}) == len(fields)


def test_one_value_and_many_are_encoded_alike() -> None:
    values = np.array([0.0, 1.2345, np.nan, 99.9996, 1e300, -np.inf])
    whole = [0, 1234, None, 100_000, None, None]
    assert encoded_column(values, 1000.0) == [encoded(v, 1000.0) for v in values] == whole


def test_documents_come_back() -> None:
    assert unpacked(packed({"ä": [1, None, 2.5]})) == {"ä": [1, None, 2.5]}
    with pytest.raises(ValueError):
        packed({"x": float("nan")})


def test_a_time_without_zone_is_refused() -> None:
    from datetime import datetime

    with pytest.raises(ValueError):
        epoch(datetime(2026, 2, 1))  # noqa: DTZ001
