"""The schemas in docs/ are those of the code, and real documents fit them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from proxbalance_core import ClusterSnapshot, Settings, assess
from proxbalance_core.domain.schemas import (
    assessment_schema,
    place_schema,
    settings_schema,
    snapshot_schema,
    whatif_schema,
)
from proxbalance_core.domain.settings import specs
from tests.strategies.clusters import SWITCHES, Maker
from tests.support.make_docs import stale

SNAPSHOT, SETTINGS, ASSESSMENT = (
    Draft202012Validator(schema()) for schema in (snapshot_schema, settings_schema, assessment_schema)
)


def drawn(seed: int, on: frozenset[str] = frozenset(SWITCHES)) -> dict[str, Any]:
    return Maker(seed, nodes=6, guests=40, on=on).document()


def test_docs_are_current() -> None:
    assert stale() == [], "run: python -m tests.support.make_docs"


@pytest.mark.parametrize("schema", [snapshot_schema, settings_schema, assessment_schema, whatif_schema, place_schema])
def test_schemas_are_schemas_and_name_their_format(schema: Callable[[], dict[str, Any]]) -> None:
    made = schema()
    Draft202012Validator.check_schema(made)
    assert made["$schema"].endswith("2020-12/schema")
    assert made["properties"]["format"] == {"const": made["title"]}


def faults(schema: Draft202012Validator, document: Any) -> list[str]:
    return [fault.message for fault in schema.iter_errors(document)]


@pytest.mark.parametrize("seed", range(4))
def test_snapshots_fit(seed: int) -> None:
    document = drawn(seed)
    assert faults(SNAPSHOT, document) == []
    assert faults(SNAPSHOT, ClusterSnapshot.from_dict(document).to_dict()) == []


def test_settings_fit() -> None:
    assert faults(SETTINGS, Settings().to_dict()) == []
    assert faults(SETTINGS, {"cpu_threshold": 55}) == []
    assert faults(SETTINGS, Settings(allowed_sources=("pve1",), cpu_threshold=55, max_moves=3).to_dict()) == []


@pytest.mark.parametrize("mode", ["sequential", "independent"])
@pytest.mark.parametrize("seed", range(3))
def test_assessments_fit(seed: int, mode: Any) -> None:
    assert faults(ASSESSMENT, assess(ClusterSnapshot.from_dict(drawn(seed)), Settings(), mode).to_dict()) == []


def test_an_assessment_of_nothing_fits() -> None:
    empty = ClusterSnapshot.from_dict(
        {"format": "proxbalance.snapshot/1", "cluster": "empty", "taken_at": "2026-02-08T10:30:00Z"}
    )
    assert faults(ASSESSMENT, assess(empty).to_dict()) == []


def test_the_services_may_add_their_two_keys() -> None:
    document = assess(ClusterSnapshot.from_dict(drawn(1, frozenset()))).to_dict()
    assert faults(ASSESSMENT, {**document, "generated_at": "2026-02-08T10:30:05Z", "engine_seconds": 0.02}) == []


def test_a_missing_key_of_an_assessment_is_found() -> None:
    document = assess(ClusterSnapshot.from_dict(drawn(1, frozenset()))).to_dict()
    del document["summary"]["advice"]
    with pytest.raises(ValidationError, match="advice"):
        ASSESSMENT.validate(document)


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("nodes", "cpu_cores", 0),
        ("nodes", "status", "sleeping"),
        ("nodes", "speed", 1.0),
        ("guests", "mem_bytes", -1),
        ("guests", "vmid", "100"),
        ("guests", "next_24h", {"cpu_cores": [[1.0, 2.0]]}),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(where: str, key: str, value: Any) -> None:
    document = drawn(2, frozenset())
    document[where][0][key] = value
    assert not SNAPSHOT.is_valid(document)
    with pytest.raises(Exception, match=key):
        ClusterSnapshot.from_dict(document)


def test_every_setting_is_in_its_schema_with_unit_range_and_meaning() -> None:
    properties = settings_schema()["properties"]
    assert list(properties) == ["format", *specs()]
    for key, spec in specs().items():
        assert properties[key]["description"] == spec.about
        assert properties[key]["default"] == Settings().to_dict()[key]
        if spec.low is not None:
            assert (properties[key]["minimum"], properties[key]["maximum"]) == (spec.low, spec.high)
            assert properties[key]["x-unit"] == spec.unit
