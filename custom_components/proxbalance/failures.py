"""A failure of the app in Home Assistant's terms: who is told, and in whose language."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError, ServiceValidationError
from homeassistant.helpers.update_coordinator import UpdateFailed

from .client import CannotConnectError, ProxBalanceError, RefusedError, ScopeMissingError, TokenRefusedError
from .const import DOMAIN


@contextmanager
def while_reading() -> Iterator[None]:
    """A look at the app: a refused token asks for another one, everything else is tried again.

    Raises
    ------
    ConfigEntryAuthFailed, UpdateFailed
        With their translation.
    """
    try:
        yield
    except (TokenRefusedError, ScopeMissingError) as error:
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="token_refused") from error
    except ProxBalanceError as error:
        raise UpdateFailed(
            translation_domain=DOMAIN, translation_key=_key(error), translation_placeholders={"error": str(error)}
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise UpdateFailed(translation_domain=DOMAIN, translation_key="not_understood") from error


@contextmanager
def while_acting() -> Iterator[None]:
    """An action or a button: whoever pressed it is told.

    Raises
    ------
    ServiceValidationError
        What was asked for is wrong, as the app says.
    HomeAssistantError
        The app can't do it now, or the token may not.
    """
    try:
        yield
    except RefusedError as error:
        kind = ServiceValidationError if error.status in (404, 409, 422) else HomeAssistantError
        raise kind(
            translation_domain=DOMAIN, translation_key="refused", translation_placeholders={"error": str(error)}
        ) from error
    except ProxBalanceError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key=_key(error), translation_placeholders={"error": str(error)}
        ) from error


def _key(error: ProxBalanceError) -> str:
    if isinstance(error, CannotConnectError):
        return "cannot_connect"
    if isinstance(error, ScopeMissingError):
        return "scope_missing"
    return "token_refused" if isinstance(error, TokenRefusedError) else "refused"
