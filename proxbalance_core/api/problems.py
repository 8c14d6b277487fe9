"""What goes wrong, told as ``application/problem+json``: one sentence, and the field's path where there is one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from proxbalance_core import errors
from proxbalance_core.domain.documents import fault_sentence

MEDIA = "application/problem+json"
BEARER = {"WWW-Authenticate": 'Bearer realm="ProxBalance"'}
RETRY = {"Retry-After": "5"}
# A name that was asked for may hold them; a sentence is one line.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# The first that fits counts.
_STATUS: tuple[tuple[type[errors.ProxBalanceError], int], ...] = (
    (errors.TokenRefused, 401),
    (errors.ScopeMissing, 403),
    (errors.SettingMissing, 404),
    (errors.SettingInvalid, 422),
    (errors.ChangeInvalid, 422),
    (errors.SnapshotInvalid, 422),
    (errors.ConfigError, 422),
    (errors.SnapshotNotFound, 404),
    (errors.StaleData, 409),
    (errors.NotEnoughHistory, 409),
    (errors.SourceError, 502),
    (errors.StoreError, 503),
)


class Problem(Exception):
    """A refusal: its HTTP status, one sentence, and the ``field`` at fault (``body.changes.0.node``)."""

    def __init__(
        self, status: int, detail: str, *, field: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field, self.headers = status, detail, field, dict(headers or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemDetails:
    """Why a request was refused or failed (RFC 9457): one sentence, and the path of what is wrong."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None


def response(problem: Problem) -> Response:
    """The problem as it is sent."""
    told = {
        "type": "about:blank", "title": HTTPStatus(problem.status).phrase, "status": problem.status,
        "detail": _CONTROL.sub(" ", problem.detail), "field": problem.field,
    }  # fmt: skip
    return Response(
        json.dumps(told), problem.status, {"Cache-Control": "no-store", **problem.headers}, media_type=MEDIA
    )


def of_error(error: errors.ProxBalanceError) -> Problem:
    """What an error of ours means to whoever asked."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    headers = {401: BEARER, 503: RETRY}.get(status, {})
    return Problem(status, error.message, field=_field(error), headers=headers)


def _field(error: errors.ProxBalanceError) -> str | None:
    """Of settings, the first fault names its key."""
    faults = error.facts.get("faults")
    if isinstance(faults, tuple) and faults:
        return f"body.{str(faults[0]).partition(':')[0]}"
    return None


def of_fault(error: ValidationError, part: str) -> Problem:
    """The first thing that is wrong with a body or a query."""
    fault: Any = error.errors(include_url=False, include_input=True)[0]
    if fault["type"] == "json_invalid":
        return Problem(400, f"The body is not JSON: {fault['ctx']['error']}.", field=part)
    # A union puts the kind that it read into the path; that is no key of the body.
    way = [str(step) for i, step in enumerate(fault["loc"]) if not _is_tag(fault["loc"], i)]
    field = ".".join((part, *way))
    return Problem(422, f"{field}: {fault_sentence(fault)}.", field=field)


def _is_tag(way: tuple[int | str, ...], i: int) -> bool:
    return i > 1 and isinstance(way[i - 1], int) and isinstance(way[i], str) and way[i - 2] == "changes"


async def on_problem(request: Request, problem: Exception) -> Response:
    """Starlette's handler of :class:`Problem`."""
    assert isinstance(problem, Problem)
    return response(problem)


async def on_http(request: Request, error: Exception) -> Response:
    """Of paths and methods that there are none of."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return response(Problem(404, "There is nothing at this path; /api/v1/openapi.json lists what there is."))
    return response(Problem(error.status_code, f"{error.detail}.", headers=error.headers))


async def on_crash(request: Request, error: Exception) -> Response:
    """Of what should not happen: the server logs the traceback, the caller is told that it is our bug."""
    return response(Problem(500, "It failed in a way that should not happen; the log says more. Please report this."))
