"""proxmoxer fitted to us: strict answers, pinned certificates, and a ticket login that checks them too."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import requests
import urllib3
from proxmoxer import ProxmoxAPI
from proxmoxer.backends.https import JsonSerializer, ProxmoxHTTPAuthBase
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar, cookiejar_from_dict

from proxbalance_core.errors import AuthenticationFailed, MalformedResponse, SourceUnavailable
from proxbalance_core.sources.proxmox.options import Address, ProxmoxOptions

# Proxmox tickets live two hours; ours are renewed in good time.
TICKET_AGE_S = 3600.0


class StrictSerializer(JsonSerializer):  # type: ignore[misc]
    """proxmoxer hands over a 200 that isn't JSON as ``{"errors": ...}``; here it is an error."""

    def loads(self, response: requests.Response) -> Any:
        try:
            body = json.loads(response.content)
        except (UnicodeDecodeError, ValueError) as error:
            kind = response.headers.get("content-type", "nothing known").split(";")[0]
            text = f"{_where(response)} answered something that isn't JSON ({kind}): is this the Proxmox API on port "
            text += "8006, or a proxy or login page in front of it?"
            if "json" in kind:
                text = f"The answer of {_where(response)} broke off in the middle: check the network and any proxy in "
                text += "between; it is asked again in the next round."
            raise MalformedResponse(text, content_type=kind) from error
        if not isinstance(body, dict) or "data" not in body:
            raise MalformedResponse(f"{_where(response)} answered JSON that isn't Proxmox's: it has no data.")
        return body["data"]

    def loads_errors(self, response: requests.Response) -> str | None:
        try:
            body = json.loads(response.content)
        except (UnicodeDecodeError, ValueError):
            return None
        if not isinstance(body, dict):
            return None
        return " ".join(str(body[key]).strip() for key in ("message", "errors") if body.get(key)) or None


def _where(response: requests.Response) -> str:
    return str(response.url).split("?")[0]


class _Adapter(HTTPAdapter):
    """Keep-alive connections, pinned to a certificate when a fingerprint is given."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint.replace(":", "").lower()
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        if self._fingerprint:
            more["assert_fingerprint"] = self._fingerprint
        super().init_poolmanager(*args, **more)


def verification(options: ProxmoxOptions, address: Address) -> bool | str:
    """What requests checks a host's certificate with; a pinned one is checked by its fingerprint instead."""
    if options.unchecked:
        # The user chose it and is told in the connection's notes; a warning for each call says nothing more.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if options.fingerprint(address) or not options.verify:
        return False
    return options.ca_file or True


def fit(session: requests.Session, fingerprint: str) -> None:
    """Give a session our rules: no settings from the environment, no redirects, pinned certificates."""
    session.trust_env = False
    session.max_redirects = 0
    session.mount("https://", _Adapter(fingerprint))


class TicketAuth(ProxmoxHTTPAuthBase):  # type: ignore[misc]
    """A ticket, got and renewed with the password over a checked connection; shared by all threads."""

    def __init__(self, options: ProxmoxOptions, secret: str) -> None:
        super().__init__(timeout=options.timeout_s)
        self._options, self._secret = options, secret
        self._lock = threading.Lock()
        self._ticket, self._csrf, self._born = "", "", -TICKET_AGE_S * 2

    def get_cookies(self) -> RequestsCookieJar:
        jar: RequestsCookieJar = cookiejar_from_dict({"PVEAuthCookie": self._ticket})  # type: ignore[no-untyped-call]
        return jar

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if request.method != "GET":
            request.headers["CSRFPreventionToken"] = self._csrf
        return request

    def forget(self) -> None:
        """Log in again before the next call."""
        self._born = -TICKET_AGE_S * 2

    def login(self, address: Address) -> None:
        """Get a ticket if there is none that is fresh."""
        with self._lock:
            if time.monotonic() - self._born < TICKET_AGE_S:
                return
            answer = self._ask(address)
            self._ticket, self._csrf = str(answer["ticket"]), str(answer["CSRFPreventionToken"])
            self._born = time.monotonic()

    def _ask(self, address: Address) -> dict[str, Any]:
        with requests.Session() as session:
            fit(session, self._options.fingerprint(address))
            response = session.post(
                f"https://{address}/api2/json/access/ticket",
                data={"username": self._options.user, "password": self._secret},
                timeout=self.timeout,
                verify=verification(self._options, address),
            )
        if response.status_code >= 500:
            raise SourceUnavailable(
                f"{address} could not log {self._options.user} in (status {response.status_code}): try again later.",
                status=response.status_code,
            )
        if response.status_code != 200:
            raise AuthenticationFailed(
                f"Proxmox refused the password of {self._options.user}: check user, realm and password.",
                status=response.status_code,
            )
        answer = StrictSerializer().loads(response)
        if not isinstance(answer, dict) or not {"ticket", "CSRFPreventionToken"} <= answer.keys():
            raise MalformedResponse(f"{address} answered the login with something that isn't a ticket.")
        if answer.get("NeedTFA"):
            raise AuthenticationFailed(
                f"{self._options.user} logs in with a second factor: make an API token for ProxBalance instead."
            )
        return answer


class _HostTicket(ProxmoxHTTPAuthBase):  # type: ignore[misc]
    """The shared ticket on the way to one host: what checks a certificate is that host's own affair."""

    def __init__(self, ticket: TicketAuth, verify: bool | str) -> None:
        super().__init__(timeout=ticket.timeout, verify_ssl=verify)
        self._ticket = ticket

    def get_cookies(self) -> RequestsCookieJar:
        return self._ticket.get_cookies()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return self._ticket(request)


def connect(address: Address, options: ProxmoxOptions, secret: str, ticket: TicketAuth | None) -> ProxmoxAPI:
    """One thread's own client of one host. Nothing is sent yet."""
    api = ProxmoxAPI(
        f"[{address.host}]" if ":" in address.host else address.host,
        port=address.port,
        user=options.user,
        token_name=options.token_name or "none",
        token_value=secret,
        verify_ssl=verification(options, address),
        timeout=options.timeout_s,
    )
    session = api._store["session"]
    fit(session, options.fingerprint(address))
    api._store["serializer"] = StrictSerializer()
    if ticket is not None:
        session.auth = _HostTicket(ticket, verification(options, address))
    return api
