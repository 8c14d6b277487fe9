"""Connecting a cluster: an address, a token, and which cluster where there are several."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import voluptuous as vol
from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_TOKEN, CONF_URL, CONF_VERIFY_SSL
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from yarl import URL

from .client import (
    CannotConnectError,
    Document,
    ProxBalanceClient,
    ProxBalanceError,
    ScopeMissingError,
    TokenRefusedError,
    address_of,
)
from .const import API_MINIMUM, CONF_CLUSTER, DEFAULT_URL, DOMAIN

ADDRESS = TextSelector(TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url"))
SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD, autocomplete="off"))
TOKEN_SCHEMA = vol.Schema({vol.Required(CONF_TOKEN): SECRET})
USER_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_URL, default=DEFAULT_URL): ADDRESS,
        vol.Required(CONF_TOKEN): SECRET,
        vol.Required(CONF_VERIFY_SSL, default=True): bool,
    }
)


class ProxBalanceConfigFlow(ConfigFlow, domain=DOMAIN):
    """Asks the app before anything is kept."""

    VERSION = 1

    def __init__(self) -> None:
        self._given: dict[str, Any] = {}
        self._clusters: dict[str, str] = {}

    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Where the app is, and a token for it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            about, errors = await self._tried(user_input)
            if not errors:
                self._clusters = _clusters(about)
                if len(self._clusters) > 1:
                    return await self.async_step_cluster()
                return await self._connect(next(iter(self._clusters)))
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(USER_SCHEMA, _shown(user_input)),
            errors=errors,
        )

    async def async_step_cluster(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Which of the app's clusters."""
        if user_input is not None:
            return await self._connect(user_input[CONF_CLUSTER])
        options = [SelectOptionDict(value=cid, label=title) for cid, title in self._clusters.items()]
        chooser = SelectSelector(SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST))
        return self.async_show_form(step_id="cluster", data_schema=vol.Schema({vol.Required(CONF_CLUSTER): chooser}))

    async def _connect(self, cluster: str) -> ConfigFlowResult:
        await self.async_set_unique_id(cluster)
        self._abort_if_unique_id_configured()
        return self.async_create_entry(title=self._clusters[cluster], data={**self._given, CONF_CLUSTER: cluster})

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The app refused the token."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Another token for the same cluster."""
        entry, errors = self._get_reauth_entry(), dict[str, str]()
        if user_input is not None:
            about, errors = await self._tried({**entry.data, **user_input})
            if not errors and entry.data[CONF_CLUSTER] not in _clusters(about):
                errors = {"base": "other_cluster"}
            if not errors:
                return self.async_update_reload_and_abort(entry, data_updates={CONF_TOKEN: self._given[CONF_TOKEN]})
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=TOKEN_SCHEMA,
            errors=errors,
            description_placeholders={"cluster": entry.title},
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """The app moved, or has another certificate or token."""
        entry, errors = self._get_reconfigure_entry(), dict[str, str]()
        if user_input is not None:
            about, errors = await self._tried(user_input)
            if not errors and entry.data[CONF_CLUSTER] not in _clusters(about):
                errors = {"base": "other_cluster"}
            if not errors:
                return self.async_update_reload_and_abort(entry, data_updates=self._given)
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(USER_SCHEMA, _shown(user_input or entry.data)),
            errors=errors,
            description_placeholders={"cluster": entry.title},
        )

    async def _tried(self, given: Mapping[str, Any]) -> tuple[Document, dict[str, str]]:
        """What the app says of itself, or what is wrong with what was given; ``_given`` keeps it cleaned."""
        try:
            url = address_of(given[CONF_URL])
        except ValueError:
            return {}, {CONF_URL: "invalid_url"}
        self._given = {
            CONF_URL: str(url), CONF_TOKEN: given[CONF_TOKEN].strip(), CONF_VERIFY_SSL: given[CONF_VERIFY_SSL],
        }  # fmt: skip
        session = async_get_clientsession(self.hass, verify_ssl=given[CONF_VERIFY_SSL])
        try:
            about = await ProxBalanceClient(session, URL(str(url)), self._given[CONF_TOKEN]).about()
        except TokenRefusedError:
            return {}, {CONF_TOKEN: "invalid_auth"}
        except ScopeMissingError:
            return {}, {CONF_TOKEN: "needs_read"}
        except CannotConnectError:
            return {}, {"base": "cannot_connect"}
        except ProxBalanceError as error:
            return {}, {"base": "wrong_host" if getattr(error, "status", 0) == 421 else "no_proxbalance"}
        return about, _unfit(about, new=self.source != SOURCE_RECONFIGURE)


def _unfit(about: Document, new: bool) -> dict[str, str]:
    """Why an app that answers can't be used."""
    if not isinstance(about.get("api_version"), int) or not isinstance(about.get("clusters"), list):
        return {"base": "no_proxbalance"}
    if about["api_version"] < API_MINIMUM:
        return {"base": "api_too_old"}
    return {"base": "no_cluster"} if new and not about["clusters"] else {}


def _clusters(about: Document) -> dict[str, str]:
    return {str(one["id"]): str(one["title"]) for one in about["clusters"]}


def _shown(given: Mapping[str, Any] | None) -> dict[str, Any]:
    """What a form shows again: never a token."""
    return {key: value for key, value in (given or {}).items() if key != CONF_TOKEN}
