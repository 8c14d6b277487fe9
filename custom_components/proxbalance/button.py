"""Buttons: assess anew, collect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SCOPE_WRITE
from .coordinator import ProxBalanceConfigEntry, ProxBalanceCoordinator
from .entity import ClusterEntity
from .failures import while_acting

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ClusterButton(ButtonEntityDescription):
    """A button, and what it does."""

    press: Callable[[ProxBalanceCoordinator], Awaitable[None]]


BUTTONS: tuple[ClusterButton, ...] = (
    ClusterButton(key="regenerate", translation_key="regenerate", press=ProxBalanceCoordinator.async_generate),
    ClusterButton(
        key="collect",
        translation_key="collect",
        entity_category=EntityCategory.DIAGNOSTIC,
        press=ProxBalanceCoordinator.async_collect,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: ProxBalanceConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """The cluster's buttons."""
    async_add_entities(ProxBalanceButton(entry.runtime_data, one) for one in BUTTONS)


class ProxBalanceButton(ClusterEntity, ButtonEntity):
    """Does something in the app; there while the token may."""

    entity_description: ClusterButton

    @property
    def available(self) -> bool:
        return super().available and SCOPE_WRITE in self.coordinator.data.scopes

    async def async_press(self) -> None:
        with while_acting():
            await self.entity_description.press(self.coordinator)
