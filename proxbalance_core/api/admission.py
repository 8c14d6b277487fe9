"""Who comes in: a token is asked of the store once a second, and whoever shows a wrong one waits."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable

import anyio
import structlog
from anyio import CapacityLimiter, to_thread
from starlette.requests import Request

from proxbalance_core.api.desk import Desk
from proxbalance_core.api.endpoint import Endpoint
from proxbalance_core.api.patience import Patience
from proxbalance_core.api.problems import of_error
from proxbalance_core.domain.tokens import ApiToken
from proxbalance_core.errors import AccessError, ProxBalanceError
from proxbalance_core.services.access import admitted

# So long a token that was revoked may still come in.
REMEMBERED_S, MOST_REMEMBERED = 1.0, 256


class Door:
    """Lets in calls whose token allows them, and logs those that it refuses, without what was shown."""

    def __init__(self, desk: Desk, patience: Patience, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk, self._patience, self._clock = desk, patience, clock
        self._remembered: OrderedDict[bytes, tuple[float, ApiToken]] = OrderedDict()

    async def admitted(self, endpoint: Endpoint, request: Request, limiter: CapacityLimiter) -> ApiToken | None:
        """The token that asks, None where none is needed.

        Raises
        ------
        Problem
            For whoever may not.
        """
        scope = endpoint.scope
        if scope is None:
            return None
        shown = _bearer(request)
        known = self._known(shown)
        if known is not None and known.allows(scope):
            return known
        try:
            token = await to_thread.run_sync(lambda: admitted(self._desk.bench, shown, scope), limiter=limiter)
        except AccessError as error:
            await self._refuse(error, endpoint, request, shown)
            raise of_error(error) from None
        except ProxBalanceError as error:
            raise of_error(error) from error
        self._remember(shown, token)
        return token

    async def _refuse(self, error: AccessError, endpoint: Endpoint, request: Request, shown: str | None) -> None:
        client = request.client.host if request.client else "unknown"
        structlog.get_logger(__name__).warning(
            "an API request was refused",
            why=error.message, client=client, method=request.method, path=endpoint.path, token=error.facts.get("token"),
        )  # fmt: skip
        if shown:
            await anyio.sleep(self._patience.wait_s(client))

    def _known(self, shown: str | None) -> ApiToken | None:
        until, token = self._remembered.get(_digest(shown), (0.0, None))
        return token if self._clock() < until else None

    def _remember(self, shown: str | None, token: ApiToken) -> None:
        self._remembered[_digest(shown)] = (self._clock() + REMEMBERED_S, token)
        if len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


def _digest(shown: str | None) -> bytes:
    """What is looked up is a digest: how long that takes tells nothing of a secret, and none is kept."""
    return hashlib.sha256((shown or "").encode("utf-8", "surrogatepass")).digest()


def _bearer(request: Request) -> str | None:
    kind, _, shown = request.headers.get("authorization", "").partition(" ")
    return shown.strip() if kind.lower() == "bearer" and shown.strip() else None
