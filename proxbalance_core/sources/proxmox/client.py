"""The one narrow door to Proxmox: ``get`` a path, through whichever host of the cluster answers."""

from __future__ import annotations

import threading
from typing import Any

import requests
import urllib3
from proxmoxer import ProxmoxAPI
from proxmoxer.core import ResourceException

from proxbalance_core.errors import SourceError, SourceUnavailable
from proxbalance_core.sources.proxmox.faults import from_answer, from_transport
from proxbalance_core.sources.proxmox.options import Address, ProxmoxOptions
from proxbalance_core.sources.proxmox.transport import TicketAuth, connect

MAX_CALLS = 6


class ProxmoxClient:
    """Reads a cluster's API: one proxmoxer client per thread, at most 6 calls at once.

    Hosts are tried in their order, beginning with the one that answered last. The secret stays in
    here: it is in no message, no ``repr`` and no log.
    """

    def __init__(self, options: ProxmoxOptions, secret: str) -> None:
        self.options = options
        self._secret = secret
        self._ticket = None if options.token_name else TicketAuth(options, secret)
        self._own = threading.local()
        self._gate = threading.BoundedSemaphore(MAX_CALLS)
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._first = 0

    def __repr__(self) -> str:
        return f"ProxmoxClient({self.address}, {self.options.authid})"

    @property
    def address(self) -> Address:
        """The host that answered last."""
        return self.options.addresses[self._first]

    def get(self, path: str, **params: str | int) -> Any:
        """What Proxmox answers to a GET of ``path`` (without leading slash), its ``data`` alone.

        Raises
        ------
        SourceError
            One of its kinds: see :mod:`proxbalance_core.sources.proxmox.faults`.
        """
        with self._gate:
            hosts = self.options.addresses
            start = self._first
            for turn in range(len(hosts)):
                index = (start + turn) % len(hosts)
                try:
                    answer = self._ask(hosts[index], path, params)
                except SourceError as error:
                    if turn == len(hosts) - 1 or not _another_host_may_help(error, path):
                        raise
                else:
                    self._first = index
                    return answer
        raise SourceUnavailable("No host is configured.")

    def _ask(self, address: Address, path: str, params: dict[str, str | int]) -> Any:
        try:
            return self._ask_once_more_if_dropped(address, path, params)
        except ResourceException as error:
            if error.status_code != 401 or self._ticket is None:
                raise from_answer(error, path, self.options) from None
        except requests.RequestException as error:
            raise from_transport(error, address, path, self.options) from None
        except OSError as error:  # requests' own check of the CA file
            raise SourceUnavailable(
                f"The CA file {self.options.ca_file} can't be read: check its path.", hint="ca_file"
            ) from error
        return self._ask_with_a_new_ticket(address, path, params)

    def _ask_with_a_new_ticket(self, address: Address, path: str, params: dict[str, str | int]) -> Any:
        # a ticket ends early when the cluster's keys rotate: once more with a new one
        assert self._ticket is not None
        self._ticket.forget()
        try:
            return self._ask_once_more_if_dropped(address, path, params)
        except ResourceException as error:
            raise from_answer(error, path, self.options) from None
        except requests.RequestException as error:
            raise from_transport(error, address, path, self.options) from None

    def _ask_once_more_if_dropped(self, address: Address, path: str, params: dict[str, str | int]) -> Any:
        try:
            return self._send(address, path, params)
        except requests.ConnectionError as error:
            if not _dropped(error):
                raise
        return self._send(address, path, params)

    def _send(self, address: Address, path: str, params: dict[str, str | int]) -> Any:
        if self._ticket is not None:
            self._ticket.login(address)
        return self._api(address)(path).get(**params)

    def _api(self, address: Address) -> ProxmoxAPI:
        clients: dict[Address, ProxmoxAPI] | None = getattr(self._own, "clients", None)
        if clients is None:
            clients = self._own.clients = {}
        if address not in clients:
            clients[address] = connect(address, self.options, self._secret, self._ticket)
            with self._lock:
                self._sessions.append(clients[address]._store["session"])
        return clients[address]

    def close(self) -> None:
        """Close every thread's connections."""
        with self._lock:
            for session in self._sessions:
                session.close()
            self._sessions.clear()
        self._own = threading.local()


def try_host(options: ProxmoxOptions, secret: str, address: Address) -> None:
    """Ask one of a cluster's hosts, as would be done if the others did not answer.

    Raises
    ------
    SourceError
        Its certificate or the credentials don't do there.
    """
    alone = ProxmoxClient(options.only(address), secret)
    try:
        alone.get("version")
    finally:
        alone.close()


def _dropped(error: requests.ConnectionError) -> bool:
    """Whether a kept-alive connection had been closed by the other side."""
    return bool(error.args) and isinstance(error.args[0], urllib3.exceptions.ProtocolError)


def _another_host_may_help(error: SourceError, path: str) -> bool:
    """Faults of the host asked, not of the node that the question is about."""
    if not isinstance(error, SourceUnavailable) or getattr(error, "certificate", False):
        return False
    status = getattr(error, "status", None)
    if status is None:
        return not getattr(error, "node", "")
    return status in (502, 503, 504) and not path.startswith("nodes/")
