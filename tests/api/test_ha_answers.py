"""The answers that the Home Assistant integration is tested with are such as the API gives today."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from proxbalance_core.api.openapi import document
from tests.support.make_ha_answers import ANSWERS, ASKED

SPEC = document()


def schema_of(method: str, path: str) -> dict[str, Any]:
    """What the API says of an answer; a key that it doesn't name is an old one."""
    bare = "/api/v1" + path.partition("?")[0]
    answer = SPEC["paths"][bare][method.lower()]["responses"]["200"]
    components = json.loads(json.dumps(SPEC["components"]))
    for schema in components["schemas"].values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return {**answer["content"]["application/json"]["schema"], "components": components}


@pytest.mark.parametrize("name", ASKED)
def test_a_recorded_answer_is_as_described(name: str) -> None:
    method, path, _ = ASKED[name]
    answer = json.loads((ANSWERS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema_of(method, path)).validate(answer)
    other = next(n for n in ASKED if n != name)
    with pytest.raises(ValidationError):
        Draft202012Validator(schema_of(*ASKED[other][:2])).validate(answer)


def test_every_quantity_is_recorded() -> None:
    from proxbalance_core.domain.quantities import CLUSTER, NODE

    rows = json.loads((ANSWERS / "quantities.json").read_text(encoding="utf-8"))["items"]
    assert {row["key"] for row in rows if row["node"] is None} == {one.key for one in CLUSTER}
    assert {row["key"] for row in rows if row["node"] is not None} == {one.key for one in NODE}
