"""The API's own description, OpenAPI 3.1: made from the route table and the types of what goes in and comes out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from proxbalance_core.api.answers import PlanDocument, SuccessDocument
from proxbalance_core.api.endpoint import Call, Endpoint, Page
from proxbalance_core.api.problems import MEDIA, ProblemDetails
from proxbalance_core.api.queries import OfNothing
from proxbalance_core.api.table import METRICS, TABLE
from proxbalance_core.domain import schemas
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.documents import SNAPSHOT_FORMAT
from proxbalance_core.domain.drains import DRAIN_FORMAT, Drain
from proxbalance_core.domain.failover import N_MINUS_1_FORMAT, NMinusOne
from proxbalance_core.domain.forecasts import FORECASTS_FORMAT, ForecastAccuracy
from proxbalance_core.domain.patterns import PATTERNS_FORMAT, Patterns
from proxbalance_core.domain.plans import ASSESSMENT_FORMAT, PLAN_FORMAT, Assessment
from proxbalance_core.domain.reports import REPORT_FORMAT, Report
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.success import SUCCESS_FORMAT
from proxbalance_core.domain.suggestions import SUGGESTIONS_FORMAT, Suggestions
from proxbalance_core.domain.whatif import PLACE_FORMAT, WHATIF_FORMAT, Placing, WhatIf

Document = dict[str, Any]
PREFIX = "/api/v1"
REF = "#/components/schemas/{model}"
# Documents that say which they are.
_FORMATS: dict[type, str] = {
    ClusterSnapshot: SNAPSHOT_FORMAT, Assessment: ASSESSMENT_FORMAT, Suggestions: SUGGESTIONS_FORMAT,
    WhatIf: WHATIF_FORMAT, Placing: PLACE_FORMAT, NMinusOne: N_MINUS_1_FORMAT, Drain: DRAIN_FORMAT,
    PlanDocument: PLAN_FORMAT, Patterns: PATTERNS_FORMAT, SuccessDocument: SUCCESS_FORMAT,
    Report: REPORT_FORMAT, ForecastAccuracy: FORECASTS_FORMAT,
}  # fmt: skip
_REFUSALS = {
    400: "It is not what HTTP or JSON look like.",
    401: "There is no token, or not a right one.",
    403: "The token may not do this, or another site asks.",
    404: "There is no such thing.",
    405: "The path is not used this way.",
    409: "Name the cluster; or there is no assessment of it yet.",
    413: "The body is too large.",
    415: "The body is not sent as JSON.",
    421: "The app is not reached by this host name.",
    422: "A key or value can't be; the field says which.",
    502: "The cluster did not answer as it should.",
    503: "The database is not open yet, or too much is asked at once.",
}
_ABOUT = (
    "What the app knows and can work out. Errors are `application/problem+json`: one sentence, and the path of the "
    "field at fault. Lists come by pages. Times are ISO 8601 with their zone. null is 'not measured' or 'does not "
    "apply'."
)


@cache
def document() -> Document:
    """The whole description."""
    from proxbalance_core import __version__

    rows = (*((PREFIX, endpoint) for endpoint in TABLE), ("", METRICS))
    paths: Document = {}
    parts, of = _schemas([endpoint for _, endpoint in rows])
    for prefix, endpoint in rows:
        path = re.sub(r":\w+}", "}", prefix + endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, of)
    bearer = {"type": "http", "scheme": "bearer", "description": "Made under Settings, API tokens, or `tokens add`."}
    made = {
        "openapi": "3.1.0",
        "info": {"title": "ProxBalance", "version": __version__, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {"securitySchemes": {"token": bearer}, "schemas": dict(sorted(parts.items()))},
    }
    # A page of a list is named after what is on it.
    return dict(json.loads(re.sub(r"Listed_(\w+?)_(?=\")", r"\1Page", json.dumps(made))))


@cache
def _text(base: str) -> str:
    return json.dumps(document() | {"servers": [{"url": base or "/"}]})


def description(base: str = "") -> Endpoint:
    """Where the description is served; ``base`` is the path that the app is under, such as ``/balance``."""

    def told(call: Call) -> Page:
        return Page(text=_text(base), media="application/json")

    return Endpoint(
        method="GET", path="/openapi.json", handler=told, answer=dict, query=OfNothing, summary="This description."
    )


class _Of:
    """The schema of each type that goes in or comes out."""

    def __init__(self, found: dict[tuple[Any, str], Document]) -> None:
        self._found = found

    def answer(self, kind: Any) -> Document:
        return self._found[(kind, _mode(kind))]

    def body(self, kind: Any) -> Document:
        return self._found[(kind, "validation")]


def _mode(kind: Any) -> str:
    """A snapshot is given as it is read: what was not measured is left out."""
    return "validation" if kind is ClusterSnapshot else "serialization"


def _schemas(endpoints: Iterable[Endpoint]) -> tuple[Document, _Of]:
    wanted: dict[tuple[Any, str], Any] = {(ProblemDetails, "serialization"): TypeAdapter(ProblemDetails)}
    for endpoint in endpoints:
        kinds = [(endpoint.answer, _mode(endpoint.answer)), *([(endpoint.body, "validation")] if endpoint.body else [])]
        wanted |= {key: TypeAdapter(key[0]) for key in kinds if key[0] not in (Settings, str)}
    found, parts = TypeAdapter.json_schemas(
        [(key, key[1], adapter) for key, adapter in wanted.items()],  # type: ignore[misc]
        ref_template=REF,
    )
    made: Document = schemas.tidy(parts["$defs"])
    read = set(_reached(made, [found[key] for key in found if key[1] == "validation"]))
    for name, part in made.items():
        if name not in read and "properties" in part:
            part["required"] = list(part["properties"])  # what we write is written whole
    settings = schemas.settings_schema()
    del settings["$schema"], settings["additionalProperties"]
    made["Settings"] = settings | {"required": list(settings["properties"])}
    of = {(kind, mode): schemas.tidy(schema) for ((kind, mode), _), schema in found.items()}
    of |= {
        (Settings, "serialization"): {"$ref": REF.format(model="Settings")},
        (str, "serialization"): {"type": "string"},
    }
    for kind, name in _FORMATS.items():
        _marked(made[of[(kind, _mode(kind))]["$ref"].rpartition("/")[2]], name)
    return made, _Of(of)


def _reached(parts: Document, roots: Iterable[Any]) -> Iterator[str]:
    """The names of the parts that ``roots`` lead to."""
    seen: set[str] = set()
    waiting = [name for root in roots for name in _names(root)]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting += _names(parts[name])


def _names(node: Any) -> list[str]:
    return re.findall(r"'#/components/schemas/([^']+)'", repr(node))


def _marked(part: Document, name: str) -> None:
    """``part`` with the key that says which document it is."""
    part["properties"] = {"format": {"const": name}, **part["properties"]}
    part["required"] = ["format", *part.get("required", [])]
    if "settings" in part["properties"]:
        part["properties"]["settings"] = {"$ref": REF.format(model="Settings")}


def _operation(endpoint: Endpoint, of: _Of) -> Document:
    made: Document = {
        "operationId": re.sub(r"\W+", "_", f"{endpoint.method.lower()}{endpoint.path.replace(':int', '')}").strip("_"),
        "summary": endpoint.summary,
        "parameters": [*_in_path(endpoint), *_in_query(endpoint)],
        "responses": _responses(endpoint, of),
    }
    if endpoint.scope is None:
        made["security"] = []
    else:
        made["x-scope"] = endpoint.scope
    if endpoint.body is not None:
        schema = of.body(endpoint.body)
        made["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        made["requestBody"]["required"] = bool(endpoint.body.model_json_schema().get("required"))
    return made


def _in_path(endpoint: Endpoint) -> Iterator[Document]:
    for name, kind in re.findall(r"{(\w+)(:int)?}", endpoint.path):
        schema = {"type": "integer", "minimum": 0} if kind else {"type": "string"}
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(endpoint: Endpoint) -> Iterator[Document]:
    schema = schemas.tidy(endpoint.query.model_json_schema(ref_template=REF))
    for name, prop in schema.get("properties", {}).items():
        about = prop.pop("description", None)
        # A query has no null: what is left out is not given.
        kinds = [kind for kind in prop.get("anyOf", []) if kind != {"type": "null"}]
        if kinds:
            del prop["anyOf"]
            prop = {**prop, **kinds[0]} if len(kinds) == 1 else {**prop, "anyOf": kinds}
        yield {"name": name, "in": "query", "schema": prop} | ({"description": about} if about else {})


def _responses(endpoint: Endpoint, of: _Of) -> Document:
    content = {media: {"schema": {"type": "string"}} for media in endpoint.media}
    if "application/json" in content:
        content["application/json"] = {"schema": of.answer(endpoint.answer)}
    made: Document = {"200": {"description": "Done.", "content": content}}
    if endpoint.kept:
        made["304"] = {"description": "Nothing changed since the ETag that was sent."}
    problem = {MEDIA: {"schema": of.answer(ProblemDetails)}}
    for status in sorted({*_usual(endpoint), *endpoint.refusals}):
        made[str(status)] = {"description": _REFUSALS[status] or HTTPStatus(status).phrase, "content": problem}
    return made


def _usual(endpoint: Endpoint) -> set[int]:
    """What any endpoint of its kind may be refused with."""
    found = {405, 413, 421, 422}
    if endpoint.scope is not None:
        found |= {401, 403, 503}
    if "cluster" in endpoint.query.model_fields:
        found |= {404, 409}
    if endpoint.body is not None:
        found |= {400, 403, 415}
    return found
