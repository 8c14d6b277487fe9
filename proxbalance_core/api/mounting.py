"""What ``app.py`` hangs beside the pages: the routes of the API, and the guards of the whole app."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from proxbalance_core.api.desk import BenchOf
from proxbalance_core.api.endpoint import Endpoint
from proxbalance_core.api.guards import Hosts, KnownHosts, OwnWrites, SafeHeaders
from proxbalance_core.api.openapi import description
from proxbalance_core.api.patience import Patience
from proxbalance_core.api.problems import Problem, on_crash, on_http, on_problem, response
from proxbalance_core.api.serving import Server
from proxbalance_core.api.table import METRICS, TABLE
from proxbalance_core.services.lifespan import shared_workbench

VERSIONED = "/v1"


def routes(
    bench_of: BenchOf = shared_workbench,
    patience: Patience | None = None,
    base_path: str | None = None,
    front_page: str | None = None,
) -> list[BaseRoute]:
    """The API under ``/api`` and ``/metrics``, over the workbench that collects in this process.

    ``base_path`` is the path that the pages are under, as Streamlit's ``server.baseUrlPath`` has it, with slashes
    around it or without; what is asked for beside it isn't there. ``front_page`` is the name of the page at ``/``:
    Streamlit doesn't know it by name, so whoever types that is sent there.
    """
    base, server = _below(base_path), Server(bench_of, patience)
    api = _guarded(_by_path(server, (*TABLE, description(base)), VERSIONED))
    whole = Mount(f"{base}/api", app=api)
    whole.path_regex = re.compile(whole.path_regex.pattern, re.DOTALL)  # a name may hold a line feed
    return [
        whole,
        Route(f"{base}/api", _nothing_here),
        _route(server, base + METRICS.path, (METRICS,)),
        *([Route(f"{base}/{front_page}", _to(f"{base}/"))] if front_page else []),
    ]


def _below(base_path: str | None) -> str:
    trimmed = (base_path or "").strip("/")
    return f"/{trimmed}" if trimmed else ""


def guards(hosts: Hosts) -> list[Middleware]:
    """For every answer of the app, the pages' too; ``hosts`` are those it is reached by, asked for each request."""
    return [Middleware(SafeHeaders), Middleware(KnownHosts, hosts=hosts)]


def _guarded(paths: list[Route]) -> Starlette:
    handlers = {Problem: on_problem, HTTPException: on_http, Exception: on_crash}
    return Starlette(routes=paths, middleware=[Middleware(OwnWrites)], exception_handlers=handlers)


def _by_path(server: Server, table: Iterable[Endpoint], prefix: str) -> list[Route]:
    """One route for each path, so that a method it lacks is told those that it has."""
    found = groupby(sorted(table, key=lambda one: _specific(one.path)), key=lambda one: one.path)
    return [_route(server, prefix + path, tuple(endpoints)) for path, endpoints in found]


def _specific(path: str) -> tuple[bool, str]:
    """Paths without a name in them come first: ``/x/skipped`` is no ``/x/{name}``."""
    return "{" in path, path


def _route(server: Server, path: str, endpoints: tuple[Endpoint, ...]) -> Route:
    by_method = {endpoint.method: server.route(endpoint) for endpoint in endpoints}
    if "GET" in by_method:
        by_method["HEAD"] = by_method["GET"]
    allowed = ", ".join(sorted(by_method))

    async def answer(request: Request) -> Response:
        serve = by_method.get(request.method)
        if serve is None:
            return response(Problem(405, f"This path takes {allowed}.", headers={"Allow": allowed}))
        return await serve(request)

    return Route(path, answer, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])


def _to(path: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        query = request.url.query
        return RedirectResponse(f"{path}?{query}" if query else path)

    return answer


async def _nothing_here(request: Request) -> Response:
    return await on_http(request, HTTPException(404))
