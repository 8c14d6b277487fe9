"""From a request to a call and back: token first, then query and body, then the handler in a worker thread."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any

from anyio import CapacityLimiter, to_thread
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from proxbalance_core.api.admission import Door
from proxbalance_core.api.desk import BenchOf, Desk
from proxbalance_core.api.endpoint import Call, Endpoint, Lane, Page, Stream
from proxbalance_core.api.patience import Patience
from proxbalance_core.api.problems import RETRY, Problem, of_error, of_fault, response
from proxbalance_core.api.shelf import Encoded
from proxbalance_core.domain.documents import plain
from proxbalance_core.errors import ProxBalanceError

# Threads of each lane: reads don't wait for the engine, the engine not for clusters, and the pages' files for none.
THREADS: dict[Lane, int] = {"read": 4, "think": 2, "ask": 4}
MOST_WAITING = 16
JSON = "application/json"


class Server:
    """Serves the route table over one workbench. Nothing in it blocks the event loop."""

    def __init__(self, bench_of: BenchOf, patience: Patience | None = None) -> None:
        self.desk = Desk(bench_of)
        self._door = Door(self.desk, patience or Patience())
        self._threads = {lane: CapacityLimiter(count) for lane, count in THREADS.items()}
        self._busy: Counter[Lane] = Counter()

    def route(self, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
        """What Starlette calls for an endpoint."""

        async def answer(request: Request) -> Response:
            try:
                made = await self._made(endpoint, request)
            except Problem as problem:
                return response(problem)
            return _sent(made, request.headers, kept=endpoint.kept)

        return answer

    async def _made(self, endpoint: Endpoint, request: Request) -> Encoded | Stream:
        token = await self._door.admitted(endpoint, request, self._threads["read"])
        query = _read_query(endpoint.query, request)
        body = None if endpoint.body is None else _read_body(endpoint.body, await request.body())
        call = Call(desk=self.desk, path=request.path_params, query=query, body=body, token=token)
        if endpoint.kept:
            found = self.desk.at_hand(call.query.cluster, _asked(endpoint, call))
            if found is not None:
                return found
        return await self._worked_out(endpoint, call)

    async def _worked_out(self, endpoint: Endpoint, call: Call) -> Encoded | Stream:
        lane = endpoint.lane
        if lane != "read" and self._busy[lane] >= THREADS[lane] + MOST_WAITING:
            raise Problem(503, "Too much is being worked out already; ask again in a moment.", headers=RETRY)
        self._busy[lane] += 1  # counted by the event loop alone
        try:
            return await _in_thread(endpoint, call, self._threads[lane])
        finally:
            self._busy[lane] -= 1


async def _in_thread(endpoint: Endpoint, call: Call, limiter: CapacityLimiter) -> Encoded | Stream:
    try:
        return await to_thread.run_sync(lambda: _encoded(endpoint, call), limiter=limiter)
    except ProxBalanceError as error:
        raise of_error(error) from error


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


def _asked(endpoint: Endpoint, call: Call) -> Hashable:
    """What of a call its kept answer depends on, beside the assessment."""
    return endpoint.path, tuple(sorted(call.path.items())), call.query.model_dump_json()


def _encoded(endpoint: Endpoint, call: Call) -> Encoded | Stream:
    if not endpoint.kept:
        made = endpoint.handler(call)
        return made if isinstance(made, Stream) else _encode(made)
    named, asked = call.query.cluster, _asked(endpoint, call)
    return call.desk.answer(named, call.generation, asked, lambda: _encode(endpoint.handler(call)))


def _encode(made: Any) -> Encoded:
    if isinstance(made, Page):
        body = made.text if isinstance(made.text, bytes) else made.text.encode("utf-8", "replace")
        return Encoded.of(body, made.media, made.filename)
    document = made.to_dict() if hasattr(made, "to_dict") else plain(made)
    # Escaped to ASCII: a name may hold half a surrogate pair, which no UTF-8 has room for.
    return Encoded.of(json.dumps(document, allow_nan=False, separators=(",", ":")).encode(), JSON)


def _sent(made: Encoded | Stream, asked: Mapping[str, str], *, kept: bool) -> Response:
    headers = {"Cache-Control": "private, no-cache" if kept else "no-store", "Vary": "Accept-Encoding, Authorization"}
    if made.filename:
        headers["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    if isinstance(made, Stream):
        return StreamingResponse((piece.encode("utf-8", "replace") for piece in made.pieces), 200, headers, made.media)
    if kept:
        headers["ETag"] = made.tag
        if made.tag in [tag.strip().removeprefix("W/") for tag in asked.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
    if made.gzipped is not None and "gzip" in asked.get("accept-encoding", ""):
        return Response(made.gzipped, 200, {**headers, "Content-Encoding": "gzip"}, media_type=made.media)
    return Response(made.body, 200, headers, media_type=made.media)
