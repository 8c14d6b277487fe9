"""One look at the app a minute, for all entities."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from . import issues
from .client import ProxBalanceClient, RefusedError
from .const import API_MINIMUM, DOMAIN, NEXT_GUEST, SCAN_INTERVAL
from .failures import while_reading
from .model import ClusterData, Figures, Happening, Move, State, happenings_of

_LOGGER = logging.getLogger(__name__)
ProxBalanceConfigEntry = ConfigEntry["ProxBalanceCoordinator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Advice:
    """What stays as it is until the next assessment."""

    generation: int | None = None
    moves: tuple[Move, ...] = ()
    next_node: str | None = None


class ProxBalanceCoordinator(DataUpdateCoordinator[ClusterData]):
    """Reads one cluster of one app."""

    config_entry: ProxBalanceConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ProxBalanceConfigEntry, client: ProxBalanceClient, cluster: str
    ) -> None:
        super().__init__(
            hass, _LOGGER, config_entry=entry, name=DOMAIN, update_interval=SCAN_INTERVAL, always_update=False
        )
        self.client, self.cluster = client, cluster
        self._advice = _Advice()
        self._since: str | None = None
        self._after = 0

    async def _async_setup(self) -> None:
        """Whether this app speaks the API that is needed."""
        with while_reading():
            about = await self.client.about()
        version = str(about.get("version", "?"))
        old = int(about.get("api_version", 0)) < API_MINIMUM
        issues.tell_if_old(self.hass, self.config_entry, version, old)
        if old:
            raise ConfigEntryError(
                translation_domain=DOMAIN,
                translation_key="api_too_old",
                translation_placeholders={"version": version},
            )

    async def _async_update_data(self) -> ClusterData:
        with while_reading():
            data = await self._look()
        issues.tell_of(self.hass, self.config_entry, data)
        return data

    async def _look(self) -> ClusterData:
        about = await self.client.about()
        told = next((one for one in about["clusters"] if one["id"] == self.cluster), None)
        if told is None:
            raise UpdateFailed(
                translation_domain=DOMAIN,
                translation_key="cluster_gone",
                translation_placeholders={"cluster": self.cluster},
            )
        state = State.of(told)
        if state.generation is not None and state.generation != self._advice.generation:
            self._advice = await self._read_advice(state.generation)
        return ClusterData(
            version=str(about["version"]),
            scopes=tuple(about["token"]["scopes"]),
            state=state,
            figures=Figures.of(await self.client.quantities(self.cluster)),
            moves=self._advice.moves,
            next_node=self._advice.next_node,
            happenings=await self._happenings(state),
        )

    async def _read_advice(self, generation: int) -> _Advice:
        moves = await self.client.recommendations(self.cluster)
        return _Advice(
            generation=generation, moves=tuple(Move.of(one) for one in moves), next_node=await self._next_node()
        )

    async def _next_node(self) -> str | None:
        try:
            placing = await self.client.place(self.cluster, NEXT_GUEST)
        except RefusedError as error:
            _LOGGER.debug("There is no node for a new guest: %s", error)
            return None
        best: str | None = placing["best"]
        return best

    async def _happenings(self, state: State) -> tuple[Happening, ...]:
        """What came since the first look, which itself tells of nothing; by the app's clock."""
        if self._since is None:
            if state.generated_at is not None:
                self._since = (state.generated_at + timedelta(milliseconds=1)).isoformat()
            return ()
        events, self._after = await self.client.events(self.cluster, self._since, self._after)
        return happenings_of(events, self._advice.moves)

    async def async_generate(self) -> None:
        """Have the app assess anew, and look at what came out."""
        await self.client.generate(self.cluster)
        await self.async_request_refresh()

    async def async_collect(self) -> None:
        """Have the app read the cluster, and look at it."""
        await self.client.collect(self.cluster)
        await self.async_request_refresh()
