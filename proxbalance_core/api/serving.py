"""From a request to a call and back: token first, then query and body, then the handler in a worker thread."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import anyio
import structlog
from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from proxbalance_core.api.desk import BenchOf, Desk
from proxbalance_core.api.endpoint import Call, Endpoint, Page
from proxbalance_core.api.patience import Patience
from proxbalance_core.api.problems import RETRY, Problem, of_error, of_fault, response
from proxbalance_core.api.shelf import Encoded
from proxbalance_core.domain.documents import plain
from proxbalance_core.domain.tokens import ApiToken
from proxbalance_core.errors import AccessError, ProxBalanceError
from proxbalance_core.services.access import admitted

READERS, THINKERS, MOST_WAITING = 8, 2, 16
JSON = "application/json"
Value = TypeVar("Value")


class Server:
    """Serves the route table over one workbench. Nothing in it blocks the event loop."""

    def __init__(self, bench_of: BenchOf, patience: Patience | None = None) -> None:
        self.desk = Desk(bench_of)
        self._patience = patience or Patience()
        # Reads don't wait for the engine, and the pages' files for neither.
        self._readers, self._thinkers = CapacityLimiter(READERS), CapacityLimiter(THINKERS)

    def route(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """What Starlette calls for an endpoint."""

        async def answer(request: Request) -> Response:
            try:
                return await self._answer(endpoint, request)
            except Problem as problem:
                return response(problem)

        return answer

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        token = await self._admitted(endpoint, request)
        query = _read_query(endpoint.query, request)
        body = None if endpoint.body is None else _read_body(endpoint.body, await request.body())
        call = Call(desk=self.desk, path=request.path_params, query=query, body=body, token=token)
        limiter = self._thinkers if endpoint.heavy else self._readers
        if limiter.statistics().tasks_waiting >= MOST_WAITING and endpoint.heavy:
            raise Problem(503, "Too much is being worked out already; ask again in a moment.", headers=RETRY)
        made = await _in_thread(lambda: _encoded(endpoint, call), limiter)
        return _sent(made, request.headers, kept=endpoint.kept)

    async def _admitted(self, endpoint: Endpoint, request: Request) -> ApiToken | None:
        """Whoever asks, when the token allows it; a refusal is logged, without what was shown, and waits."""
        scope = endpoint.scope
        if scope is None:
            return None
        shown = _bearer(request)
        try:
            return await _in_thread(lambda: admitted(self.desk.bench, shown, scope), self._readers, raw=True)
        except AccessError as error:
            client = request.client.host if request.client else "unknown"
            structlog.get_logger(__name__).warning(
                "an API request was refused",
                why=error.message, client=client, method=request.method, path=endpoint.path,
                token=error.facts.get("token"),
            )  # fmt: skip
            if shown:
                await anyio.sleep(self._patience.wait_s(client))
            raise of_error(error) from None


async def _in_thread(work: Callable[[], Value], limiter: CapacityLimiter, *, raw: bool = False) -> Value:
    """``work`` beside the event loop; an error of ours becomes a problem, refusals of tokens stay when ``raw``."""
    try:
        return await to_thread.run_sync(work, limiter=limiter)
    except ProxBalanceError as error:
        if raw and isinstance(error, AccessError):
            raise
        raise of_error(error) from error


def _bearer(request: Request) -> str | None:
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    return shown.strip() if kind.lower() == "bearer" and shown.strip() else None


def _read_query(model: type[BaseModel], request: Request) -> BaseModel:
    pairs = request.query_params.multi_items()
    twice = next((key for i, (key, _) in enumerate(pairs) if key in dict(pairs[:i])), None)
    if twice is not None:
        raise Problem(422, f"query.{twice}: it is given twice.", field=f"query.{twice}")
    try:
        return model.model_validate(dict(pairs))
    except ValidationError as error:
        raise of_fault(error, "query") from None


def _read_body(model: type[BaseModel], raw: bytes) -> BaseModel:
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise of_fault(error, "body") from None


def _encoded(endpoint: Endpoint, call: Call) -> Encoded:
    if not endpoint.kept:
        return _encode(endpoint.handler(call))
    asked = (endpoint.path, tuple(sorted(call.path.items())), call.query.model_dump_json())
    return call.desk.answer(call.generation, asked, lambda: _encode(endpoint.handler(call)))


def _encode(made: Any) -> Encoded:
    if isinstance(made, Page):
        return Encoded.of(made.text.encode("utf-8", "replace"), made.media, made.filename)
    document = made.to_dict() if hasattr(made, "to_dict") else plain(made)
    # Escaped to ASCII: a name may hold half a surrogate pair, which no UTF-8 has room for.
    return Encoded.of(json.dumps(document, allow_nan=False, separators=(",", ":")).encode(), JSON)


def _sent(made: Encoded, asked: Mapping[str, str], *, kept: bool) -> Response:
    headers = {"Cache-Control": "private, no-cache" if kept else "no-store", "Vary": "Accept-Encoding, Authorization"}
    if made.filename:
        headers["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    if kept:
        headers["ETag"] = made.tag
        if made.tag in [tag.strip().removeprefix("W/") for tag in asked.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
    if made.gzipped is not None and "gzip" in asked.get("accept-encoding", ""):
        return Response(made.gzipped, 200, {**headers, "Content-Encoding": "gzip"}, media_type=made.media)
    return Response(made.body, 200, headers, media_type=made.media)
