"""Guards in front of every route: host, origin, content type, size of the body; and headers on every answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from proxbalance_core.api.problems import Problem, response

MOST_BYTES = 1 << 20
_SAFE = ("GET", "HEAD", "OPTIONS")
CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-eval' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: wss: blob: data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
Hosts = Callable[[], Sequence[str]]


class SafeHeaders:
    """Puts the security headers on every answer of the app; one that an answer has already stays."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, sending)


class KnownHosts:
    """Refuses requests to another host than those the app is reached by: against DNS rebinding.

    ``hosts`` is asked for each request, as Streamlit reads its ``server.allowedHosts``, with the same meaning: names,
    ``*.example.org``, ``*``; none at all lets every host pass. WebSockets are guarded by Streamlit itself.
    """

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not host_allowed(Headers(scope=scope).get("host"), self._hosts()):
            problem = Problem(421, "The app is not reached by this host name; add it to server.allowedHosts if it is.")
            await response(problem)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def host_allowed(host: str | None, allowed: Sequence[str]) -> bool:
    """Whether a ``Host`` header names one of the ``allowed`` hosts."""
    if not allowed:
        return True
    name = _host_name(host or "")
    for pattern in (one.strip().lower().rstrip(".") for one in allowed):
        if pattern == "*" or (name and name == pattern):
            return True
        if pattern.startswith("*.") and name.endswith(pattern[1:]):
            return True
    return False


def _host_name(host: str) -> str:
    """The name in a ``Host`` header, empty for one that holds more or something else."""
    try:
        parts = urlsplit(f"//{host}")
        _ = parts.port  # a port that is no number is refused too
    except ValueError:
        return ""
    more = parts.username or parts.password or parts.path or parts.query or parts.fragment
    return "" if more else (parts.hostname or "").rstrip(".")


class OwnWrites:
    """Of requests that change or ask with a body: none from another site, JSON alone, and of a bounded size."""

    def __init__(self, app: ASGIApp, most_bytes: int = MOST_BYTES) -> None:
        self._app, self._most = app, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = self._refused(scope["method"], Headers(scope=scope))
        if problem is not None:
            await response(problem)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), send)

    def _refused(self, method: str, headers: Headers) -> Problem | None:
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > self._most:
            return _too_large(self._most)
        if method in _SAFE:
            return None
        if foreign(headers):
            return Problem(403, "Requests from another site may change nothing here.")
        has_body = length != "0" or "transfer-encoding" in headers
        media = headers.get("content-type", "").partition(";")[0].strip().lower()
        if has_body and media != "application/json":
            return Problem(415, "A body is sent as JSON, with the header 'Content-Type: application/json'.")
        return None

    def _counted(self, receive: Receive) -> Receive:
        """Of bodies that don't say how long they are."""
        seen = 0

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._most:
                raise _too_large(self._most)
            return message

        return receiving


def foreign(headers: Headers) -> bool:
    """Whether a browser says that another site than this one makes the request."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower()


def _too_large(most: int) -> Problem:
    return Problem(413, f"A body may have {most // 1024:,} KB at most; nothing of it was read.", field="body")
