"""The app's HTTP API, asked with Home Assistant's own session."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout
from yarl import URL

from .const import EVENTS_PAGE, PAGE, READ_TIMEOUT_S, THINK_TIMEOUT_S

Document = dict[str, Any]


class ProxBalanceError(Exception):
    """The app can't be asked, or refuses; ``str()`` of it is one sentence."""


class CannotConnectError(ProxBalanceError):
    """Nobody answers at the address, or it is no ProxBalance."""


class TokenRefusedError(ProxBalanceError):
    """The token is wrong or was revoked."""


class ScopeMissingError(ProxBalanceError):
    """The token may not do this."""


class RefusedError(ProxBalanceError):
    """The app says why it doesn't do what was asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def address_of(text: str) -> URL:
    """An address as a user writes it, without what doesn't belong to it.

    Raises
    ------
    ValueError
        It is no address of a web server.
    """
    url = URL(text.strip())
    if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
        raise ValueError(text)
    return url.with_query(None).with_fragment(None).with_path(url.path.rstrip("/") or "/")


class ProxBalanceClient:
    """Asks one app at ``url`` with ``token``; every answer is a JSON object."""

    def __init__(self, session: ClientSession, url: URL, token: str) -> None:
        self._session, self._token = session, token
        self._base = url / "api" / "v1"

    async def about(self) -> Document:
        """Versions, clusters, and what the token may."""
        return await self._ask("GET", "info")

    async def quantities(self, cluster: str) -> list[Document]:
        """Every figure of the registry."""
        return await self._all("quantities", cluster)

    async def recommendations(self, cluster: str, **filters: Any) -> list[Document]:
        """Recommendations by their gain, the largest first; ``filters`` as the API has them."""
        return await self._all("recommendations", cluster, {"sort": "gain", **filters})

    async def skip_counts(self, cluster: str) -> dict[str, int]:
        """How many guests stay for which reason."""
        page = await self._ask("GET", "recommendations/skipped", {"cluster": cluster, "limit": 1})
        return dict(page["reason_counts"])

    async def events(self, cluster: str, since: str, after: int) -> tuple[list[Document], int]:
        """What happened since a time and past the event ``after``, and the id to ask from next time."""
        found: list[Document] = []
        while True:
            query = {"cluster": cluster, "since": since, "after": after, "limit": EVENTS_PAGE}
            page = await self._ask("GET", "events", query)
            found += page["items"]
            after = int(page["next_after"])
            if len(page["items"]) < EVENTS_PAGE:
                return found, after

    async def options(self, cluster: str, vmid: int) -> Document:
        """Every node for one guest, and what was decided about it."""
        return await self._ask("GET", f"guests/{vmid}/options", {"cluster": cluster}, timeout_s=THINK_TIMEOUT_S)

    async def place(self, cluster: str, guest: Mapping[str, Any]) -> Document:
        """Every node for a new guest, the best first."""
        return await self._think("place", cluster, {"guest": dict(guest)})

    async def simulate(self, cluster: str, settings: Mapping[str, Any]) -> Document:
        """What other settings would change."""
        return await self._think("simulate", cluster, {"settings": dict(settings)})

    async def drain(self, cluster: str, nodes: list[str]) -> Document:
        """How nodes are emptied."""
        return await self._think("drain", cluster, {"nodes": nodes})

    async def mute(self, cluster: str, vmid: int, until: str) -> Document:
        """Leave a guest out of the advice."""
        return await self._ask("POST", f"guests/{vmid}/mute", {"cluster": cluster}, {"until": until})

    async def generate(self, cluster: str) -> Document:
        """Collect if need be, and assess anew."""
        return await self._think("generate", cluster)

    async def collect(self, cluster: str) -> Document:
        """Read the cluster once, now."""
        return await self._think("collect", cluster)

    async def _think(self, path: str, cluster: str, body: Document | None = None) -> Document:
        return await self._ask("POST", path, {"cluster": cluster}, body, timeout_s=THINK_TIMEOUT_S)

    async def _all(self, path: str, cluster: str, query: Mapping[str, Any] | None = None) -> list[Document]:
        found: list[Document] = []
        while True:
            part = {"cluster": cluster, **(query or {}), "limit": PAGE, "offset": len(found)}
            page = await self._ask("GET", path, part)
            found += page["items"]
            if not page["items"] or len(found) >= page["filtered_count"]:
                return found

    async def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Document | None = None,
        timeout_s: float = READ_TIMEOUT_S,
    ) -> Document:
        url = self._base.joinpath(*path.split("/"))
        try:
            async with self._session.request(
                method,
                url,
                params=query,
                json=body,
                headers={"Authorization": f"Bearer {self._token}"},
                timeout=ClientTimeout(total=timeout_s),
                allow_redirects=False,
            ) as answer:
                return await _document(answer)
        except TimeoutError as error:
            raise CannotConnectError(f"ProxBalance did not answer within {timeout_s:g} s.") from error
        except ClientError as error:
            raise CannotConnectError(f"ProxBalance can't be reached: {type(error).__name__}.") from error


async def _document(answer: ClientResponse) -> Document:
    told = await _json(answer)
    if answer.status < 300:
        return told
    detail = str(told.get("detail") or f"ProxBalance answered {answer.status}.")
    if answer.status == 401:
        raise TokenRefusedError(detail)
    if answer.status == 403:
        raise ScopeMissingError(detail)
    if answer.status == 503:
        raise CannotConnectError(detail)
    raise RefusedError(answer.status, detail)


async def _json(answer: ClientResponse) -> Document:
    """The answer as an object: whatever else comes is no ProxBalance."""
    try:
        told = await answer.json(content_type=None)
    except (ValueError, asyncio.IncompleteReadError) as error:
        raise CannotConnectError("What answers there is no ProxBalance, or something between cuts it short.") from error
    if not isinstance(told, dict):
        raise CannotConnectError("What answers there is no ProxBalance.")
    return told
