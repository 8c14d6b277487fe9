"""A JSON webhook, signed: the receiver can tell that it is ours, that it is new, and that it wasn't changed."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from proxbalance_core.domain.notices import Sent
from proxbalance_core.errors import ConfigError

TIMEOUT_S = 10.0
SIGNATURE, TIMESTAMP, DELIVERY = "X-ProxBalance-Signature", "X-ProxBalance-Timestamp", "X-ProxBalance-Delivery"
GONE = 410


def signature(key: str, timestamp: str, body: bytes) -> str:
    """``sha256=`` and the HMAC-SHA256, in hex, of the timestamp, a full stop, and the body."""
    made = hmac.new(key.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={made.hexdigest()}"


def checked(url: str) -> str:
    """An address that can be sent to.

    Raises
    ------
    ConfigError
        It is no http or https address.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, None
    if parts is None or parts.scheme not in ("http", "https") or not host:
        raise ConfigError("A webhook's address begins with https:// (or http://) and names a host.")
    return url.strip()


def send(url: str, key: str, delivery: str, timestamp: str, document: Mapping[str, Any]) -> Sent:
    """Post one event; redirects are not followed: they would take the signature elsewhere."""
    body = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    headers = {
        "Content-Type": "application/json", "User-Agent": "ProxBalance", TIMESTAMP: timestamp, DELIVERY: delivery,
        SIGNATURE: signature(key, timestamp, body),
    }  # fmt: skip
    try:
        with requests.post(
            url, data=body, headers=headers, timeout=TIMEOUT_S, allow_redirects=False, stream=True, auth=_as_given
        ) as answer:
            return _read(answer.status_code)
    # The library's own words name the address, which may hold a secret.
    except requests.Timeout:
        return Sent(fault=f"It did not answer within {TIMEOUT_S:.0f} seconds.")
    except requests.exceptions.SSLError:
        return Sent(fault="Its certificate can't be checked.")
    except requests.ConnectionError:
        return Sent(fault="It can't be reached.")
    except (requests.RequestException, ValueError):
        return Sent(fault="Its address can't be used.", retry=False)


def _as_given(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """No login from the user's .netrc: a webhook is told nothing but the event."""
    return request


def _read(status: int) -> Sent:
    if 200 <= status < 300:
        return Sent()
    if 300 <= status < 400:
        return Sent(fault=f"It answered {status} and points elsewhere; that is not followed.", retry=False)
    if status == GONE:
        return Sent(fault="It answered 410: it is gone for good.", retry=False)
    return Sent(fault=f"It answered {status}.")
